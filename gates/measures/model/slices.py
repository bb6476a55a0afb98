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
    p_value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Slices:
    """Hold the parts that were tested, worst first, and those too small. ``n``: rows in tested parts (all, if none is)."""

    tested: tuple[Slice, ...]
    too_small: tuple[str, ...]
    n: int
    needed_n: int | None
    minimum: int
    what: str
    margin: float

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
            text += f"; not tested, under {self.minimum} rows: {shown}"
        return text


def classes_against_champion(
    champion: Model, challenger: Model, rows: Rows, *, margin: float, minimum: int, slices: Sequence[str] = ()
) -> Slices:
    """Compare the recall of each class, challenger - champion; ``slices`` are the columns whose parts are of the same family."""
    y = np.asarray(rows.y)
    old, new = (np.asarray(model.predict(rows.X) == y) for model in (champion, challenger))
    others = declared(rows.frame, slices)
    return _judge_paired(_classes(y), others, old, new, margin, minimum, "recall against the champion")


def slices_against_champion(
    champion: Model, challenger: Model, rows: Rows, roles: Roles, *, margin: float, minimum: int
) -> Slices:
    """Compare the accuracy on each declared slice, challenger - champion; for regression the relative error saved."""
    parts = declared(rows.frame, roles.slices)
    if roles.task == "classification":
        y = np.asarray(rows.y)
        old, new = (np.asarray(model.predict(rows.X) == y) for model in (champion, challenger))
        return _judge_paired(parts, _classes(y), old, new, margin, minimum, "accuracy against the champion")
    old_loss, new_loss = (_loss(model, rows, roles) for model in (champion, challenger))
    gain = (old_loss - new_loss) / _unit(old_loss)
    return _judge_means(parts, gain, margin, minimum, "error saved against the champion, relative to its mean error")


def slices_against_rest(model: Model, rows: Rows, roles: Roles, *, margin: float, minimum: int) -> Slices:
    """Compare the model's accuracy (or its error, in units of the mean error) on each declared slice with that on all other
    rows.
    """
    parts = declared(rows.frame, roles.slices)
    loss = _loss(model, rows, roles)
    unit = 1.0 if roles.task == "classification" else _unit(loss)
    return _judge_rest(
        parts, -loss / unit, margin, minimum, "accuracy" if roles.task == "classification" else "relative error"
    )


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
    minimum: int,
    what: str,
) -> Slices:
    gain = new.astype(np.float64) - old

    def measure(name: str, rows: NDArray[np.bool_]) -> _Measured:
        wins, losses, n = int((gain[rows] > 0).sum()), int((gain[rows] < 0).sum()), int(rows.sum())
        proved = NormalDist().cdf(score_statistic(wins, losses, n, -margin))
        limits = bound_difference(wins, losses, n, z=_Z), -bound_difference(losses, wins, n, z=_Z)
        return _Measured(name, gain[rows], max(proved, exact_p_value(losses, wins)), *limits)

    measured, family = (
        [measure(name, rows) for name, rows in several if rows.sum() >= minimum] for several in (parts, others)
    )
    return _family(measured, parts, minimum, what, margin, [part.p_value for part in family])


def _judge_means(parts: Parts, gain: Floats, margin: float, minimum: int, what: str) -> Slices:
    tested = [_measure_mean(name, gain[rows], margin) for name, rows in parts if rows.sum() >= minimum]
    return _family(tested, parts, minimum, what, margin)


def _judge_rest(parts: Parts, gain: Floats, margin: float, minimum: int, what: str) -> Slices:
    tested = []
    for name, rows in parts:
        if rows.sum() >= minimum and (~rows).sum() >= minimum:
            rest = gain[~rows]
            wide = float(rest.var(ddof=1)) / len(rest)
            tested.append(_measure_mean(name, gain[rows] - rest.mean(), margin, extra=wide))
    return _family(tested, parts, minimum, f"{what} against the rest", margin)


def _family(
    measured: Sequence[_Measured], parts: Parts, minimum: int, what: str, margin: float, others: Sequence[float] = ()
) -> Slices:
    """The parts with Holm's p-values, in one family with the p-values of ``others``."""
    tested = {part.name for part in measured}
    adjusted = holm.adjust([*(part.p_value for part in measured), *others])[: len(measured)]
    shrunk = shrink([part.values for part in measured])
    slices = [
        Slice(part.name, len(part.values), float(part.values.mean()), part.lower, part.upper, pulled, p)
        for part, pulled, p in zip(measured, shrunk, adjusted, strict=True)
    ]
    small = tuple(f"{name} ({int(rows.sum())})" for name, rows in parts if name not in tested)
    seen = np.any([rows for name, rows in parts if name in tested or not tested], axis=0)
    largest = max(int(rows.sum()) for _, rows in parts)
    needed = None if tested else math.ceil(seen.size * minimum / largest)
    ranked = tuple(sorted(slices, key=lambda part: (part.p_value, part.difference)))
    return Slices(ranked, small, int(seen.sum()), needed, minimum, what, margin)


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


def _measure_mean(name: str, values: Floats, margin: float, *, extra: float = 0.0) -> _Measured:
    """A mean by Student's t: the one-sided p-value that it lies below ``-margin``, and its limits at 95 % each.

    ``extra`` is variance that the comparison adds.
    """
    from scipy.special import stdtr, stdtrit

    mean, freedom = float(values.mean()), len(values) - 1
    deviation = float(np.sqrt(values.var(ddof=1) / len(values) + extra))
    if deviation == 0.0:
        return _Measured(name, values, 0.0 if mean + margin < -1e-12 else 1.0, mean, mean)
    half = float(stdtrit(freedom, 0.95)) * deviation
    return _Measured(name, values, float(stdtr(freedom, (mean + margin) / deviation)), mean - half, mean + half)


def _loss(model: Model, rows: Rows, roles: Roles) -> Floats:
    answers = model.predict(rows.X)
    if roles.task == "classification":
        return np.asarray(answers != np.asarray(rows.y), dtype=np.float64)
    return np.asarray(np.abs(np.asarray(answers, dtype=np.float64) - np.asarray(rows.y, dtype=np.float64)))


def _unit(loss: Floats) -> float:
    return max(float(loss.mean()), float(np.finfo(np.float64).tiny))
