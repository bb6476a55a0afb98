"""Pairs of columns: did their correlation change?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gates.measures.drift.arrays import Floats, Singles
from gates.measures.drift.permutation import Measure
from gates.measures.drift.pool import Pool


def prepare(pool: Pool) -> Measure:
    """Prepare the largest and the summed squared change of a correlation of current against the pool; nothing where there is
    one column.
    """
    rows = pool.compact
    pooled = rows.T @ rows / np.float32(len(rows))

    def measure(labels: Singles) -> Mapping[str, Floats]:
        if rows.shape[1] < 2:
            return {}
        largest, squared = np.empty(len(labels)), np.empty(len(labels))
        for i, label in enumerate(labels):
            chosen = rows[label > 0]
            mean = chosen.mean(axis=0)
            covariance = chosen.T @ chosen / np.float32(len(chosen)) - np.outer(mean, mean)
            sd = np.sqrt(np.maximum(np.diag(covariance), 0.0)) + np.float32(1e-6)
            gap = covariance / np.outer(sd, sd) - pooled
            largest[i], squared[i] = np.abs(gap).max(), np.vdot(gap, gap)
        return {"the correlation of two columns": largest, "all correlations": squared}

    return measure
