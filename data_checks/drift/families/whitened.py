"""All directions at once, each in its own unit: did the mean or the shape move where the data hardly vary?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from data_checks.drift.arrays import Floats, Singles
from data_checks.drift.permutation import Measure
from data_checks.drift.pool import Pool


def prepare(pool: Pool) -> Measure:
    """Hotelling's T squared, and the squared change of the whitened second moments."""
    rows = pool.whitened
    expected = rows.T @ rows / np.float32(len(rows))

    def measure(labels: Singles) -> Mapping[str, Floats]:
        m = labels[0].sum()
        mean = labels @ rows / m
        change = np.empty(len(labels))
        for i, label in enumerate(labels):
            chosen = rows[label > 0]
            gap = chosen.T @ chosen / m - expected
            change[i] = np.vdot(gap, gap)
        return {"the mean in quiet directions": (mean**2).sum(axis=1), "the shape in quiet directions": change}

    return measure
