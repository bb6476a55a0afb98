"""Is anything at all different? One exact permutation test over the whole battery of families."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gates.measures.drift.arrays import Codes
from gates.measures.drift.blocks import Blocks
from gates.measures.drift.families import FAMILIES
from gates.measures.drift.permutation import Draw, Ranked, count_permutations, rank_truth
from gates.measures.drift.pool import SIDE, pool_rows
from gates.measures.drift.table import TwoSamples

FEWEST = 5  # rows of a side below which variances and correlations mean nothing


@dataclass(frozen=True, slots=True)
class Omnibus:
    """Hold the permutation test's answer: its rank as a p-value, and the rows of either side that it used."""

    ranked: Ranked
    sampled: tuple[int, int]
    exchanged: str = ""  # what changes sides in words, where it is not rows

    @property
    def detail(self) -> str:
        """Return the permutations, the rows and the statistics that were most unlike, in words."""
        seen = ", ".join(f"{name} (p = {p:.2g})" for name, p in self.ranked.statistics[:3])
        of = f"{self.exchanged} among " if self.exchanged else ""
        rows = f"{of}{self.sampled[0]:,} + {self.sampled[1]:,} rows"
        return f"{self.ranked.permutations:,} permutations of {rows}; most unlike: {seen}"


def rank_everything(
    table: TwoSamples,
    *,
    alpha: float,
    seed: int,
    families: Iterable[str] = FAMILIES,
    permutations: int | None = None,
    side: int = SIDE,
    blocks: Blocks | None = None,
) -> Omnibus | None:
    """Run the permutation test, exact under exchangeability at any ``alpha``; None where a side has fewer than `FEWEST` rows or
    nothing varies.

    Where ``blocks`` are given, whole blocks change sides instead of rows.
    """
    if min(table.n_reference, table.n_current) < FEWEST:
        return None
    rng = np.random.default_rng(seed)
    pool = pool_rows(table, rng=rng, side=side, blocks=blocks)
    if pool is None:
        return None
    measures = [FAMILIES[name](pool) for name in families]
    ranked = rank_truth(
        pool.is_current, measures, permutations=permutations or count_permutations(alpha), rng=rng,
        draw=None if blocks is None else _change_blocks(blocks, pool.places),
    )  # fmt: skip
    current = int(pool.is_current.sum())
    return Omnibus(ranked, (pool.rows - current, current), "" if blocks is None else blocks.name)


def _change_blocks(blocks: Blocks, places: Codes) -> Draw:
    """Labellings of the pooled rows that give all rows of a block one side."""
    block_of = blocks.of_row[places]
    return lambda count, rng: blocks.draw(count, rng)[:, block_of]
