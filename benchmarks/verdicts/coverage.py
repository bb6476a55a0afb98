"""How often does a lower limit lie above the truth, and how often does an equally good model pass?

A one-sided 95 % limit may lie above the true difference in 5 % of samples. The truth is that of a population of several hundred
thousand rows (of the classes that the sample's answer counts); the percentile bootstrap, which most tools use, stands beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from benchmarks.verdicts.coverage_worlds import WORLDS, Rows, World
from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
from benchmarks.verdicts.rates import Rate
from gates.measures.model.bootstrap import resample, resample_groups
from gates.measures.model.comparison import compare
from gates.measures.model.metrics import METRICS
from gates.measures.model.paired_scores import contest
from gates.measures.model.predictions import NotComparable

DRAWS = 400
POPULATION, GROUPS = 300_000, 50_000
MARGIN = 0.05
MARGIN_OF_ERROR = 0.20  # of the champion's error, for metrics without an upper end; of what r2 leaves unexplained
PASSES = ("better", "no_worse")


@dataclass(frozen=True, slots=True)
class Cell:
    """Hold what was counted of one metric in one world."""

    above: Rate
    peer: Rate
    passed: Rate


def tell(options: Options) -> Iterator[str]:
    runs = options.choose(60, 1000)
    yield (
        f"*Above the truth*: of {runs:,} samples, the one-sided 95 % lower limit of a challenger that is truly worse; *goal*: for"
        f" the upper end of its interval. Percentile bootstrap: every tenth of these samples. *Equal passes*: of {runs // 2:,}"
        f" samples with two equally good models, margin {MARGIN:g}, for log-loss and errors {MARGIN_OF_ERROR:.0%} of the"
        f" champion's, for r2 of what it leaves unexplained. Bootstraps have {DRAWS} draws. With n = 200, a fault in 1 % of the"
        " rows is in too few of them: no method can see it, and every answer says so."
    )
    yield ""
    head = ["rows", "metric", "n", "above the truth", "goal", "percentile bootstrap", "equal passes"]
    yield from table(head, [])
    cells = [(place, metric, runs) for place, world in enumerate(WORLDS) for metric in world.metrics]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for (place, metric, _), cell in zip(cells, pool.map(_measure_at, cells), strict=True):
            world = WORLDS[place]
            goal = "none" if world.goal is None else f"{100 * world.goal:g} %"
            n = f"{world.n:,} groups" if world.name == "groups" else f"{world.n:,}"
            yield list(table(head, [[world.name, metric, n, cell.above, goal, cell.peer, cell.passed]]))[-1]


def _measure_at(cell: tuple[int, str, int]) -> Cell:
    place, metric, runs = cell
    return measure(WORLDS[place], metric, runs)


def measure(world: World, metric: str, runs: int, *, seed: int = 2026) -> Cell:
    """Return the rates of one metric in one world over ``runs`` samples, every second time of equal models as well.

    Deterministic by ``seed``.
    """
    name = [ord(letter) for letter in f"{world.name} {metric}"]
    population = world.draw(np.random.default_rng([seed, 1]), GROUPS if world.name == "groups" else POPULATION, False)
    truths: dict[tuple[object, ...], float] = {(): _truth(metric, population)}
    above = peer = tried = passed = 0
    margin = _margin(metric, population)
    for run in range(runs):
        y, old, new, groups = world.draw(np.random.default_rng([seed, 2, run, world.n, *name]), world.n, False)
        left_out: tuple[object, ...] = ()
        if METRICS[metric].without is not None:
            left_out = tuple(label for label, _ in contest(y, old, new, metric=metric, level=0.95).left_out)
        if left_out not in truths:
            truths[left_out] = _truth(metric, population, left_out)
        lower = compare(y, old, new, metric=metric, margin=margin, groups=groups, seed=run, draws=DRAWS).lower
        above += lower > truths[left_out]
        if run % 10 == 0:
            tried, peer = tried + 1, peer + (_percentile(metric, (y, old, new, groups), run) > truths[()])
        if run % 2:
            continue
        y, old, new, groups = world.draw(np.random.default_rng([seed, 3, run, world.n, *name]), world.n, True)
        met = compare(y, old, new, metric=metric, margin=margin, groups=groups, seed=run, draws=DRAWS)
        passed += met.decision in PASSES
    return Cell(Rate(above, runs), Rate(peer, tried), Rate(passed, (runs + 1) // 2))


def _scores(metric: str, population: Rows, left_out: tuple[object, ...] = ()) -> tuple[float, float]:
    """The champion's and the challenger's score in the population, without the classes that a sample left out."""
    y, old, new, _ = population
    known = METRICS[metric]
    k = int(y.max()) + 1 if known.task == "classification" else 0
    ones = np.ones((1, len(y)))
    if known.without is not None:
        small = [int(str(label)) for label in left_out]
        first, second = (float(known.without(y, part, k, small)(ones)[0]) for part in (old, new))
    else:
        first, second = (float(known.prepare(y, part, k)(ones)[0]) for part in (old, new))
    return first, second


def _truth(metric: str, population: Rows, left_out: tuple[object, ...] = ()) -> float:
    """The true difference, positive where the challenger is better."""
    old, new = _scores(metric, population, left_out)
    return new - old if METRICS[metric].higher_is_better else old - new


def _margin(metric: str, population: Rows) -> float:
    known = METRICS[metric]
    if known.bounded:
        return MARGIN
    champion = _scores(metric, population)[0]
    return MARGIN_OF_ERROR * (1 - champion if known.name == "r2" else champion)


def _percentile(metric: str, rows: Rows, seed: int) -> float:
    """The 5 % point of the bootstrapped difference over all classes: Efron and Tibshirani (1993), ch. 13."""
    y, old, new, groups = rows
    met = contest(y, old, new, metric=metric)
    try:
        if groups is None:
            return resample(met.differences, met.units, met.cells, seed=seed, draws=DRAWS).quantile(0.05)
        codes = groups.astype(np.intp)[met.order]
        return resample_groups(met.differences, met.units, codes, met.cells, seed=seed, draws=DRAWS).quantile(0.05)
    except NotComparable:
        return -np.inf
