"""How far each row moves a metric: the influence function, in O(n log n), of metrics whose limits must not hang on resampling.

The rule it protects: a bootstrap sample repeats the rows that are there, so that of a long tail it sees too little; the influence
of each row says whether a few rows decide.

Every function takes truth (n,), answers (n,) or (n, k), the number of classes k and weights (n,) with the mean 1. It returns the
influences (n,) in the metric's unit: n w_i times the derivative of the score by the weight of row i. They sum to 0, and the root of
the sum of their squares, over n, is the standard error of the score: Hampel, "The influence curve and its role in robust
estimation", Journal of the American Statistical Association 69 (1974); Efron, "The jackknife, the bootstrap and other resampling
plans" (1982), ch. 6, the infinitesimal jackknife.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gates.measures.model.scoring_rules import brier_losses, losses

Floats: TypeAlias = NDArray[np.float64]
Array: TypeAlias = NDArray[np.generic]
Influence: TypeAlias = Callable[[Array, Array, int, Floats], Floats]


def of_mae(truth: Array, answered: Array, k: int, weights: Floats) -> Floats:
    """Return the influences on the mean absolute error, in the target's unit."""
    return _of_a_mean(np.abs(_residuals(truth, answered)), weights)


def of_mse(truth: Array, answered: Array, k: int, weights: Floats) -> Floats:
    """Return the influences on the mean squared error, in the target's unit squared."""
    return _of_a_mean(_residuals(truth, answered) ** 2, weights)


def of_rmse(truth: Array, answered: Array, k: int, weights: Floats) -> Floats:
    """Return the influences on the root of the mean squared error, in the target's unit; 0 where there is no error at all."""
    squares = _residuals(truth, answered) ** 2
    root = float(np.sqrt(_mean(squares, weights)))
    return np.zeros(len(squares)) if root == 0.0 else _of_a_mean(squares, weights) / (2 * root)


def of_r2(truth: Array, answered: Array, k: int, weights: Floats) -> Floats:
    """Return the influences on r2 (no unit)."""
    return _of_an_explained_share(truth, _residuals(truth, answered), weights)


def of_explained_variance(truth: Array, answered: Array, k: int, weights: Floats) -> Floats:
    """Return the influences on the explained variance (no unit)."""
    residual = _residuals(truth, answered)
    return _of_an_explained_share(truth, residual - _mean(residual, weights), weights)


def of_log_loss(truth: Array, answered: Array, k: int, weights: Floats) -> Floats:
    """Return the influences on the logarithmic loss, in nats."""
    return _of_a_mean(losses(truth, answered), weights)


def of_brier(truth: Array, answered: Array, k: int, weights: Floats) -> Floats:
    """Return the influences on the Brier score (no unit)."""
    return _of_a_mean(brier_losses(truth, answered, k), weights)


def of_roc_auc(truth: Array, answered: Array, k: int, weights: Floats) -> Floats:
    """Return the influences on the area under the ROC curve, each class against all others (no unit).

    The structural components of DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988), from weighted midranks: Sun and Xu, IEEE
    Signal Processing Letters 21 (2014).
    """

    def of_class(positive: NDArray[np.bool_], ranked: Floats) -> Floats:
        up, down = weights * positive, weights * ~positive
        order, firsts, lasts = _runs(ranked)
        pairs = _before(up, order, firsts, lasts), _before(down, order, firsts, lasts)
        ups, downs = float(up.sum()), float(down.sum())
        below, above = pairs[1] / downs, 1 - pairs[0] / ups
        area = float((up * below).sum()) / ups
        return np.asarray(len(weights) * (up * (below - area) / ups + down * (above - area) / downs))

    return _mean_over_classes(truth, answered, k, weights, of_class)


def of_average_precision(truth: Array, answered: Array, k: int, weights: Floats) -> Floats:
    """Return the influences on the average precision, each class against all others (no unit).

    The derivative of sum_i w_i P(s_i) / sum_i w_i over the rows of the class, P(s) = H / (H + N) with the weights H of the class
    and N of the others that score s or more: a row moves its own term and P at every score up to its own.
    """

    def of_class(positive: NDArray[np.bool_], ranked: Floats) -> Floats:
        up, down = weights * positive, weights * ~positive
        order, firsts, lasts = _runs(-ranked)
        hits, others = (_through(part, order, firsts, lasts) for part in (up, down))
        total = float(up.sum())
        at_least = hits + others
        safe = np.where(at_least > 0, at_least, 1.0)
        precision = hits / safe
        area = float((up * precision).sum()) / total
        # The sum over the rows of the class that score as much or less, for a unit more of H and of N.
        gain, loss = (_from(up * part / safe**2, order, firsts, lasts) for part in (others, hits))
        return np.asarray(len(weights) * (up * (precision - area + gain) - down * loss) / total)

    return _mean_over_classes(truth, answered, k, weights, of_class)


def _residuals(truth: Array, answered: Array) -> Floats:
    return np.asarray(truth.astype(np.float64) - answered.astype(np.float64))


def _mean(values: Floats, weights: Floats) -> float:
    return float((weights * values).sum() / weights.sum())


def _of_a_mean(values: Floats, weights: Floats) -> Floats:
    return np.asarray(weights * (values - _mean(values, weights)))


def _of_an_explained_share(truth: Array, residual: Floats, weights: Floats) -> Floats:
    actual = truth.astype(np.float64)
    spread = (actual - _mean(actual, weights)) ** 2
    variance = _mean(spread, weights)
    return np.asarray(-weights * (residual**2 - _mean(residual**2, weights) / variance * spread) / variance)


def _mean_over_classes(
    truth: Array, answered: Array, k: int, weights: Floats, of_class: Callable[[NDArray[np.bool_], Floats], Floats]
) -> Floats:
    ranked = [1] if k == 2 else range(k)
    total, counted = np.zeros(len(truth)), 0
    for code in ranked:
        positive = np.asarray(truth == code)
        if float((weights * positive).sum()) > 0 and float((weights * ~positive).sum()) > 0:
            total, counted = total + of_class(positive, answered[:, code].astype(np.float64)), counted + 1
    return total / max(counted, 1)


def _runs(scores: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """The rows in ascending order, and for each place in it the first place, and the place after the last, of its run of ties."""
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    lengths = np.diff(np.append(starts, len(scores)))
    return order, np.repeat(starts, lengths), np.repeat(starts + lengths, lengths)


def _sums(values: Floats, order: NDArray[np.intp]) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values[order])])


def _place(ordered: Floats, order: NDArray[np.intp]) -> Floats:
    placed = np.empty(len(order))
    placed[order] = ordered
    return placed


def _before(values: Floats, order: NDArray[np.intp], firsts: NDArray[np.intp], lasts: NDArray[np.intp]) -> Floats:
    """For each row the sum of ``values`` of the rows before it, of those that tie with it a half."""
    sums = _sums(values, order)
    return _place((sums[firsts] + sums[lasts]) / 2, order)


def _through(values: Floats, order: NDArray[np.intp], firsts: NDArray[np.intp], lasts: NDArray[np.intp]) -> Floats:
    """For each row the sum of ``values`` of the rows before it and of those that tie with it."""
    return _place(_sums(values, order)[lasts], order)


def _from(values: Floats, order: NDArray[np.intp], firsts: NDArray[np.intp], lasts: NDArray[np.intp]) -> Floats:
    """For each row the sum of ``values`` of the rows that tie with it and of those after it."""
    sums = _sums(values, order)
    return _place(sums[-1] - sums[firsts], order)
