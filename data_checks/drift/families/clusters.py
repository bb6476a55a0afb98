"""Groups that the rows form by themselves, found without looking at the sides: does one come up more or less often now?

Sees what no single column shows: a class that is missing from the current rows, without knowing the classes.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from data_checks.drift.arrays import Codes, Floats, Singles
from data_checks.drift.permutation import Measure
from data_checks.drift.pool import Pool

GROUPS = (4, 8, 16)
DIRECTIONS = 12  # the principal directions with most variance, in which the groups are looked for
ROUNDS = 12


def prepare(pool: Pool) -> Measure:
    """k-means (Lloyd 1982) on the pool for several k: the largest standardised change of a group's share, and chi-square."""
    loud = (pool.compact @ pool.directions[:, -DIRECTIONS:]).astype(np.float32)
    shown = [np.eye(k, dtype=np.float32)[_find_groups(loud, k)] for k in GROUPS if k < pool.rows // 4]
    shown = [one[:, one.any(axis=0)] for one in shown]

    def measure(labels: Singles) -> Mapping[str, Floats]:
        share = float(labels[0].sum()) / labels.shape[1]
        found: dict[str, Floats] = {}
        for k, one in zip(GROUPS, shown, strict=False):
            sizes = one.sum(axis=0)
            gap = labels @ one - sizes * share
            found[f"the share of one of {k} groups of rows"] = (np.abs(gap) / np.sqrt(sizes * (1.0 - sizes / len(one)) + 0.5)).max(axis=1)
            found[f"the shares of {k} groups of rows"] = (gap**2 / sizes).sum(axis=1)
        return found

    return measure


def _find_groups(rows: Singles, k: int) -> Codes:
    """A group (N,) for each row (N, d). The first centres are far apart (Gonzalez 1985) and depend on no labels."""
    centres = rows[:1]
    nearest = ((rows - centres[0]) ** 2).sum(axis=1)
    for _ in range(k - 1):
        chosen = rows[np.argsort(nearest, kind="stable")[int(0.9 * (len(rows) - 1))]]
        centres = np.vstack([centres, chosen])
        nearest = np.minimum(nearest, ((rows - chosen) ** 2).sum(axis=1))
    groups = np.zeros(len(rows), dtype=np.int64)
    for _ in range(ROUNDS):
        groups = (((centres**2).sum(axis=1))[None] - 2.0 * rows @ centres.T).argmin(axis=1)
        members = np.eye(k, dtype=np.float32)[groups]
        centres = np.where(members.sum(axis=0)[:, None] > 0, members.T @ rows / np.maximum(members.sum(axis=0), 1.0)[:, None], centres)
    return groups
