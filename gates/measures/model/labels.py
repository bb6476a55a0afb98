"""Metrics of predicted labels, computed for many weightings of the rows at once.

Each ``prepare`` takes codes: truth (m,), prediction (m,), and the number of classes k; it gives a function from weights
(draws, m) to scores (draws,). With all weights 1 every score equals scikit-learn's (``zero_division=0``). A mean over classes may
leave some out: ``left_out`` holds their codes; their rows still count as wrong answers of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Weighted: TypeAlias = Callable[[Floats], Floats]
Array: TypeAlias = NDArray[np.generic]


def prepare_accuracy(truth: Array, predicted: Array, k: int) -> Weighted:
    """Prepare the share of rows that are right."""
    right = (truth == predicted).astype(np.float64)
    return lambda weights: np.asarray((weights @ right) / weights.sum(axis=1))


def prepare_balanced_accuracy(truth: Array, predicted: Array, k: int, left_out: Sequence[int] = ()) -> Weighted:
    """Prepare the mean of the recalls of the classes that occur."""
    counted = _counted(k, left_out)

    def score(hits: Floats, actual: Floats, answered: Floats) -> Floats:
        return _mean_where(divide(hits, actual), (actual > 0) & counted)

    return _from_counts(truth, predicted, k, score)


def prepare_macro_f1(truth: Array, predicted: Array, k: int, left_out: Sequence[int] = ()) -> Weighted:
    """Prepare the mean of the F1 scores of the classes that occur in truth or answers."""
    counted = _counted(k, left_out)

    def score(hits: Floats, actual: Floats, answered: Floats) -> Floats:
        return _mean_where(divide(2 * hits, actual + answered), (actual + answered > 0) & counted)

    return _from_counts(truth, predicted, k, score)


def prepare_weighted_f1(truth: Array, predicted: Array, k: int) -> Weighted:
    """Prepare the mean of the F1 scores of the classes, weighted by how often they occur."""

    def score(hits: Floats, actual: Floats, answered: Floats) -> Floats:
        return np.asarray((divide(2 * hits, actual + answered) * actual).sum(axis=1) / actual.sum(axis=1))

    return _from_counts(truth, predicted, k, score)


def prepare_macro_precision(truth: Array, predicted: Array, k: int, left_out: Sequence[int] = ()) -> Weighted:
    """Prepare the mean of the precisions of the classes that occur in truth or answers."""
    counted = _counted(k, left_out)

    def score(hits: Floats, actual: Floats, answered: Floats) -> Floats:
        return _mean_where(divide(hits, answered), (actual + answered > 0) & counted)

    return _from_counts(truth, predicted, k, score)


def prepare_matthews(truth: Array, predicted: Array, k: int) -> Weighted:
    """Prepare the multiclass Matthews correlation (Gorodkin 2004); 0 where truth or answers are all one class."""

    def score(hits: Floats, actual: Floats, answered: Floats) -> Floats:
        n = actual.sum(axis=1)
        covariance = hits.sum(axis=1) * n - (actual * answered).sum(axis=1)
        spread = (n**2 - (answered**2).sum(axis=1)) * (n**2 - (actual**2).sum(axis=1))
        return divide(covariance, np.sqrt(spread))

    return _from_counts(truth, predicted, k, score)


def divide(over: Floats, under: Floats) -> Floats:
    """Return ``over / under``, and 0 where ``under`` is 0."""
    return np.divide(over, under, out=np.zeros_like(over, dtype=np.float64), where=under > 0)


def _counted(k: int, left_out: Sequence[int]) -> NDArray[np.bool_]:
    counted = np.ones(k, dtype=bool)
    counted[list(left_out)] = False
    return counted


def _mean_where(scores: Floats, counted: NDArray[np.bool_]) -> Floats:
    return np.asarray((scores * counted).sum(axis=1) / counted.sum(axis=1))


def _from_counts(truth: Array, predicted: Array, k: int, score: Callable[[Floats, Floats, Floats], Floats]) -> Weighted:
    """Score from the weighted counts per class: hits, actual rows, answered rows, each (draws, k)."""
    from scipy.sparse import csr_array

    cells = np.arange(len(truth))
    actual, answered = truth.astype(np.intp), predicted.astype(np.intp)
    right = actual == answered
    rows = np.concatenate([cells[right], cells, cells])
    columns = np.concatenate([actual[right], actual + k, answered + 2 * k])
    # Transposed and sparse: thousands of classes must not cost rows times classes of memory.
    table = csr_array((np.ones(len(rows)), (columns, rows)), shape=(3 * k, len(truth)))

    def weighted(weights: Floats) -> Floats:
        counts = (table @ weights.T).T
        return score(counts[:, :k], counts[:, k : 2 * k], counts[:, 2 * k :])

    return weighted
