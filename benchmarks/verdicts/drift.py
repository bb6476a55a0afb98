"""The table of drift: how often ours alarms on unchanged rows, and how often it sees each kind of change.

Beside it what needs no other environment: column tests, the stability index, alibi-detect's column test.
`benchmarks.verdicts.peers_drift` asks the rest, on fewer pairs, for they cost more.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.verdicts.drift_detectors import CHEAP, ask_ours
from benchmarks.verdicts.drift_rates import Rates, ask_here, compare_shifts, tell_rates
from benchmarks.verdicts.drift_tables import LAB, load_sources
from benchmarks.verdicts.options import Options


def tell(options: Options) -> Iterator[str]:
    sources = load_sources(options.data)
    if LAB not in sources:
        yield "The lab's file is absent: its table was not measured."
        yield ""
    for name, source in sources.items():
        if not options.wants(name):
            continue
        found: Rates = {}
        detectors = [ask_ours, *(CHEAP if source.plain else ())]
        ask_here(found, source, detectors, quiet=options.choose(40, 1000), loud=options.choose(3, 50))
        yield from tell_rates(source, found)
        if source.plain:
            yield from compare_shifts(found)
