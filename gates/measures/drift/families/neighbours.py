"""Whole rows at once: do current rows lie among current rows, closer or further than rows should?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gates.measures.drift.arrays import Floats, Singles
from gates.measures.drift.distances import square_distances
from gates.measures.drift.families.row_scores import prepare_scan
from gates.measures.drift.permutation import Measure
from gates.measures.drift.pool import Pool

NEIGHBOURS = 5


def prepare(pool: Pool) -> Measure:
    """Prepare the number of neighbours on the same side (Henze 1988), and the distance to the fifth neighbour as a score of
    each row.
    """
    squares = square_distances(pool.columns)
    k = min(NEIGHBOURS, pool.rows - 1)
    nearest = np.argpartition(squares, k - 1, axis=1)[:, :k]
    reach = np.log(np.sqrt(np.maximum(np.take_along_axis(squares, nearest, axis=1).max(axis=1), 1e-12)))

    scan = prepare_scan(reach, pool.n_current)
    standard = ((reach - reach.mean()) / (reach.std() + 1e-12)).astype(np.float32)

    def measure(labels: Singles) -> Mapping[str, Floats]:
        same = np.zeros(len(labels))
        for i in range(k):
            same += (labels * labels[:, nearest[:, i]]).sum(axis=1)
        return {
            "neighbours on the same side": same / labels.sum(axis=1, dtype=np.float64) ** 2,
            "the distance to neighbours": np.abs(labels @ standard),
            "the distance to neighbours (upper tail)": scan(labels),
        }

    return measure
