"""Rows with a known truth for the table of limits: common ones, and kinds on which a limit is easily too high.

Each world draws rows, a champion, and a challenger that is truly worse; and, for the other question, two equally good models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.generic]
Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = tuple[Array, Array, Array, Array | None]  # truth, champion, challenger, groups
Draw: TypeAlias = Callable[[np.random.Generator, int, bool], Rows]  # generator, rows or groups, equally good?

LABELS = ("accuracy", "weighted_f1", "balanced_accuracy", "macro_f1")
RARE = (*LABELS, "macro_precision", "matthews")
PROBABILITIES = ("brier", "log_loss", "roc_auc_ovr", "average_precision")
NUMBERS = ("mae", "rmse", "r2")


@dataclass(frozen=True, slots=True)
class World:
    """Hold one kind of rows, the metrics that are asked of it, and how many rows (or groups) ``n`` a sample has.

    ``goal`` is the miss rate that its upper limit should not exceed, for each metric; None where no method can keep one.
    """

    name: str
    metrics: tuple[str, ...]
    n: int
    draw: Draw
    goal: float | None = 0.07


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-z)))


def _answer(rng: np.random.Generator, y: Array, recalls: Floats, luck: Floats, k: int) -> Array:
    """Labels with the given recall of each class; half of the rows share their luck with the other model."""
    own = np.where(rng.random(len(y)) < 0.5, luck, rng.random(len(y)))
    return np.where(own < recalls[y.astype(np.intp)], y, (y + rng.integers(1, k, len(y))) % k)


def _labels(shares: tuple[float, ...], champion: tuple[float, ...], challenger: tuple[float, ...]) -> Draw:
    def draw(rng: np.random.Generator, n: int, equal: bool) -> Rows:
        y, luck = rng.choice(len(shares), n, p=shares), rng.random(n)
        old = _answer(rng, y, np.array(champion), luck, len(shares))
        new = _answer(rng, y, np.array(champion if equal else challenger), luck, len(shares))
        return y, old, new, None

    return draw


def _chances(share: float, strength: float, noise: tuple[float, float], boast: float, nonsense: float = 0.0) -> Draw:
    """Two classes, the second with the given odds; the challenger hears more noise, boasts, and errs in some rows for certain."""
    offset = float(np.log(share / (1 - share)))

    def draw(rng: np.random.Generator, n: int, equal: bool) -> Rows:
        while True:
            x = offset + strength * rng.normal(size=n)
            y = (rng.random(n) < _sigmoid(x)).astype(np.intp)
            if 0 < y.sum() < n:
                break
        old = _sigmoid(x + noise[0] * rng.normal(size=n))
        new = _sigmoid((1.0 if equal else boast) * (x + noise[0 if equal else 1] * rng.normal(size=n)))
        if nonsense and not equal:
            new = np.where(rng.random(n) < nonsense, np.where(y == 1, 1e-5, 1 - 1e-5), new)
        return y, np.column_stack([1 - old, old]), np.column_stack([1 - new, new]), None

    return draw


def _numbers(errors: Callable[[np.random.Generator, int], Floats], loss: float) -> Draw:
    """Errors of the given kind around a signal; each model adds some of its own, the challenger more."""

    def draw(rng: np.random.Generator, n: int, equal: bool) -> Rows:
        x = 3 * rng.normal(size=n)
        old, new = (0.3 * rng.normal(size=n), (0.3 if equal else loss) * errors(rng, n))
        return x + errors(rng, n), x + old, x + (0.3 * rng.normal(size=n) if equal else new), None

    return draw


def _heteroscedastic(rng: np.random.Generator, n: int, equal: bool) -> Rows:
    """The size of an error is log-normal, and the challenger errs where errors are large."""
    x, size = 3 * rng.normal(size=n), np.exp(0.8 * rng.normal(size=n))
    worse = 0.3 * rng.normal(size=n) if equal else 0.5 * size * rng.normal(size=n)
    return x + size * rng.normal(size=n), x + 0.3 * rng.normal(size=n), x + worse, None


def _prices(rng: np.random.Generator, n: int, equal: bool) -> Rows:
    """Log-normal truth, and errors in proportion to it; two equal models share most of theirs, as two trainings do."""
    logs = 0.8 * rng.normal(size=n)
    shared = 0.3 * rng.normal(size=n) if equal else np.zeros(n)
    old, new = (np.exp(logs + shared + size * rng.normal(size=n)) for size in ((0.09, 0.09) if equal else (0.3, 0.4)))
    return np.exp(logs), old, new, None


def _far_off(rng: np.random.Generator, n: int, equal: bool) -> Rows:
    """The challenger is a little better on 99 % of the rows, and ten standard deviations off on 1 %."""
    x = 3 * rng.normal(size=n)
    off = np.where(rng.random(n) < 0.01, 10 * rng.choice([-1.0, 1.0], n), 0.0)
    new = 0.3 * rng.normal(size=n) if equal else 0.2 * rng.normal(size=n) + off
    return x + rng.normal(size=n), x + 0.3 * rng.normal(size=n), x + new, None


def _grouped_labels(rng: np.random.Generator, groups: int, equal: bool) -> Rows:
    """Groups of geometric size (mean 6); how hard the rows are, and what the challenger loses, is the group's."""
    of = np.repeat(np.arange(groups), rng.geometric(1 / 6, groups))
    y, luck, hard = rng.integers(0, 3, len(of)), rng.random(len(of)), rng.normal(size=groups)
    models = []
    for level, own in ((1.3, 0.7), (1.3, 0.7)) if equal else ((1.3, 0.0), (1.0, 1.2)):
        right = _sigmoid(level + hard + own * rng.normal(size=groups))[of]
        drawn = np.where(rng.random(len(of)) < 0.5, luck, rng.random(len(of)))
        models.append(np.where(drawn < right, y, (y + 1) % 3))
    return y, models[0], models[1], of


def _grouped_numbers(rng: np.random.Generator, groups: int, equal: bool) -> Rows:
    """Groups of geometric size (mean 6); the challenger has a skewed offset in each."""
    of = np.repeat(np.arange(groups), rng.geometric(1 / 6, groups))
    x = 3 * rng.normal(size=len(of))
    offset = 0.0 if equal else (0.5 * (rng.exponential(size=groups) - 1))[of]
    old, new = (0.3 * rng.normal(size=len(of)) for _ in range(2))
    return x + rng.normal(size=len(of)), x + old, x + offset + new, of


_FEW = (0.97, 0.9), (0.97, 0.8)
WORLDS = (
    *(World("three equal classes", LABELS, n, _labels((1 / 3,) * 3, (0.8,) * 3, (0.74,) * 3)) for n in (200, 1000)),
    *(
        World(
            "five classes, two of 3 and 2 %",
            RARE,
            n,
            _labels((0.55, 0.3, 0.1, 0.03, 0.02), (0.9, 0.8, 0.7, 0.7, 0.7), (0.9, 0.8, 0.7, 0.45, 0.45)),
        )
        for n in (200, 1000)
    ),
    World("a class of about ten rows", LABELS, 200, _labels((0.95, 0.05), *_FEW)),
    World("a class of about ten rows", LABELS, 1000, _labels((0.99, 0.01), *_FEW)),
    *(World("even classes, overconfident", PROBABILITIES, n, _chances(0.5, 1.5, (0.5, 0.8), 1.5)) for n in (200, 1000)),
    *(World("one row in twenty", PROBABILITIES, n, _chances(0.03, 1.5, (0.3, 0.8), 1.0)) for n in (200, 1000)),
    *(
        World("2 % confident nonsense", PROBABILITIES, n, _chances(0.5, 1.5, (0.5, 0.5), 1.0, 0.02))
        for n in (200, 1000)
    ),
    *(World("normal errors", NUMBERS, n, _numbers(lambda rng, n: rng.normal(size=n), 0.6)) for n in (200, 1000)),
    *(World("Laplace errors", NUMBERS, n, _numbers(lambda rng, n: rng.laplace(size=n), 0.6)) for n in (200, 1000)),
    *(World("heteroscedastic errors", NUMBERS, n, _heteroscedastic) for n in (200, 1000)),
    *(
        World("t3 errors", NUMBERS, n, _numbers(lambda rng, n: rng.standard_t(3, size=n), 1.0), 0.085)
        for n in (200, 1000)
    ),
    *(World("log-normal truth", NUMBERS, n, _prices, 0.085) for n in (200, 1000)),
    World("1 % of the rows far off", NUMBERS, 200, _far_off, None),
    World("1 % of the rows far off", NUMBERS, 1000, _far_off, 0.085),
    *(World("groups", ("accuracy", "macro_f1"), n, _grouped_labels) for n in (30, 100)),
    *(World("groups", NUMBERS, n, _grouped_numbers, 0.10) for n in (30, 100)),
)
