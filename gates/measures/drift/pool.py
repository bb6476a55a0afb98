"""Both sides in one pool of rows, scaled without looking at which side a row came from.

The rule it protects: everything here is a symmetric function of the pooled rows, and the rows are shuffled first. Were the
reference always on top, a stable sort of tied values would tell the statistics which rows are whose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gates.measures.drift.arrays import Codes, Flags, Floats, Singles
from gates.measures.drift.blocks import Blocks
from gates.measures.drift.table import MISSING, CategoryColumn, TwoSamples

SIDE = 2_000  # rows of either side that the permutation test uses; beyond, a seeded sample
WIDE = 256  # beyond so many columns, statistics that cost their square work on a seeded projection
PROJECTED = 128
HEAVY = 50.0  # kurtosis, that of a flag which two rows in a hundred carry; beyond, a few rows decide what a column goes with
CLIP = 6.0  # robust standard deviations; keeps one wild value from hiding the rest


@dataclass(frozen=True, slots=True)
class Pool:
    """Hold N = n + m rows in random order, mean 0 and variance 1 per column over the pool.

    ``is_current`` (N,) the truth; ``places`` (N,) where each row stands in the table, the reference first; ``n_current`` the
    number of current rows, where blocks of unequal size change sides the mean over all labellings; ``columns`` (N, p) numbers,
    one-hot categories and missingness; ``raw`` (N, p) the same before clipping; ``compact`` (N, q) is ``columns`` without those
    that a few rows decide, or their random projection beyond `WIDE`; ``variances`` (q,) ascending and ``directions``
    (q, q) its principal components; ``whitened`` (N, q); ``categories`` holds (N,)
    codes with the number of levels, a missing value being a level.
    """

    is_current: Flags
    places: Codes
    n_current: int
    columns: Singles
    raw: Singles
    compact: Singles
    variances: Floats
    directions: Floats
    whitened: Singles
    categories: tuple[tuple[Codes, int], ...]

    @property
    def rows(self) -> int:
        """Return N, the number of rows of both sides together."""
        return len(self.is_current)


def pool_rows(
    table: TwoSamples, *, rng: np.random.Generator, side: int = SIDE, flags: bool = True, blocks: Blocks | None = None
) -> Pool | None:
    """Pool at most ``side`` rows of each side, without categories and missingness unless ``flags``; None where nothing varies.

    Where ``blocks`` are given the rows are drawn from every block alike.
    """
    n, m = table.n_reference, table.n_current
    chosen = (
        np.concatenate([_choose(n, side, rng), n + _choose(m, side, rng)])
        if blocks is None
        else blocks.sample(side, rng)
    )
    chosen = chosen[rng.permutation(len(chosen))]
    missing = [np.concatenate([before, now])[chosen] for _, before, now in table.missing if flags]
    numbers = [np.concatenate([one.reference, one.current])[chosen] for one in table.numbers]
    codes = [_code(one, chosen) for one in table.categories if flags]
    features = (
        numbers
        + [column for code in codes for column in _one_hot(*code)]
        + [column.astype(np.float64) for column in missing]
    )
    features = [column for column in features if _varies(column)]
    if not features:
        return None
    raw, columns = _scale(np.column_stack(features))
    steady = (columns**4).mean(axis=0) <= HEAVY
    compact = columns[:, steady] if steady.any() else columns
    compact = compact if compact.shape[1] <= WIDE else _project(compact, rng)
    variances, directions = np.linalg.eigh(np.cov(compact, rowvar=False).reshape(compact.shape[1], -1))
    variances = np.maximum(variances, 1e-3 * variances.mean())
    whitened = (compact @ (directions / np.sqrt(variances))).astype(np.float32)
    is_current = chosen >= n
    current = int(is_current.sum()) if blocks is None else blocks.expect_current(chosen)
    return Pool(is_current, chosen, current, columns, raw, compact, variances, directions, whitened, tuple(codes))


def _choose(rows: int, side: int, rng: np.random.Generator) -> Codes:
    return np.arange(rows) if rows <= side else np.sort(rng.choice(rows, side, replace=False))


def _code(column: CategoryColumn, chosen: Codes) -> tuple[Codes, int]:
    codes = np.concatenate([column.reference, column.current])[chosen]
    levels = len(column.levels)
    return np.where(codes == MISSING, levels, codes), levels + int((codes == MISSING).any())


def _one_hot(codes: Codes, levels: int) -> list[Floats]:
    """All levels but the last: it is what the others leave."""
    return [(codes == level).astype(np.float64) for level in range(max(levels - 1, 1))]


def _varies(column: Floats) -> bool:
    seen = column[~np.isnan(column)]
    return len(seen) > 1 and bool((seen != seen[0]).any())


def _scale(values: Floats) -> tuple[Singles, Singles]:
    """Robust units (median, IQR / 1.349, else the sd of what is left), missing values at the median; then clipped, mean 0, sd 1."""
    gone = np.isnan(values)
    with np.errstate(all="ignore"):
        low, middle, high = (
            np.nanpercentile(values, [25, 50, 75], axis=0)
            if gone.any()
            else np.percentile(values, [25, 50, 75], axis=0)
        )
        width = (high - low) / 1.349
        spread = np.nanmax(np.abs(values - middle), axis=0) / 2.0
        centred = (values - middle) / np.where(width > 0, width, spread)
    raw = np.clip(np.where(gone, 0.0, np.nan_to_num(centred, nan=0.0)), -1e12, 1e12)
    clipped = np.clip(raw, -CLIP, CLIP)
    deviation = clipped.std(axis=0)
    standard = (clipped - clipped.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    return raw.astype(np.float32), standard.astype(np.float32)


def _project(columns: Singles, rng: np.random.Generator) -> Singles:
    mixed = columns @ (rng.standard_normal((columns.shape[1], PROJECTED)) / np.sqrt(columns.shape[1])).astype(
        np.float32
    )
    deviation = mixed.std(axis=0)
    return ((mixed - mixed.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)).astype(np.float32)
