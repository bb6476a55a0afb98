"""How often a model is promoted, by how much better or worse it truly is: our rule beside the peers', 72 pairs of models.

``tell`` also prints what repetition does to a rule (`promotion_weeks`), what many slices do to it (`promotion_slices`), and
how much a stronger paired statistic would gain (`promotion_variance`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from benchmarks.verdicts import promotion_slices, promotion_variance, promotion_weeks
from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
from benchmarks.verdicts.promotion_rules import OURS, PEERS, Holdout, squared_error
from benchmarks.verdicts.promotion_world import World, make_world
from benchmarks.verdicts.rates import Rate

ROWS = (330, 1_000, 5_000)
BOTH = "**ours: both, as the gate asks**"
BINS: dict[str, tuple[float, float]] = {
    "worse >= 5": (-100, -5),
    "worse 2-5": (-5, -2),
    "worse 1-2": (-2, -1),
    "within 1": (-1, 1),
    "better 1-2": (1, 2),
    "better 2-5": (2, 5),
    "better >= 5": (5, 100),
}

Counts = Mapping[tuple[str, str], tuple[Rate, ...]]


def tell(options: Options) -> Iterator[str]:
    yield from _tell_pairs(options.data, options.choose(10, 100))
    if options.data:  # the same on other data, as a cross-check
        yield from _tell_pairs(None, options.choose(5, 15))
    yield from promotion_weeks.tell(options)
    yield from promotion_slices.tell(options)
    yield from promotion_variance.tell(options)


def _tell_pairs(data: Path | None, runs: int) -> Iterator[str]:
    world = make_world(data)
    counts = count_promotions(world, ROWS, runs=runs)
    yield f"## Promotion rate in % by true difference in accuracy: models of {world.name}"
    yield ""
    yield (
        f"72 ordered pairs of 9 models; the truth of each from {len(world.truth):,} rows of the generator; {runs:,} holdouts "
        f"of each size n = {' / '.join(f'{n:,}' for n in ROWS)} (seed 0)."
    )
    yield ""
    yield from table(
        ["rule", *BINS], [[rule, *(_cell(counts[rule, name]) for name in BINS)] for rule in (*PEERS, *OURS, BOTH)]
    )
    yield ""
    pairs = {name: sum(1 for pair in world.pairs() if _bin(world, *pair) == name) for name in BINS}
    yield f"Pairs in each column: {', '.join(f'{name}: {number}' for name, number in pairs.items())}."
    yield ""
    for rule in (*OURS, BOTH):
        yield f"* {rule}: promoted although worse by 2 or more: {_spelled(_join(counts, rule, 'worse >= 5', 'worse 2-5'))};"
        yield f"  promoted where better by 2-5: {_spelled(counts[rule, 'better 2-5'])}."
    yield ""


def count_promotions(world: World, rows: tuple[int, ...], *, runs: int, seed: int = 0) -> Counts:
    """For each rule and column, how often it promoted, for each number of rows.

    Every holdout is drawn from the world's pool and judged by all rules for all pairs; the lab's stored error comes from a
    holdout of its own.
    """
    hits: dict[tuple[str, str], list[list[int]]] = {}
    for place, n in enumerate(rows):
        for run in range(runs):
            rng = np.random.default_rng([seed, n, run])
            seen, stored = (rng.choice(len(world.truth), n, replace=False) for _ in range(2))
            for champion, challenger in world.pairs():
                holdout = Holdout(
                    world.truth[seen],
                    world.answers[champion][seen],
                    world.answers[challenger][seen],
                    squared_error(world.truth[stored], world.answers[champion][stored]),
                )
                column = _bin(world, champion, challenger)
                for rule, promoted in _ask(holdout).items():
                    cell = hits.setdefault((rule, column), [[0, 0] for _ in rows])[place]
                    cell[0] += promoted
                    cell[1] += 1
    return {
        (rule, column): tuple(Rate(*cell) for cell in hits.get((rule, column), [[0, 0]] * len(rows)))
        for rule in (*PEERS, *OURS, BOTH)
        for column in BINS
    }


def _ask(holdout: Holdout) -> dict[str, bool]:
    rules: dict[str, Callable[[Holdout], bool]] = {**PEERS, **OURS}
    said = {rule: promotes(holdout) for rule, promotes in rules.items()}
    return {**said, BOTH: all(said[rule] for rule in OURS)}


def _bin(world: World, champion: str, challenger: str) -> str:
    points = 100 * (world.accuracy(challenger) - world.accuracy(champion))
    # A difference on the border belongs to the side that is nearer to zero for "better", farther for "worse".
    return next(name for name, (low, high) in BINS.items() if low < points <= high or points == low == -100)


def _join(counts: Counts, rule: str, *columns: str) -> tuple[Rate, ...]:
    several = zip(*(counts[rule, column] for column in columns), strict=True)
    return tuple(Rate(sum(r.hits for r in rates), sum(r.runs for r in rates)) for rates in several)


def _cell(rates: tuple[Rate, ...]) -> str:
    return "/".join("-" if rate.runs == 0 else f"{100 * rate.share:.0f}" for rate in rates)


def _spelled(rates: tuple[Rate, ...]) -> str:
    return "; ".join(f"n = {n:,}: {rate}" for n, rate in zip(ROWS, rates, strict=True))
