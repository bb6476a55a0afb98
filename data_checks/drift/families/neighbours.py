"""Whole rows at once: do current rows lie among current rows, closer or further than rows should?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from data_checks.drift.arrays import Floats, Singles
from data_checks.drift.distances import square_distances
from data_checks.drift.families.row_scores import compare_scores
from data_checks.drift.permutation import Measure
from data_checks.drift.pool import Pool

NEIGHBOURS = 5


def prepare(pool: Pool) -> Measure:
    """Neighbours on the same side (Henze 1988), and the distance to the fifth neighbour as a score of each row."""
    squares = square_distances(pool.columns)
    k = min(NEIGHBOURS, pool.rows - 1)
    nearest = np.argpartition(squares, k - 1, axis=1)[:, :k]
    reach = np.log(np.sqrt(np.maximum(np.take_along_axis(squares, nearest, axis=1).max(axis=1), 1e-12)))

    def measure(labels: Singles) -> Mapping[str, Floats]:
        same = np.zeros(len(labels))
        for i in range(k):
            same += (labels * labels[:, nearest[:, i]]).sum(axis=1)
        return {"neighbours on the same side": same, **compare_scores("the distance to neighbours", reach, labels)}

    return measure
