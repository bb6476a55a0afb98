"""Ranking metrics of class probabilities, for many weightings of the rows at once: each class against all others.

Classes that do not occur among the weighted rows are left out of the mean. A sample of one class has no ranking: its
score is NaN, which callers refuse by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Weighted: TypeAlias = Callable[[Floats], Floats]
Array: TypeAlias = NDArray[np.generic]


def prepare_roc_auc(truth: Array, answered: Array, k: int) -> Weighted:
    """Prepare the mean over classes of the probability that a row of the class outranks a row of another; ties count half."""

    def area(positive: Floats, negative: Floats) -> Floats:
        below = np.cumsum(negative, axis=1) - negative / 2
        pairs = positive.sum(axis=1) * negative.sum(axis=1)
        return _over((positive * below).sum(axis=1), pairs)

    return _mean_over_classes(truth, answered, k, area)


def prepare_average_precision(truth: Array, answered: Array, k: int) -> Weighted:
    """Prepare the mean over classes of the precision averaged over the recalls (no interpolation), as scikit-learn's."""

    def area(positive: Floats, negative: Floats) -> Floats:
        positive, negative = positive[:, ::-1], negative[:, ::-1]
        hits = np.cumsum(positive, axis=1)
        precision = _over(hits, hits + np.cumsum(negative, axis=1), 0.0)
        return np.where(
            negative.sum(axis=1) > 0, _over((positive * precision).sum(axis=1), positive.sum(axis=1)), np.nan
        )

    return _mean_over_classes(truth, answered, k, area)


def _mean_over_classes(truth: Array, answered: Array, k: int, area: Callable[[Floats, Floats], Floats]) -> Weighted:
    # In a two-class task the second column says everything: ranking by the first is the same ranking upside down.
    ranked = [1] if k == 2 else [code for code in range(k) if bool((truth == code).any())]
    orders = [np.argsort(answered[:, code], kind="stable") for code in ranked]
    starts = [_starts(answered[order, code]) for code, order in zip(ranked, orders, strict=True)]

    def weighted(weights: Floats) -> Floats:
        scores = np.empty((len(ranked), len(weights)))
        for row, (code, order, start) in enumerate(zip(ranked, orders, starts, strict=True)):
            held = weights[:, order]
            actual = truth[order] == code
            scores[row] = area(
                np.add.reduceat(held * actual, start, axis=1), np.add.reduceat(held * ~actual, start, axis=1)
            )
        defined = np.isfinite(scores)
        return _over(np.where(defined, scores, 0.0).sum(axis=0), defined.sum(axis=0).astype(np.float64))

    return weighted


def _starts(ordered: Array) -> NDArray[np.intp]:
    """Where each run of equal scores starts, so that ties are one step."""
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))


def _over(over: Floats, under: Floats, otherwise: float = np.nan) -> Floats:
    return np.divide(over, under, out=np.full_like(over, otherwise, dtype=np.float64), where=under > 0)
