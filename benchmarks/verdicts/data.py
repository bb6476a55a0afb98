"""The table of data corruptions: is a bad batch refused, and is a clean one let through.

Reference and batch are random halves of a table. A corruption counts as caught only by a report that is not also made about the
clean batch of the same run. Ours is the suite that `profile` learnt from the reference (with what it asks of the reference itself),
and beside it the drift test that the data gate runs as well. `benchmarks.verdicts.peers_data` asks other tools.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from benchmarks.verdicts.data_corruptions import CORRUPTIONS, corrupt
from benchmarks.verdicts.data_detectors import ask_ours
from benchmarks.verdicts.data_tables import LAB, Labelled, load_labelled
from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
from benchmarks.verdicts.rates import Rate

SUITE, BOTH = "suite alone", "suite and drift"
Caught = dict[str, dict[str, Rate]]  # SUITE or BOTH -> corruption -> rate


def tell(options: Options) -> Iterator[str]:
    tables = load_labelled(options.data)
    if LAB not in tables:
        yield "The lab's file is absent: its table was not measured."
        yield ""
    for name, labelled in tables.items():
        if options.wants(name):
            yield from _tell_table(labelled, options)


def _tell_table(labelled: Labelled, options: Options) -> Iterator[str]:
    quiet, runs = options.choose(20, 200), options.choose(1, 5)
    spent = time.process_time()
    alarms = alarm_on_clean(labelled, quiet)
    caught = catch(labelled, runs)
    spent = time.process_time() - spent
    yield f"## {labelled.title}"
    yield ""
    yield from table(("clean batches", "refused"), [(name, rate) for name, rate in alarms.items()])
    yield ""
    body = [
        (name, *(f"{caught[part][name].hits}/{caught[part][name].runs}" for part in (SUITE, BOTH)))
        if caught[SUITE][name].runs
        else (name, "changes nothing", "changes nothing")
        for name in CORRUPTIONS
    ]
    body.append(("**caught in every run**", *(count_caught(caught[part]) for part in (SUITE, BOTH))))
    yield from table(("corruption, caught by", SUITE, BOTH), body)
    yield ""
    yield f"{spent / (quiet + runs * (1 + len(CORRUPTIONS))):.2f} CPU seconds a batch: profile, suite and drift together."
    yield ""


def alarm_on_clean(labelled: Labelled, runs: int) -> Mapping[str, Rate]:
    suites = drifts = 0
    for run in range(runs):
        suite, drift = ask_ours(*labelled.split(run), run)
        suites += bool(suite)
        drifts += bool(suite) or drift
    return {SUITE: Rate(suites, runs), BOTH: Rate(drifts, runs)}


def catch(labelled: Labelled, runs: int) -> Caught:
    quiet = [ask_ours(*labelled.split(run), run) for run in range(runs)]
    found: Caught = {SUITE: {}, BOTH: {}}
    for name in CORRUPTIONS:
        by_suite = by_both = tried = 0
        for run, (clean, drifted_before) in enumerate(quiet):
            reference, batch = labelled.split(run)
            bad = corrupt(name, reference, batch, run)
            if bad is None:
                continue
            suite, drift = ask_ours(reference, bad, run)
            new = bool(suite - clean)
            tried += 1
            by_suite += new
            by_both += new or (drift and not drifted_before)
        found[SUITE][name], found[BOTH][name] = Rate(by_suite, tried), Rate(by_both, tried)
    return found


def count_caught(rates: Mapping[str, Rate]) -> str:
    tried = [rate for rate in rates.values() if rate.runs]
    return f"**{sum(rate.hits == rate.runs for rate in tried)} of {len(tried)}**"
