"""Means and variances of both sides for all labellings at once: one matrix product each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gates.measures.drift.arrays import Singles

FLOOR = 1e-6  # of the pooled variance, which is 1


@dataclass(frozen=True, slots=True)
class Moments:
    """Hold means and variances of reference and current per labelling and column, all (b, p)."""

    reference_mean: Singles
    current_mean: Singles
    reference_variance: Singles
    current_variance: Singles


def take_moments(values: Singles, squares: Singles, labels: Singles) -> Moments:
    """Compute the moments of ``values`` (N, p) under each of ``labels`` (b, N); ``squares`` (N, p) are the squared values."""
    rows = len(values)
    m = labels.sum(axis=1, keepdims=True)
    n = rows - m
    total, total_squares = values.sum(axis=0), squares.sum(axis=0)
    one, two = labels @ values, labels @ squares
    current, reference = one / m, (total - one) / n
    return Moments(
        reference,
        current,
        np.maximum((total_squares - two) / n - reference**2, FLOOR),
        np.maximum(two / m - current**2, FLOOR),
    )


def tail_weight(values: Singles) -> Singles:
    """Return the square root of kurtosis - 1 per column: the standard deviation of a squared standard value. (N, p) -> (p,)."""
    return np.sqrt(np.maximum((values**4).mean(axis=0) - 1.0, 0.1))
