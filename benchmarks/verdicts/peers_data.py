"""Data corruptions once more, for other tools: their defaults on run 0 of the table of ours, the reports counted that are new.

A report that a tool makes about the clean batch too is no sign of the corruption; how many such reports it makes is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.verdicts.data import BOTH, SUITE, catch
from benchmarks.verdicts.data_corruptions import CORRUPTIONS, corrupt
from benchmarks.verdicts.data_detectors import BY_HAND, Reports, as_reports
from benchmarks.verdicts.data_tables import Labelled, load_labelled
from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
from benchmarks.verdicts.peers import find_peer

PEERS = ("evidently", "deepchecks", "pandera")
SOURCES = ("lab", "wine")
CLEAN = "reports about the clean batch"
Said = dict[str, str]  # corruption -> yes, no, crash


def tell(options: Options) -> Iterator[str]:
    peers = {name: find_peer(name) for name in PEERS}
    yield (
        "Environments: "
        + ", ".join(f"{name} {peer.version if peer else 'absent'}" for name, peer in peers.items())
        + "."
    )
    yield ""
    for name, labelled in load_labelled(options.data).items():
        if name in SOURCES and options.wants(name):
            yield from _tell_table(labelled)


def _tell_table(labelled: Labelled) -> Iterator[str]:
    caught = catch(labelled, 1)
    said = {
        f"ours, {part}": {name: _word(rate.hits) for name, rate in caught[part].items() if rate.runs}
        for part in (SUITE, BOTH)
    }
    clean = dict.fromkeys(said, "-")
    for name, reports in _ask(labelled).items():
        clean[name] = str(len(reports.pop(CLEAN)))
        said[name] = {corruption: _judge(new) for corruption, new in reports.items()}
    yield f"## {labelled.title}"
    yield ""
    body = [(name, *(answers.get(name, "changes nothing") for answers in said.values())) for name in CORRUPTIONS]
    body.append((f"**{CLEAN}**", *clean.values()))
    body.append(("**caught**", *(_sum(answers) for answers in said.values())))
    yield from table(("corruption", *said), body)
    yield ""


def _ask(labelled: Labelled) -> Mapping[str, dict[str, Reports]]:
    """For each tool: its reports about the clean batch, and about each corrupted one those that are new."""
    reference, batch = labelled.split(0)
    bad = {name: corrupt(name, reference, batch, 0) for name in CORRUPTIONS}
    frames = {CLEAN: batch, **{name: one for name, one in bad.items() if one is not None}}
    answers: dict[str, list[Reports]] = {}
    for name in PEERS:
        peer = find_peer(name)
        if peer is not None:
            told = peer.ask("data", [(reference, frame) for frame in frames.values()])
            answers[name] = [as_reports(one["found"]) for one in told]
    for name, ask in BY_HAND.items():
        answers[name] = [ask(reference, frame) for frame in frames.values()]
    return {
        name: {
            CLEAN: reports[0],
            **{one: new - reports[0] for one, new in zip([*frames][1:], reports[1:], strict=True)},
        }
        for name, reports in answers.items()
    }


def _judge(new: Reports) -> str:
    return "no" if not new else "crash" if all(one.startswith("crash") for one in new) else "yes"


def _word(hits: int) -> str:
    return "yes" if hits else "no"


def _sum(answers: Said) -> str:
    words = [*answers.values()]
    crashes = f" (and {words.count('crash')} by crashing)" if "crash" in words else ""
    return f"**{words.count('yes')} of {len(words)}**{crashes}"
