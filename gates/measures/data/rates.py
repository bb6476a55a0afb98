"""Counts here against counts there: the exact tests behind the statistical expectations.

Every function returns a p-value in [0, 1] and holds its level for any counts, small ones included. The rule it protects:
an expectation that was learnt from a sample must know how much another sample of the same source would differ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

# Below this many standard deviations an excess is never significant at the levels used here; skipping the exact sum saves time.
WORTH_TESTING = 2.0


def more_often(count: int, rows: int, count_before: int, rows_before: int) -> float:
    """Return the one-sided Fisher exact p-value that a share has risen: P(at least ``count``) given both margins (Fisher 1935)."""
    total, marked = rows + rows_before, count + count_before
    if rows <= 0 or rows_before <= 0 or count * rows_before <= count_before * rows:
        return 1.0
    mean = rows * marked / total
    variance = mean * (total - marked) / total * rows_before / max(total - 1, 1)
    if variance > 0 and (count - mean) < WORTH_TESTING * math.sqrt(variance):
        return 1.0
    from scipy.stats import hypergeom

    return float(min(1.0, hypergeom.sf(count - 1, total, marked, rows)))


def differs(count: int, rows: int, count_before: int, rows_before: int) -> float:
    """Return the two-sided p-value: twice the smaller of the two one-sided Fisher tests."""
    up = more_often(count, rows, count_before, rows_before)
    down = more_often(rows - count, rows, rows_before - count_before, rows_before)
    return min(1.0, 2.0 * min(up, down))


def unseen(count: int, rows: int, seen_once: int, rows_before: int) -> float:
    """Return P(at least ``count`` of ``rows`` fall into values never seen before).

    A row is new among the others as often here as it was before: there the ``seen_once`` = N1 values that occurred once are the
    rows that were new among ``rows_before``, and (N1 + 1) / n is the mass of the unseen (Good 1953). That mass is itself an
    estimate from few values, so the two counts are compared (binomial, given their sum) instead of taking it for known. A
    larger table meets one unseen value many times; its count is scaled down to ``rows_before`` rows first.
    """
    if count <= 0:
        return 1.0
    if rows_before <= 0:
        return 0.0
    from scipy.stats import binom

    if rows > rows_before:
        count, rows = -(-count * rows_before // rows), rows_before
    return float(min(1.0, binom.sf(count - 1, count + seen_once + 1, rows / (rows + rows_before))))


def collide(count: int, rows: int, count_before: int, rows_before: int) -> float:
    """Return P(so many rows repeat another), where ``count_before`` of ``rows_before`` did.

    One-sided Fisher test of the shares; a larger table has more pairs of rows that can meet by chance, and is held to
    their number instead: both counts are then nearly Poisson in proportion to the square of the rows (binomial given their sum).
    """
    if rows <= rows_before:
        return more_often(count, rows, count_before, rows_before)
    if count <= 0:
        return 1.0
    if rows_before <= 0:
        return 1.0
    from scipy.stats import binom

    return float(min(1.0, binom.sf(count - 1, count + count_before, rows**2 / (rows**2 + rows_before**2))))


def shares_differ(counts: Sequence[int], counts_before: Sequence[int], *, expected: float = 5.0) -> float:
    """Return the p-value of the chi-square test of homogeneity of two count vectors over the same categories.

    Categories whose expected count falls below ``expected`` on either side are pooled (Cochran 1954). 1.0 where fewer than
    two categories are left.
    """
    now, before = np.asarray(counts, dtype=np.float64), np.asarray(counts_before, dtype=np.float64)
    rows, rows_before = now.sum(), before.sum()
    if rows <= 0 or rows_before <= 0:
        return 1.0
    pooled = (now + before) * min(rows, rows_before) / (rows + rows_before)
    rare = pooled < expected
    if rare.any():
        now = np.append(now[~rare], now[rare].sum())
        before = np.append(before[~rare], before[rare].sum())
    kept = (now + before) > 0
    now, before = now[kept], before[kept]
    if len(now) < 2:
        return 1.0
    from scipy.stats import chi2

    together = (now + before) / (rows + rows_before)
    statistic = ((now - rows * together) ** 2 / (rows * together)).sum()
    statistic += ((before - rows_before * together) ** 2 / (rows_before * together)).sum()
    return float(chi2.sf(statistic, len(now) - 1))
