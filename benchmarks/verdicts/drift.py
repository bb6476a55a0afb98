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
        ask_here(found, source, [ask_ours], quiet=options.choose(60, 1000), loud=options.choose(4, 20))
        if source.plain:
            ask_here(found, source, CHEAP, quiet=options.choose(20, 100), loud=options.choose(2, 10))
        yield from tell_rates(source, found)
        if source.plain:
            yield from compare_shifts(found)
