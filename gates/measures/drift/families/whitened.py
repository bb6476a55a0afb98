"""All directions at once, each in its own unit: did the mean or the shape move where the data hardly vary?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gates.measures.drift.arrays import Floats, Singles
from gates.measures.drift.permutation import Measure
from gates.measures.drift.pool import Pool


def prepare(pool: Pool) -> Measure:
    """Prepare Hotelling's T squared, the squared change of the whitened second moments, and the same for the column that it is
    largest for.

    Rotated back to the columns, the whitening makes each of them uncorrelated with all others (Kessy, Lewin and Strimmer 2018):
    a column that carries another's values, or the same values in other rows, stands out by its row of changes.
    """
    rows, directions = pool.whitened, pool.directions.astype(np.float32)
    expected = rows.T @ rows / np.float32(len(rows))

    def measure(labels: Singles) -> Mapping[str, Floats]:
        m = labels.sum(axis=1)
        mean = labels @ rows / m[:, None]
        change, largest = np.empty(len(labels)), np.empty(len(labels))
        for i, label in enumerate(labels):
            chosen = rows[label > 0]
            gap = chosen.T @ chosen / m[i] - expected
            change[i] = np.vdot(gap, gap)
            largest[i] = ((directions @ gap) ** 2).sum(axis=1).max()
        return {
            "the mean in quiet directions": (mean**2).sum(axis=1),
            "the shape in quiet directions": change,
            "the relations of one column": largest,
        }

    return measure
