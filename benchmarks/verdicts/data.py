"""The table of data corruptions: is a bad batch refused, and is a clean one let through.

Reference and batch are random halves of a table. A corruption counts as caught only by a report that the same detector does not
also make about the clean batch of the same run. For ours that is the suite that `profile` learnt from the reference (with what it
asks of the reference itself), and beside it the drift test that the data gate runs as well.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from benchmarks.verdicts import data_detectors
from benchmarks.verdicts.data_corruptions import CORRUPTIONS
from benchmarks.verdicts.data_tables import LAB, Labelled, load_labelled
from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
from benchmarks.verdicts.peers import find_peer
from benchmarks.verdicts.rates import Rate

PEERS = ("evidently", "deepchecks", "pandera")
SUITE, BOTH = "ours, suite alone", "ours, suite and drift"


def tell(options: Options) -> Iterator[str]:
    found = {name: find_peer(name) for name in PEERS}
    yield (
        "Peers in environments of their own: "
        + ", ".join(f"{name} {peer.version if peer else 'absent'}" for name, peer in found.items())
        + "."
    )
    yield ""
    tables = load_labelled(options.data)
    if LAB not in tables:
        yield "The lab's file is absent: its table was not measured."
        yield ""
    for labelled in tables.values():
        yield from _tell_table(labelled, options)


def corrupt(name: str, reference: pd.DataFrame, batch: pd.DataFrame, run: int) -> pd.DataFrame | None:
    """The corrupted batch, or None where the corruption changes nothing (whole numbers cannot be rounded)."""
    rng = np.random.default_rng([zlib.crc32(name.encode()), run])
    bad = CORRUPTIONS[name](reference, batch, rng)
    return None if bad.equals(batch) else bad


def _tell_table(labelled: Labelled, options: Options) -> Iterator[str]:
    lab = labelled.name == LAB
    clean = options.choose(20, 200 if lab else 100)
    runs = options.choose(1, 10 if lab else 3)
    yield f"## {labelled.title}"
    yield ""
    spent = time.process_time()
    alarms = _alarm_on_clean(labelled, clean)
    yield from table((f"alarms on {clean} clean batches", "alarms"), [(name, rate) for name, rate in alarms.items()])
    yield ""
    ours = _catch(labelled, runs)
    spent = time.process_time() - spent
    peers = _ask_peers(labelled) if lab else {}
    names = [SUITE, BOTH, *peers]
    body = []
    for name in CORRUPTIONS:
        cells: list[object] = []
        for rates in (ours[SUITE], ours[BOTH]):
            cells.append(f"{rates[name].hits}/{rates[name].runs}" if rates[name].runs else "no change")
        cells += [peers[peer].get(name, "no change") for peer in peers]
        body.append((name, *cells))
    body.append(("**caught in every run**", *(_count_caught(ours[name]) for name in (SUITE, BOTH)), *_sum_peers(peers)))
    yield from table(("corruption, caught in", *names), body)
    yield ""
    yield f"Ours: {spent / (clean + runs * (1 + len(CORRUPTIONS))):.2f} CPU seconds a batch, profile, suite and drift together."
    yield ""
    if lab:
        yield (
            "Reports that a peer makes about the clean batch as well: "
            + ", ".join(f"{peer} {answers['clean']}" for peer, answers in peers.items())
            + "."
        )
        yield ""


def _alarm_on_clean(labelled: Labelled, runs: int) -> Mapping[str, Rate]:
    hits = dict.fromkeys((SUITE, BOTH), 0)
    for run in range(runs):
        reference, batch = labelled.split(run)
        suite, drift = data_detectors.ask_ours(reference, batch, run)
        hits[SUITE] += bool(suite)
        hits[BOTH] += bool(suite) or drift
    return {name: Rate(count, runs) for name, count in hits.items()}


def _catch(labelled: Labelled, runs: int) -> Mapping[str, dict[str, Rate]]:
    found: dict[str, dict[str, Rate]] = {SUITE: {}, BOTH: {}}
    quiet = [data_detectors.ask_ours(*labelled.split(run), run) for run in range(runs)]
    for name in CORRUPTIONS:
        counts, tried = [0, 0], 0
        for run in range(runs):
            reference, batch = labelled.split(run)
            bad = corrupt(name, reference, batch, run)
            if bad is None:
                continue
            clean, clean_drift = quiet[run]
            suite, drift = data_detectors.ask_ours(reference, bad, run)
            new = bool(suite - clean)
            tried += 1
            counts[0] += new
            counts[1] += new or (drift and not clean_drift)
        found[SUITE][name], found[BOTH][name] = Rate(counts[0], tried), Rate(counts[1], tried)
    return found


def _ask_peers(labelled: Labelled) -> Mapping[str, dict[str, object]]:
    """One run each, number 0: a peer's report counts when it is not made about the clean batch too."""
    reference, batch = labelled.split(0)
    bad = {name: corrupt(name, reference, batch, 0) for name in CORRUPTIONS}
    pairs = [(reference, batch), *((reference, one) for one in bad.values() if one is not None)]
    tried = ["clean", *(name for name, one in bad.items() if one is not None)]
    found: dict[str, dict[str, object]] = {}
    for peer_name in PEERS:
        peer = find_peer(peer_name)
        if peer is not None:
            answers = [data_detectors.as_reports(answer["found"]) for answer in peer.ask("data", pairs)]
            found[peer_name] = _judge(tried, answers)
    for title, ask in data_detectors.BY_HAND.items():
        found[title] = _judge(tried, [ask(*pair) for pair in pairs])
    return found


def _judge(tried: list[str], reports: list[frozenset[str]]) -> dict[str, object]:
    clean = reports[0]
    judged: dict[str, object] = {"clean": len(clean)}
    for name, report in zip(tried[1:], reports[1:], strict=True):
        new = report - clean
        judged[name] = "no" if not new else "crash" if all(one.startswith("crash") for one in new) else "yes"
    return judged


def _count_caught(rates: Mapping[str, Rate]) -> str:
    tried = [rate for rate in rates.values() if rate.runs]
    return f"**{sum(rate.hits == rate.runs for rate in tried)} of {len(tried)}**"


def _sum_peers(peers: Mapping[str, Mapping[str, object]]) -> list[str]:
    sums = []
    for answers in peers.values():
        said = [answers[name] for name in CORRUPTIONS if name in answers]
        crashes = f" (+{said.count('crash')} by crashing)" if "crash" in said else ""
        sums.append(f"{said.count('yes')} of {len(said)}{crashes}")
    return sums
