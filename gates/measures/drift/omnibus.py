"""Is anything at all different? One exact permutation test over the whole battery of families."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gates.measures.drift.families import FAMILIES
from gates.measures.drift.permutation import Ranked, count_permutations, rank_truth
from gates.measures.drift.pool import SIDE, pool_rows
from gates.measures.drift.table import TwoSamples

FEWEST = 5  # rows of a side below which variances and correlations mean nothing


@dataclass(frozen=True, slots=True)
class Omnibus:
    """Hold the permutation test's answer: its rank as a p-value, and the rows of either side that it used."""

    ranked: Ranked
    sampled: tuple[int, int]

    @property
    def detail(self) -> str:
        """Return the permutations, the rows and the statistics that were most unlike, in words."""
        seen = ", ".join(f"{name} (p = {p:.2g})" for name, p in self.ranked.statistics[:3])
        return f"{self.ranked.permutations:,} permutations of {self.sampled[0]:,} + {self.sampled[1]:,} rows; most unlike: {seen}"


def rank_everything(
    table: TwoSamples,
    *,
    alpha: float,
    seed: int,
    families: Iterable[str] = FAMILIES,
    permutations: int | None = None,
    side: int = SIDE,
) -> Omnibus | None:
    """Run the permutation test, exact under exchangeability at any ``alpha``; None where a side has fewer than `FEWEST` rows or
    nothing varies.
    """
    if min(table.n_reference, table.n_current) < FEWEST:
        return None
    rng = np.random.default_rng(seed)
    pool = pool_rows(table, rng=rng, side=side)
    if pool is None:
        return None
    measures = [FAMILIES[name](pool) for name in families]
    ranked = rank_truth(pool.is_current, measures, permutations=permutations or count_permutations(alpha), rng=rng)
    return Omnibus(ranked, (pool.rows - pool.n_current, pool.n_current))
