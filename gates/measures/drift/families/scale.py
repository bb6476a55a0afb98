"""One column at a time: did its spread change?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gates.measures.drift.arrays import Floats, Singles
from gates.measures.drift.families.moments import tail_weight, take_moments
from gates.measures.drift.permutation import Measure
from gates.measures.drift.pool import Pool


def prepare(pool: Pool) -> Measure:
    """Prepare the mean and the largest log variance ratio; the largest in units of the column's tail weight, so that wild
    columns do not lead.
    """
    columns, squares = pool.columns, pool.columns**2
    weight = tail_weight(columns)

    def measure(labels: Singles) -> Mapping[str, Floats]:
        moments = take_moments(columns, squares, labels)
        ratio = np.log(moments.current_variance / moments.reference_variance)
        return {
            "the spread of all columns": np.abs(ratio.mean(axis=1)),
            "the spread of one column": np.abs(ratio / weight).max(axis=1),
        }

    return measure
