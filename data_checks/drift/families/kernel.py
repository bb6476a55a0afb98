"""Whole rows at once: are the two clouds of rows the same cloud?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from data_checks.drift.arrays import Floats, Singles
from data_checks.drift.distances import square_distances
from data_checks.drift.permutation import Measure
from data_checks.drift.pool import Pool

SAMPLED = 1_000_000  # pairs that the median distance is taken from


def prepare(pool: Pool) -> Measure:
    """Maximum mean discrepancy with a Gaussian kernel whose bandwidth is the median distance (Gretton et al. 2012)."""
    squares = square_distances(pool.columns)
    flat = squares.reshape(-1)[:: max(1, squares.size // SAMPLED)]
    middle = float(np.median(flat[np.isfinite(flat)]))
    kernel = np.exp(-squares / np.float32(middle if middle > 0 else 1.0)).astype(np.float32)
    total = float(kernel.sum(dtype=np.float64))

    def measure(labels: Singles) -> Mapping[str, Floats]:
        m = float(labels[0].sum())
        n = len(kernel) - m
        reached = labels @ kernel
        within = (reached * labels).sum(axis=1, dtype=np.float64)
        between = reached.sum(axis=1, dtype=np.float64) - within
        reference = total - within - 2.0 * between
        return {
            "the kernel distance of all rows": reference / max(n * (n - 1), 1.0)
            + within / max(m * (m - 1), 1.0)
            - 2.0 * between / (n * m)
        }

    return measure
