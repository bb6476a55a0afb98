"""Each column given all the others: a column that keeps its own distribution and loses its relation to the rest shows here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gates.measures.drift.arrays import Floats, Singles
from gates.measures.drift.families.moments import FLOOR, tail_weight, take_moments
from gates.measures.drift.permutation import Measure
from gates.measures.drift.pool import Pool

CLIP = 5.0


def prepare(pool: Pool) -> Measure:
    """Prepare regression residuals r_j = (Z Omega)_j / Omega_jj with the pooled, shrunk precision matrix Omega (Whittaker 1990,
    ch. 5).
    """
    precision = (pool.directions / pool.variances) @ pool.directions.T
    rest = pool.compact @ (precision / np.diag(precision)).astype(np.float32)
    rest = np.clip((rest - rest.mean(axis=0)) / (rest.std(axis=0) + 1e-12), -CLIP, CLIP).astype(np.float32)
    squares, weight = rest**2, tail_weight(rest)

    def measure(labels: Singles) -> Mapping[str, Floats]:
        taken = take_moments(rest, squares, labels)
        ratio = np.log(np.maximum(taken.current_variance, FLOOR) / np.maximum(taken.reference_variance, FLOOR)) / weight
        return {
            "the spread of one column given the others": np.abs(ratio).max(axis=1),
            "the spread of all columns given the others": (ratio**2).sum(axis=1),
            "the shift of one column given the others": np.abs(taken.current_mean - taken.reference_mean).max(axis=1),
        }

    return measure
