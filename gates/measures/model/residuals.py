"""Metrics of predicted numbers, for many weightings of the rows at once.

Each ``prepare`` takes truth (m,), answers (m,), and ignores the number of classes; it gives a function from weights
(draws, m) to scores (draws,). A share of explained variance is NaN where the truth does not vary, which callers refuse
by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Weighted: TypeAlias = Callable[[Floats], Floats]
Array: TypeAlias = NDArray[np.generic]


def prepare_mae(truth: Array, answered: Array, k: int) -> Weighted:
    """Prepare the mean absolute error, in the target's unit."""
    return _mean(np.abs(_residuals(truth, answered)))


def prepare_mse(truth: Array, answered: Array, k: int) -> Weighted:
    """Prepare the mean squared error, in the target's unit squared."""
    return _mean(_residuals(truth, answered) ** 2)


def prepare_rmse(truth: Array, answered: Array, k: int) -> Weighted:
    """Prepare the root of the mean squared error, in the target's unit."""
    mean = prepare_mse(truth, answered, k)
    return lambda weights: np.sqrt(mean(weights))


def prepare_r2(truth: Array, answered: Array, k: int) -> Weighted:
    """Prepare r2: 1 - squared error / variance of the truth."""
    return _explained(truth, _residuals(truth, answered), centred=False)


def prepare_explained_variance(truth: Array, answered: Array, k: int) -> Weighted:
    """Prepare 1 - variance of the residuals / variance of the truth: like r2, but forgiving a constant offset."""
    return _explained(truth, _residuals(truth, answered), centred=True)


def prepare_median_absolute_error(truth: Array, answered: Array, k: int) -> Weighted:
    """Prepare the median absolute error, in the target's unit; of an even number of rows the mean of the middle two."""
    loss = np.abs(_residuals(truth, answered))
    order = np.argsort(loss, kind="stable")
    ordered = loss[order]

    def weighted(weights: Floats) -> Floats:
        reached = np.cumsum(weights[:, order], axis=1)
        half = reached[:, -1:] / 2
        lower = ordered[np.argmax(reached >= half, axis=1)]
        upper = ordered[np.argmax(reached > half, axis=1)]
        return np.asarray((lower + upper) / 2)

    return weighted


def _residuals(truth: Array, answered: Array) -> Floats:
    return np.asarray(truth.astype(np.float64) - answered.astype(np.float64))


def _mean(loss: Floats) -> Weighted:
    return lambda weights: np.asarray((weights @ loss) / weights.sum(axis=1))


def _explained(truth: Array, residual: Floats, *, centred: bool) -> Weighted:
    actual = truth.astype(np.float64) - truth.astype(np.float64).mean()  # the same variance, without cancellation
    floor = max(1e-12 * float((actual**2).mean()), 1e-300)
    table = np.column_stack([actual, actual**2, residual, residual**2])

    def weighted(weights: Floats) -> Floats:
        mean = (weights @ table) / weights.sum(axis=1, keepdims=True)
        variance = mean[:, 1] - mean[:, 0] ** 2
        unexplained = mean[:, 3] - mean[:, 2] ** 2 if centred else mean[:, 3]
        varies = variance > floor
        return np.asarray(1 - np.divide(unexplained, variance, out=np.full_like(variance, np.nan), where=varies))

    return weighted
