"""Rows that depend on each other change sides together: whole blocks are exchanged, and only within their season.

The rule it protects: a permutation test is exact where what it permutes is exchangeable. Rows of one customer or one hour are
not; customers are, and so are hours of the same weekday (Good 2005, "Permutation, Parametric and Bootstrap Tests of Hypotheses",
ch. 3 and 9: permute the units that were drawn, within strata).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gates.measures.drift.arrays import Codes, Flags, Floats, Singles


@dataclass(frozen=True, slots=True)
class Blocks:
    """Hold which block each row belongs to: ``of_row`` (n + m,) numbers them 0, 1, 2..., the rows of the reference first.

    ``is_current`` (b,) is the side of each block, ``stratum`` (b,) its season; every season has blocks on both sides. ``name``
    says in words what a block is, in the plural; ``left_out`` in words which rows take no part.
    """

    of_row: Codes
    is_current: Flags
    stratum: Codes
    name: str = "blocks"
    left_out: str = ""

    @property
    def n_reference(self) -> int:
        """Return the number of blocks of the reference."""
        return int((~self.is_current).sum())

    @property
    def n_current(self) -> int:
        """Return the number of current blocks."""
        return int(self.is_current.sum())

    @property
    def labellings(self) -> float:
        """Return in how many ways as many blocks of each season can be current: a product of binomials, inf beyond 1e300."""
        logs = 0.0
        for stratum in np.unique(self.stratum):
            inside = self.is_current[self.stratum == stratum]
            k, c = len(inside), int(inside.sum())
            logs += math.lgamma(k + 1) - math.lgamma(c + 1) - math.lgamma(k - c + 1)
        return round(math.exp(logs)) if logs < 30.0 else math.exp(logs) if logs < 690.0 else math.inf

    def draw(self, count: int, rng: np.random.Generator) -> Singles:
        """Return ``count`` labellings of the blocks at random, (count, b): 1 is current, in each season as often as in truth."""
        labels = np.tile(self.is_current.astype(np.float32), (count, 1))
        for stratum in np.unique(self.stratum):
            inside = np.flatnonzero(self.stratum == stratum)
            labels[:, inside] = rng.permuted(labels[:, inside], axis=1)
        return labels

    def expect_current(self, rows: Codes) -> int:
        """Return how many of ``rows`` (k,), places in the pool of both sides, are current on average over all labellings."""
        sizes = np.bincount(self.of_row[rows], minlength=len(self.is_current))
        expected = sum(
            float(sizes[inside].sum() * self.is_current[inside].mean())
            for inside in (self.stratum == stratum for stratum in np.unique(self.stratum))
        )
        return max(1, min(len(rows) - 1, round(expected)))

    def sample(self, side: int, rng: np.random.Generator) -> Codes:
        """Return at most about ``side`` rows of each side, as places in the pool in ascending order.

        Blocks are drawn first, at most ``side`` of each side; then from every block at most one and the same number of rows. Were
        the sides thinned each by its own share, the size of a block would tell its side.
        """
        kept = np.concatenate(
            [
                blocks if len(blocks) <= side else rng.choice(blocks, side, replace=False)
                for blocks in (np.flatnonzero(~self.is_current), np.flatnonzero(self.is_current))
            ]
        )
        rows = np.flatnonzero(np.isin(self.of_row, kept))
        sizes = np.bincount(self.of_row[rows], minlength=len(self.is_current))
        most = _find_cap([sizes[~self.is_current], sizes[self.is_current]], side)
        if sizes.max() <= most:
            return rows
        shuffled = rows[rng.permutation(len(rows))]
        ordered = shuffled[np.argsort(self.of_row[shuffled], kind="stable")]
        starts = np.cumsum(np.append(0, sizes[:-1]))
        place = np.arange(len(ordered)) - starts[self.of_row[ordered]]
        return np.sort(ordered[place < most])


def _find_cap(sizes: list[Codes], side: int) -> int:
    """The largest number of rows a block that leaves at most ``side`` rows on either side; at least 1."""
    low, high = 1, max(int(one.max()) for one in sizes)
    while low < high:
        middle = (low + high + 1) // 2
        if all(int(np.minimum(one, middle).sum()) <= side for one in sizes):
            low = middle
        else:
            high = middle - 1
    return low


def measure_design(values: Floats, blocks: Blocks) -> float:
    """Return the largest ratio, over the columns of ``values`` (n + m, p), of the standard deviation of block means to that of
    rows; between 0 and 1, and 1 where every block is one row. NaN is no value.

    Both are taken around the mean of their side and season. It says what a shift of one standard deviation of rows is in
    standard deviations of what is exchanged (Kish 1965, the design effect, is its square times the rows of a block).
    """
    cell = 2 * blocks.stratum + blocks.is_current
    count = len(blocks.is_current)
    worst = 0.0
    for column in values.T:
        seen = ~np.isnan(column)
        own, mine = column[seen], blocks.of_row[seen]
        sizes = np.bincount(mine, minlength=count)
        means = np.bincount(mine, weights=own, minlength=count) / np.maximum(sizes, 1)
        filled = sizes > 0
        rows_sd, blocks_sd = _spread(own, cell[mine]), _spread(means[filled], cell[filled])
        if rows_sd > 0:
            worst = max(worst, blocks_sd / rows_sd)
    return min(worst, 1.0) if worst > 0 else 1.0


def _spread(values: Floats, cells: Codes) -> float:
    """The standard deviation around the mean of each cell, over the cells with two values or more; 0 where there is none."""
    sizes = np.bincount(cells)
    means = np.bincount(cells, weights=values) / np.maximum(sizes, 1)
    freedom = int((sizes[sizes > 1] - 1).sum())
    return math.sqrt(float(((values - means[cells]) ** 2).sum()) / freedom) if freedom else 0.0
