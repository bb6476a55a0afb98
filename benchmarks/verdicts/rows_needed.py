"""Is the number of rows that an inconclusive comparison names the right one? The same models, judged on as many new rows.

A comparison of a pilot that is inconclusive names n; the pair is then judged on n new rows of the same kind. The share of new
samples that pass should be about the 80 % that the formula is made for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
from benchmarks.verdicts.rates import Rate
from gates.measures.model.comparison import compare
from gates.measures.model.predictions import NotComparable

Array: TypeAlias = NDArray[np.generic]
Rows: TypeAlias = tuple[Array, Array, Array, Array | None]  # truth, champion, challenger, groups
PASSES = ("better", "no_worse")


@dataclass(frozen=True, slots=True)
class World:
    """Hold one kind of rows and a pair of models: ``draw`` gives n units of it, a row or a group each."""

    name: str
    metric: str
    margin: float
    pilot: int
    draw: Callable[[np.random.Generator, int], Rows]


def _answer(rng: np.random.Generator, y: Array, right: Array | float, classes: Array) -> Array:
    wrong = rng.integers(1, len(classes), len(y))
    places = np.searchsorted(classes, y)
    return np.where(rng.random(len(y)) < right, y, classes[(places + wrong) % len(classes)])


def _alike(shares: tuple[float, ...], right: float) -> Callable[[np.random.Generator, int], Rows]:
    """Two equally good models with errors of their own, on classes of the given shares."""
    classes = np.arange(len(shares))

    def draw(rng: np.random.Generator, n: int) -> Rows:
        y = rng.choice(classes, n, p=shares)
        return y, _answer(rng, y, right, classes), _answer(rng, y, right, classes), None

    return draw


def _perfect_on_few(rng: np.random.Generator, n: int) -> Rows:
    """A perfect model against one that knows the majority alone, 3 positives in 2,695 rows: the pilot has exactly three."""
    if n == 2695:
        y = np.zeros(n, dtype=np.int64)
        y[:3] = 1
    else:
        y = (rng.random(n) < 3 / 2695).astype(np.int64)
    return y, np.zeros(n, dtype=np.int64), y, None


def _in_groups(rng: np.random.Generator, n: int) -> Rows:
    """Two equally good models that are right or wrong on whole groups of five rows."""
    y = np.repeat(rng.integers(0, 2, n), 5)
    old, new = (np.where(np.repeat(rng.random(n) < 0.2, 5), 1 - y, y) for _ in range(2))
    return y, old, new, np.repeat(np.arange(n), 5)


WORLDS = (
    World("three equal classes, accuracy", "accuracy", 0.05, 200, _alike((1 / 3, 1 / 3, 1 / 3), 0.8)),
    World("three equal classes, macro-F1", "macro_f1", 0.05, 200, _alike((1 / 3, 1 / 3, 1 / 3), 0.8)),
    World("one class in ten rows, macro-F1", "macro_f1", 0.05, 300, _alike((0.9, 0.1), 0.9)),
    World("one class in ten rows, balanced accuracy", "balanced_accuracy", 0.05, 300, _alike((0.9, 0.1), 0.9)),
    World("3 positives of 2,695 against the majority, macro-F1", "macro_f1", 0.0, 2695, _perfect_on_few),
    World(
        "3 positives of 2,695 against the majority, balanced accuracy", "balanced_accuracy", 0.0, 2695, _perfect_on_few
    ),
    World("groups of five rows, accuracy", "accuracy", 0.10, 60, _in_groups),
)


def tell(options: Options) -> Iterator[str]:
    tries = options.choose(40, 400)
    yield (
        f"{tries} inconclusive pilots of each kind; for each as many new rows (or groups) as it names. The formula is made for"
        " 80 %. Of the pilots with 3 positives each has exactly three, and the new rows are drawn at that share."
    )
    yield ""
    rows = []
    for world in WORLDS:
        passed, named = measure_rate(world, tries)
        rows.append([world.name, f"{world.pilot:,}", f"{world.margin:g}", f"{named:,}", str(passed)])
    yield from table(["rows and metric", "pilot", "margin", "named, median", "of the named size, passed"], rows)


def measure_rate(world: World, tries: int, *, seed: int = 0) -> tuple[Rate, int]:
    """Return how often the named number of rows passes, over ``tries`` inconclusive pilots, and the median of these numbers.

    Raises `ValueError` where hardly any pilot is inconclusive.
    """
    rng = np.random.default_rng(seed)
    named: list[int] = []
    passed = 0
    for _ in range(100 * tries):
        needed = _ask(world, rng, world.pilot)[1]
        if needed is not None:
            named.append(needed)
            passed += _ask(world, rng, needed)[0]
        if len(named) == tries:
            return Rate(passed, tries), int(np.median(named))
    raise ValueError(f"{world.name}: only {len(named)} of {100 * tries} pilots are inconclusive")


def _ask(world: World, rng: np.random.Generator, n: int) -> tuple[bool, int | None]:
    """Whether a new sample of n units passes, and the number of units that it needs where it is inconclusive."""
    y, old, new, groups = world.draw(rng, n)
    try:
        met = compare(y, old, new, metric=world.metric, margin=world.margin, groups=groups)
    except NotComparable:  # a sample of one class alone
        return False, None
    return met.decision in PASSES, met.unproved_n
