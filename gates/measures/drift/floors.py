"""On many rows significance is cheap: is the difference also large enough to matter?

Every test here has an interval as its null hypothesis, "the effect is at most its floor", so that fifty thousand rows may
prove a difference of 0.03 standard deviations and still pass. An alarm then needs both: a difference that is real, and one
that is large.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gates.measures.drift.arrays import Flags, Singles
from gates.measures.drift.pool import pool_rows
from gates.measures.drift.report import ColumnDrift
from gates.measures.drift.table import MISSING, TwoSamples

MANY = 10_000  # rows of both sides together from which an alarm needs an effect above its floor
DISTANCE = 0.05  # Kolmogorov-Smirnov distance of a column
SHIFT = 0.10  # standard deviations
SPREAD = 0.10  # log of the ratio of standard deviations
SHARE = 0.05  # share of a category
FLAG = 0.02  # share of missing values, of a modal value, of repeated rows
CORRELATION = 0.10
AUC = 0.55  # of a classifier that tells the sides apart
CLASSIFIED = 5_000  # rows of either side that the classifier is fitted on, and again as many that it is scored on
WIDEST = 512  # columns up to which pairs of columns are compared


@dataclass(frozen=True, slots=True)
class Effect:
    """Hold the p-value of "this effect is at most its floor", corrected for how many were looked at, and the effect in words."""

    p_value: float
    detail: str


def weigh_effects(table: TwoSamples, columns: Sequence[ColumnDrift], *, repeated: float, seed: int) -> Effect:
    """Return the clearest effect above its floor. ``repeated`` is the change of a share that the integrity tests saw."""
    rng = np.random.default_rng(seed)
    n, m = table.n_reference, table.n_current
    effects = [
        _weigh_distances(columns, n, m),
        _weigh_shares(table),
        _weigh_share("rows or values that repeat", repeated, n, m),
    ]
    values, current = _stack_numbers(table, rng)
    if values.shape[1]:
        effects += [_weigh_shifts(values, current), _weigh_spreads(values, current)]
        effects += [_weigh_all_spreads(values, current), _weigh_classifier(values, current)]
        if 1 < values.shape[1] <= WIDEST:
            effects.append(_weigh_correlations(values, current))
    worst = min(effects, key=lambda one: one.p_value)
    return Effect(min(1.0, worst.p_value * len(effects)), worst.detail)


def _stack_numbers(table: TwoSamples, rng: np.random.Generator) -> tuple[Singles, Flags]:
    """The columns of numbers, scaled over the pool, (N, p) and which rows are current (N,).

    Without columns whose middle half is one value: there a handful of other values is many standard deviations; their
    distances and the shares of their modal value speak for them.
    """
    pool = pool_rows(table, rng=rng, side=max(table.n_reference, table.n_current), flags=False)
    if pool is None:
        return np.zeros((0, 0), dtype=np.float32), np.zeros(0, dtype=np.bool_)
    low, high = np.percentile(pool.columns, [25, 75], axis=0)
    return pool.columns[:, high > low], pool.is_current


def _weigh_distances(columns: Sequence[ColumnDrift], n: int, m: int) -> Effect:
    """Dvoretzky-Kiefer-Wolfowitz bound with Massart's constant (1990), split over both sides."""
    numbers = [one for one in columns if one.kind == "numbers"]
    if not numbers:
        return Effect(1.0, "no column of numbers")
    worst = max(numbers, key=lambda one: one.distance)
    excess = max(0.0, worst.distance - DISTANCE) / (1.0 / math.sqrt(n) + 1.0 / math.sqrt(m))
    return Effect(min(1.0, 2.0 * len(numbers) * math.exp(-2.0 * excess**2)), f"{worst.name!r} {worst.effect}")


def _weigh_shares(table: TwoSamples) -> Effect:
    n, m = table.n_reference, table.n_current
    effects = [
        _weigh_share(f"missing values of {name!r}", float(now.mean() - before.mean()), n, m)
        for name, before, now in table.missing
    ]
    for column in table.categories:
        for code, level in enumerate(column.levels):
            before, now = (
                float((side == code).sum() / max((side != MISSING).sum(), 1))
                for side in (column.reference, column.current)
            )
            effects.append(_weigh_share(f"{column.name!r} = {level!r}", now - before, n, m, floor=SHARE))
    if not effects:
        return Effect(1.0, "no shares to compare")
    worst = min(effects, key=lambda one: one.p_value)
    return Effect(min(1.0, len(effects) * worst.p_value), worst.detail)


def _weigh_share(name: str, change: float, n: int, m: int, *, floor: float = FLAG) -> Effect:
    """The variance of a share is at most 1/4; near the floor it is taken at twice the change, which bounds it for rare events."""
    p = min(0.5, abs(change) * 2.0 + 0.01)
    z = (abs(change) - floor) / math.sqrt(p * (1.0 - p) * (1.0 / n + 1.0 / m))
    return Effect(_both_tails(z), f"the share of {name} changed by {change:+.1%}")


def _weigh_shifts(values: Singles, current: Flags) -> Effect:
    before, now = values[~current], values[current]
    spread = np.maximum(before.std(axis=0), 1e-6)
    shift = (now.mean(axis=0) - before.mean(axis=0)) / spread
    error = np.sqrt(1.0 / len(before) + (now.std(axis=0) / spread) ** 2 / len(now))
    z = (np.abs(shift) - SHIFT) / error
    return Effect(
        min(1.0, len(z) * _both_tails(float(z.max()))),
        f"the mean of one column moved by {abs(shift[z.argmax()]):.2f} sd",
    )


def _weigh_spreads(values: Singles, current: Flags) -> Effect:
    before, now = values[~current], values[current]
    ratio = np.log(np.maximum(now.std(axis=0), 1e-6) / np.maximum(before.std(axis=0), 1e-6))
    centred = values - np.where(current[:, None], now.mean(axis=0), before.mean(axis=0))
    kurtosis = (centred**4).mean(axis=0) / np.maximum((centred**2).mean(axis=0), 1e-9) ** 2
    z = (np.abs(ratio) - SPREAD) / np.sqrt(np.maximum(kurtosis - 1.0, 0.1) / 4.0 * (1.0 / len(before) + 1.0 / len(now)))
    worst = math.exp(float(ratio[z.argmax()]))
    return Effect(min(1.0, len(z) * _both_tails(float(z.max()))), f"the spread of one column changed by x{worst:.2f}")


def _weigh_all_spreads(values: Singles, current: Flags) -> Effect:
    """The mean squared value of a row, over all columns: what noise on every column raises."""
    sides = [
        ((side - side.mean(axis=0)) ** 2).mean(axis=1, dtype=np.float64) for side in (values[~current], values[current])
    ]
    ratio = math.log(max(sides[1].mean(), 1e-9) / max(sides[0].mean(), 1e-9)) / 2.0
    error = math.sqrt(sum(float(side.var()) / max(float(side.mean()), 1e-9) ** 2 / len(side) for side in sides)) / 2.0
    return Effect(
        _both_tails((abs(ratio) - SPREAD) / max(error, 1e-9)),
        f"the spread of all columns changed by x{math.exp(ratio):.2f}",
    )


def _weigh_correlations(values: Singles, current: Flags) -> Effect:
    """Difference of correlations; its variance is bounded by E[x^2 y^2] (1/n + 1/m) of standardised columns."""
    sides = []
    for side in (values[~current], values[current]):
        centred = side - side.mean(axis=0)
        sides.append(centred / np.maximum(centred.std(axis=0), 1e-6))
    before, now = sides
    change = np.abs(now.T @ now / len(now) - before.T @ before / len(before))
    fourth = [(side**2).T @ (side**2) / len(side) for side in sides]
    z = (change - CORRELATION) / np.sqrt(
        np.maximum(fourth[0], 0.1) / len(before) + np.maximum(fourth[1], 0.1) / len(now)
    )
    np.fill_diagonal(z, -np.inf)
    pairs = z.shape[0] * (z.shape[0] - 1) / 2
    worst = float(change.reshape(-1)[z.argmax()])
    return Effect(
        min(1.0, pairs * _both_tails(float(z.max()))), f"the correlation of two columns changed by {worst:.2f}"
    )


def _weigh_classifier(values: Singles, current: Flags) -> Effect:
    """A linear discriminant on values and squares, fitted on one part and scored on another (Lopez-Paz and Oquab 2017)."""
    from scipy.stats import rankdata

    rows = [np.flatnonzero(current == side)[: 2 * CLASSIFIED] for side in (False, True)]
    fitted = [side[: len(side) // 2] for side in rows]
    scored = [side[len(side) // 2 :] for side in rows]
    before, now = (np.hstack([values[side], values[side] ** 2]).astype(np.float64) for side in fitted)
    scatter = np.cov(before, rowvar=False) + np.cov(now, rowvar=False)
    scatter = np.atleast_2d(scatter) + 1e-2 * np.trace(np.atleast_2d(scatter)) / before.shape[1] * np.eye(
        before.shape[1]
    )
    direction = np.linalg.solve(scatter, now.mean(axis=0) - before.mean(axis=0))
    scores = [np.hstack([values[side], values[side] ** 2]) @ direction for side in scored]
    n, m = len(scores[0]), len(scores[1])
    auc = (float(rankdata(np.concatenate(scores))[n:].sum()) - m * (m + 1) / 2.0) / (n * m)
    error = math.sqrt((n + m + 1.0) / (12.0 * n * m))
    return Effect(
        _tail((auc - AUC) / error), f"a classifier tells the sides apart with an area under the curve of {auc:.2f}"
    )


def _both_tails(z: float) -> float:
    return min(1.0, 2.0 * _tail(z))


def _tail(z: float) -> float:
    """P(Z >= z) of the standard normal."""
    return 0.5 * math.erfc(z / math.sqrt(2.0))
