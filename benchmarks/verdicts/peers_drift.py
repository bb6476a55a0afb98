"""Drift once more, for detectors that cost seconds a pair: evidently, deepchecks and alibi-detect's MMD in environments of their
own, a random forest and a classifier here. Ours answers beside them on the very same pairs.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.verdicts.drift_detectors import DEAR, ask_ours
from benchmarks.verdicts.drift_rates import Rates, ask_here, ask_peer, compare_shifts, tell_rates
from benchmarks.verdicts.drift_tables import load_sources
from benchmarks.verdicts.options import Options
from benchmarks.verdicts.peers import find_peer

COUNTS = {"evidently": (20, 2), "deepchecks": (40, 4), "alibi": (60, 5)}  # quiet and loud pairs, by what a pair costs


def tell(options: Options) -> Iterator[str]:
    peers = {name: find_peer(name) for name in COUNTS}
    yield (
        "Environments: "
        + ", ".join(f"{name} {peer.version if peer else 'absent'}" for name, peer in peers.items())
        + "."
    )
    yield ""
    sources = load_sources(options.data)
    for name, source in sources.items():
        if not source.plain or not options.wants(name):
            continue
        found: Rates = {}
        ask_here(found, source, [ask_ours, *DEAR], quiet=options.choose(10, 100), loud=options.choose(2, 10))
        costs = []
        for peer in peers.values():
            if peer is not None:
                quiet, loud = (options.choose(2, count) for count in COUNTS[peer.name])
                loud = 1 if options.quick else loud
                costs.append(f"{peer.name} {ask_peer(found, source, peer, quiet=quiet, loud=loud):.1f}")
        yield from tell_rates(source, found)
        yield from compare_shifts(found)
        yield f"CPU seconds a pair, imports left out: {', '.join(costs) or 'no peer is installed'}."
        yield ""
