"""Look at the parts of the holdout: a model must not buy its average with one group of rows.

The rule it protects: a part counts as collapsed only when that is proved for the whole family of parts together (Holm),
because of twenty equal parts some always look bad. Classes and slices that are compared with the champion are one family.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gates.measures.model import holm
from gates.measures.model.mcnemar import bound_difference, exact_p_value, score_statistic
from gates.measures.model.predictions import NotComparable
from gates.measures.model.row_units import (
    FEWEST_GROUPS,
    groups_of,
    measure_mean,
    number_groups,
    scale_weights,
    weights_of,
)
from gates.measures.model.subjects import Model, Rows
from gates.measures.shapes import Roles

Floats: TypeAlias = NDArray[np.float64]
Parts: TypeAlias = Sequence[tuple[str, NDArray[np.bool_]]]
_BINS = 4
_Z = NormalDist().inv_cdf(0.95)


@dataclass(frozen=True, slots=True)
class Slice:
    """Hold one part of the rows.

    ``difference`` is oriented so that negative is bad, ``lower`` and ``upper`` are its limits at 95 % each; ``shrunk``
    pulls it to the mean of all parts as far as its own rows cannot carry it; ``p_value`` is Holm's, of the loss being
    larger than the margin.
    """

    name: str
    n: int
    difference: float
    lower: float
    upper: float
    shrunk: float
    p_value: float


@dataclass(frozen=True, slots=True)
class _Measured:
    """A part before its family is known: its rows' differences, their limits, and the p-value of the part alone."""

    name: str
    values: Floats
    n: int
    mean: float
    p_value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Slices:
    """Hold the parts that were tested, worst first, and those too small. ``n``: rows in tested parts (all, if none is).

    Where rows belong to groups, n, ``needed_n`` and ``minimum`` count groups, as ``word`` says.
    """

    tested: tuple[Slice, ...]
    too_small: tuple[str, ...]
    n: int
    needed_n: int | None
    minimum: int
    what: str
    margin: float
    word: str = "rows"

    @property
    def worst(self) -> float:
        """Return the smallest adjusted p-value of a collapse; 0.0, which keeps no bound, where no part could be tested."""
        return self.tested[0].p_value if self.tested else 0.0

    def describe(self) -> str:
        """Return the three worst parts in words, and what was left out."""
        shown = "; ".join(
            f"{p.name}: {p.difference:+.3f} ({p.lower:+.3f} to {p.upper:+.3f}, shrunk {p.shrunk:+.3f}, n = {p.n:,}, "
            f"p = {p.p_value:.3g})"
            for p in self.tested[:3]
        )
        text = f"{self.what}, worst of {len(self.tested)} parts with margin {self.margin:g}: {shown or 'none is large enough'}"
        if self.too_small:
            shown = ", ".join(self.too_small[:8]) + (", ..." if len(self.too_small) > 8 else "")
            text += f"; not tested, under {self.minimum} {self.word}: {shown}"
        return text


def classes_against_champion(
    champion: Model, challenger: Model, rows: Rows, roles: Roles, *, margin: float, minimum: int
) -> Slices:
    """Compare the recall of each class, challenger - champion; the parts of the declared slices are of the same family."""
    y = np.asarray(rows.y)
    old, new = (np.asarray(model.predict(rows.X) == y) for model in (champion, challenger))
    others = declared(rows.frame, roles.slices)
    units = _Units.of(rows, roles, minimum)
    return _judge_paired(_classes(y), others, old, new, margin, units, "recall against the champion")


def slices_against_champion(
    champion: Model, challenger: Model, rows: Rows, roles: Roles, *, margin: float, minimum: int
) -> Slices:
    """Compare the accuracy on each declared slice, challenger - champion; for regression the relative error saved."""
    parts, units = declared(rows.frame, roles.slices), _Units.of(rows, roles, minimum)
    if roles.task == "classification":
        y = np.asarray(rows.y)
        old, new = (np.asarray(model.predict(rows.X) == y) for model in (champion, challenger))
        return _judge_paired(parts, _classes(y), old, new, margin, units, "accuracy against the champion")
    old_loss, new_loss = (_loss(model, rows, roles) for model in (champion, challenger))
    gain = (old_loss - new_loss) / _unit(old_loss)
    return _judge_means(parts, gain, margin, units, "error saved against the champion, relative to its mean error")


def slices_against_rest(model: Model, rows: Rows, roles: Roles, *, margin: float, minimum: int) -> Slices:
    """Compare the model's accuracy (or its error, in units of the mean error) on each declared slice with that on all other
    rows.
    """
    parts = declared(rows.frame, roles.slices)
    loss = _loss(model, rows, roles)
    unit = 1.0 if roles.task == "classification" else _unit(loss)
    what = "accuracy" if roles.task == "classification" else "relative error"
    return _judge_rest(parts, -loss / unit, margin, _Units.of(rows, roles, minimum), what)


@dataclass(frozen=True, slots=True)
class _Units:
    """What counts as one row, for how much, and how many of it a part needs."""

    groups: NDArray[np.intp] | None
    weights: Floats | None
    minimum: int

    @classmethod
    def of(cls, rows: Rows, roles: Roles, minimum: int) -> _Units:
        named, given = groups_of(rows, roles), weights_of(rows, roles)
        groups = None if named is None else number_groups(named, len(rows.frame))
        weights = None if given is None else scale_weights(given, len(rows.frame))
        return cls(groups, weights, minimum if groups is None else max(minimum, FEWEST_GROUPS))

    @property
    def plain(self) -> bool:
        return self.groups is None and self.weights is None

    @property
    def word(self) -> str:
        return "rows" if self.groups is None else "groups"

    def count(self, rows: NDArray[np.bool_]) -> int:
        return int(rows.sum() if self.groups is None else len(np.unique(self.groups[rows])))

    def enough(self, rows: NDArray[np.bool_]) -> bool:
        return self.count(rows) >= self.minimum

    def mean(self, values: Floats, rows: NDArray[np.bool_]) -> tuple[float, float, int]:
        """The mean of some rows' values, its standard error, and the units behind it."""
        groups = None if self.groups is None else self.groups[rows]
        weights = None if self.weights is None else self.weights[rows]
        return measure_mean(values, groups, weights)


def declared(frame: pd.DataFrame, columns: Sequence[str]) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return the parts that columns make: each value, or each quarter of many numbers; missing is a part of its own.

    Raises `NotComparable` for a column that the data does not have.
    """
    if absent := [name for name in columns if name not in frame.columns]:
        raise NotComparable(
            f"slices names {', '.join(absent)}, and the data has no such column; correct [tool.ml] slices"
        )
    parts = []
    for name in columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) and column.nunique() > 3 * _BINS:
            column = pd.qcut(column, _BINS, duplicates="drop")
        values = column.astype(object).where(column.notna(), "(missing)")
        parts += [(f"{name} = {value}", np.asarray(values == value)) for value in values.unique().tolist()]
    return parts


def _classes(y: NDArray[np.generic]) -> list[tuple[str, NDArray[np.bool_]]]:
    return [(f"class {label}", np.asarray(y == label)) for label in np.unique(y).tolist()]


def _judge_paired(
    parts: Parts,
    others: Parts,
    old: NDArray[np.bool_],
    new: NDArray[np.bool_],
    margin: float,
    units: _Units,
    what: str,
) -> Slices:
    gain = new.astype(np.float64) - old

    def measure(name: str, rows: NDArray[np.bool_]) -> _Measured:
        if not units.plain:
            return _measure_mean(name, gain[rows], rows, margin, units)
        wins, losses, n = int((gain[rows] > 0).sum()), int((gain[rows] < 0).sum()), int(rows.sum())
        proved = NormalDist().cdf(score_statistic(wins, losses, n, -margin))
        limits = bound_difference(wins, losses, n, z=_Z), -bound_difference(losses, wins, n, z=_Z)
        mean = float(gain[rows].mean())
        return _Measured(name, gain[rows], n, mean, max(proved, exact_p_value(losses, wins)), *limits)

    measured, family = (
        [measure(name, rows) for name, rows in several if units.enough(rows)] for several in (parts, others)
    )
    return _family(measured, parts, units, what, margin, [part.p_value for part in family])


def _judge_means(parts: Parts, gain: Floats, margin: float, units: _Units, what: str) -> Slices:
    tested = [_measure_mean(name, gain[rows], rows, margin, units) for name, rows in parts if units.enough(rows)]
    return _family(tested, parts, units, what, margin)


def _judge_rest(parts: Parts, gain: Floats, margin: float, units: _Units, what: str) -> Slices:
    tested = []
    for name, rows in parts:
        if units.enough(rows) and units.enough(~rows):
            rest, error, _ = units.mean(gain[~rows], ~rows)
            tested.append(_measure_mean(name, gain[rows] - rest, rows, margin, units, extra=error**2))
    return _family(tested, parts, units, f"{what} against the rest", margin)


def _family(
    measured: Sequence[_Measured], parts: Parts, units: _Units, what: str, margin: float, others: Sequence[float] = ()
) -> Slices:
    """The parts with Holm's p-values, in one family with the p-values of ``others``."""
    tested = {part.name for part in measured}
    adjusted = holm.adjust([*(part.p_value for part in measured), *others])[: len(measured)]
    shrunk = shrink([part.values for part in measured])
    slices = [
        Slice(part.name, part.n, part.mean, part.lower, part.upper, pulled, p)
        for part, pulled, p in zip(measured, shrunk, adjusted, strict=True)
    ]
    small = tuple(f"{name} ({units.count(rows)})" for name, rows in parts if name not in tested)
    seen = np.any([rows for name, rows in parts if name in tested or not tested], axis=0)
    largest = max(units.count(rows) for _, rows in parts)
    every = units.count(np.ones(seen.size, dtype=bool))
    needed = None if tested else math.ceil(every * units.minimum / largest)
    ranked = tuple(sorted(slices, key=lambda part: (part.p_value, part.difference)))
    return Slices(ranked, small, units.count(seen), needed, units.minimum, what, margin, units.word)


def shrink(samples: Sequence[Floats]) -> tuple[float, ...]:
    """Return the mean of each sample, pulled to the common mean by empirical Bayes.

    The spread between samples after DerSimonian & Laird, Controlled Clinical Trials 7 (1986).
    """
    if not samples:
        return ()
    n = np.array([len(sample) for sample in samples], dtype=np.float64)
    means = np.array([sample.mean() for sample in samples])
    within = float(sum(((sample - sample.mean()) ** 2).sum() for sample in samples) / max((n - 1).sum(), 1.0))
    if within == 0.0:
        return tuple(means.tolist())
    weights = n / within
    common = float((weights * means).sum() / weights.sum())
    spread = float((weights * (means - common) ** 2).sum()) - (len(samples) - 1)
    between = max(0.0, spread / (weights.sum() - (weights**2).sum() / weights.sum())) if len(samples) > 1 else 0.0
    keep = between / (between + within / n)
    return tuple((common + keep * (means - common)).tolist())


def _measure_mean(
    name: str, values: Floats, rows: NDArray[np.bool_], margin: float, units: _Units, *, extra: float = 0.0
) -> _Measured:
    """A mean by Student's t: the one-sided p-value that it lies below ``-margin``, and its limits at 95 % each.

    ``extra`` is variance that the comparison adds.
    """
    from scipy.special import stdtr, stdtrit

    mean, error, n = units.mean(values, rows)
    deviation = float(np.sqrt(error**2 + extra))
    if deviation == 0.0:
        return _Measured(name, values, n, mean, 0.0 if mean + margin < -1e-12 else 1.0, mean, mean)
    if not math.isfinite(deviation):  # one row, or no weight at all: nothing is proved
        return _Measured(name, values, n, mean, 1.0, mean, mean)
    half = float(stdtrit(n - 1, 0.95)) * deviation
    p_value = float(stdtr(n - 1, (mean + margin) / deviation))
    return _Measured(name, values, n, mean, p_value, mean - half, mean + half)


def _loss(model: Model, rows: Rows, roles: Roles) -> Floats:
    answers = model.predict(rows.X)
    if roles.task == "classification":
        return np.asarray(answers != np.asarray(rows.y), dtype=np.float64)
    return np.asarray(np.abs(np.asarray(answers, dtype=np.float64) - np.asarray(rows.y, dtype=np.float64)))


def _unit(loss: Floats) -> float:
    return max(float(loss.mean()), float(np.finfo(np.float64).tiny))
