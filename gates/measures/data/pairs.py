"""Equal rows of two tables, one random pair from each group: what would chance make of them?

The rule it protects: discrete data repeat by nature, within a table and across two. Given which rows of the pool are equal, the
sides fall on them like draws without replacement when both tables come from one source, whatever that source is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Hashes: TypeAlias = npt.NDArray[np.uint64] | npt.NDArray[np.int64]

FEW = 200  # pairs up to which the number that is split is counted out; beyond, the binomial agrees within one in a hundred


@dataclass(frozen=True, slots=True)
class Pairs:
    """Count the pairs of equal rows, ``count`` of them, among ``n`` rows of the reference and ``m`` current ones: how many are
    both current, and how many have a row on either side.
    """

    count: int
    both: int
    split: int
    n: int
    m: int

    @property
    def chance_of_both(self) -> float:
        """Return P(so many pairs are both current). The indicators are negatively associated (Joag-Dev and Proschan 1983), so
        that their number is below a binomial in the upper tail (Shao 2000).
        """
        from scipy.stats import binom

        rows = self.n + self.m
        share = self.m * (self.m - 1) / (rows * (rows - 1))
        return float(binom.sf(self.both - 1, self.count, share)) if self.both else 1.0

    @property
    def chance_of_split(self) -> float:
        """Return P(so many pairs are split), counted out over all ways to draw ``m`` of the rows: unlike the others these
        indicators may be positively associated, and the binomial alone would be too small.
        """
        from scipy.stats import binom

        if not self.split:
            return 1.0
        if self.count <= FEW:
            return _count_split(self)
        rows = self.n + self.m
        return float(binom.sf(self.split - 1, self.count, 2.0 * self.n * self.m / (rows * (rows - 1))))


def pair_rows(groups: Hashes, n: int, rng: np.random.Generator) -> Pairs:
    """Return one random pair of each group of equal rows; ``groups`` (n + m,) numbers the rows, those of the reference first."""
    total = len(groups)
    order = rng.permutation(total)
    ordered = order[np.argsort(groups[order], kind="stable")]
    numbers = groups[ordered]
    starts = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1])) if total else np.zeros(0, dtype=np.int64)
    sizes = np.diff(np.append(starts, total))
    first = starts[sizes > 1]
    one, other = ordered[first] >= n, ordered[first + 1] >= n
    return Pairs(len(first), int((one & other).sum()), int((one != other).sum()), n, total - n)


def _count_split(pairs: Pairs) -> float:
    """Of ``count`` pairs s are split in 2^s ways, b of the rest are both current, and the other current rows are unpaired."""
    from scipy.special import logsumexp

    g, rows = pairs.count, pairs.n + pairs.m
    split, both = np.arange(pairs.split, g + 1)[:, None], np.arange(g + 1)[None, :]
    ways = (
        _log_choose(g, split)
        + _log_choose(g - split, both)
        + split * np.log(2.0)
        + _log_choose(rows - 2 * g, pairs.m - split - 2 * both)
    )
    return float(min(1.0, np.exp(logsumexp(ways) - _log_choose(rows, pairs.m))))


def _log_choose(n: npt.ArrayLike, k: npt.ArrayLike) -> npt.NDArray[np.float64]:
    from scipy.special import gammaln

    n, k = np.broadcast_arrays(np.asarray(n, dtype=np.float64), np.asarray(k, dtype=np.float64))
    possible = (k >= 0) & (k <= n)
    k = np.where(possible, k, 0.0)
    n = np.where(possible, n, 0.0)
    ways = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
    return np.asarray(np.where(possible, ways, -np.inf))
