"""Whole rows at once: are the two clouds of rows the same cloud?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gates.measures.drift.arrays import Floats, Singles
from gates.measures.drift.distances import square_distances
from gates.measures.drift.permutation import Measure
from gates.measures.drift.pool import Pool

SAMPLED = 1_000_000  # pairs that the median distance is taken from


def prepare(pool: Pool) -> Measure:
    """Prepare the maximum mean discrepancy with Gaussian kernels (Gretton et al. 2012): as wide as the median distance, and
    half as wide.

    The narrow kernel sees a dense group of rows come or go, the wide one the whole cloud move.
    """
    squares = square_distances(pool.columns)
    flat = squares.reshape(-1)[:: max(1, squares.size // SAMPLED)]
    middle = float(np.median(flat[np.isfinite(flat)]))
    wide = np.exp(-squares / np.float32(middle if middle > 0 else 1.0)).astype(np.float32)
    kernels = {"the kernel distance of all rows": wide, "the narrow kernel distance of all rows": wide**4}
    totals = {name: float(kernel.sum(dtype=np.float64)) for name, kernel in kernels.items()}

    def measure(labels: Singles) -> Mapping[str, Floats]:
        return {name: _mean_discrepancy(kernel, totals[name], labels) for name, kernel in kernels.items()}

    return measure


def _mean_discrepancy(kernel: Singles, total: float, labels: Singles) -> Floats:
    m = labels.sum(axis=1, dtype=np.float64)
    n = len(kernel) - m
    reached = labels @ kernel
    within = (reached * labels).sum(axis=1, dtype=np.float64)
    between = reached.sum(axis=1, dtype=np.float64) - within
    reference = total - within - 2.0 * between
    return np.asarray(
        reference / np.maximum(n * (n - 1), 1.0) + within / np.maximum(m * (m - 1), 1.0) - 2.0 * between / (n * m)
    )
