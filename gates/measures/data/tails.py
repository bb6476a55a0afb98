"""How far the next value may lie: bounds that follow the tails of a sample instead of copying its smallest and largest value.

The exact minimum and maximum of a sample are exceeded by half of all further samples of the same size. These bounds extrapolate
the tail to the given level (a generalised Pareto tail with the moment estimate of its index), and never stop short of twice
the distance seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

FEW = 10  # order statistics that the tail index is learnt from, at least; of fewer than 40 rows a quarter, as a tail is no half
SHARE = 20  # ... and one in twenty of a large sample
MANY = 500  # ... which are enough
UNSURE = 1.0  # standard errors by which the index is raised: what reaches too short refuses clean heavy tails
REACH = 2.0  # the index is learnt from few values: double the reach, and never refuse what lies within twice the distance seen


@dataclass(frozen=True, slots=True)
class Tail:
    """Hold one side of one column: how far it was seen to reach, where its tail begins, and the moments of the logarithms
    beyond.
    """

    farthest: float
    threshold: float
    used: int
    rows: int
    at_farthest: int = 1
    step: float = 0.0
    first: float = 0.0
    second: float = 0.0

    @property
    def known(self) -> bool:
        """Return whether enough values lie beyond the threshold, and differ, to say how the tail falls."""
        return self.threshold > 0 and self.second > self.first**2 * (1 + 1e-12)

    @property
    def bounded(self) -> float:
        """Return the part of the extreme value index that is negative where the tail is bounded."""
        return 1.0 - 0.5 / (1.0 - self.first**2 / self.second)

    @property
    def index(self) -> float:
        """Return the moment estimate of the extreme value index (Dekkers, Einmahl and de Haan 1989)."""
        return self.first + self.bounded

    def least(self, chance: float) -> float:
        """Return what must stay allowed whatever the tail looks like: twice the distance seen, and in a column of few levels so
        many steps beyond the last level as a geometric tail takes, which by what was seen falls at least to 1 / (k + 1) at
        each.
        """
        steps = math.log(max(self.at_farthest / (self.rows * chance), 1.0)) / math.log(self.at_farthest + 1)
        return max(REACH * self.farthest, self.farthest + steps * self.step)

    def reach(self, index: float, chance: float) -> float:
        """Return the generalised-Pareto quantile at ``chance``, doubled. A bounded tail is not trusted: it counts as
        exponential.
        """
        further = math.log(max(self.used / (self.rows * chance), 1.0))
        growth = further if index < 1e-6 else math.expm1(min(index * further, 600.0)) / index
        return REACH * (self.threshold + self.threshold * self.first * (1.0 - min(self.bounded, 0.0)) * growth)


def bounds(numbers: Floats, *, level: float, rows: int) -> tuple[Floats, Floats]:
    """Return the lower and upper bound for each column of ``numbers`` (n, p), so that ``rows`` further rows of the same source
    exceed any of them with a probability of about ``level``. NaN and infinite cells are left out; a column without any finite
    cell gets (-inf, inf).
    """
    lows, highs = np.full(numbers.shape[1], -np.inf), np.full(numbers.shape[1], np.inf)
    chance = level / (2 * max(numbers.shape[1], 1) * max(rows, 1))
    centres: dict[int, float] = {}
    sides: dict[int, tuple[Tail, Tail]] = {}
    for position in range(numbers.shape[1]):
        cells = numbers[:, position]
        cells = cells[np.isfinite(cells)]
        n = len(cells)
        if n:
            used = _used(n)
            cells = np.partition(cells, sorted({used, (n - 1) // 2, n - 1 - used}))
            centre = float(cells[(n - 1) // 2])
            low, high = np.sort(centre - cells[: used + 1])[::-1], np.sort(cells[n - 1 - used :] - centre)[::-1]
            centres[position], sides[position] = centre, (_tail(low, n), _tail(high, n))
    reaches = _reaches(sides, chance)
    # A side without a tail of its own borrows the column's other side, a column without any borrows the widest of the table.
    widest = max((max(pair) for pair in reaches.values()), default=0.0) or max([1.0, *map(abs, centres.values())])
    for position, (below, above) in reaches.items():
        down, up = below or above or widest, above or below or widest
        lows[position] = centres[position] - max(down, sides[position][0].least(chance))
        highs[position] = centres[position] + max(up, sides[position][1].least(chance))
    return lows, highs


def _used(rows: int) -> int:
    return min(max(FEW, rows // SHARE), MANY, max(1, rows // 4), rows - 1)


def _tail(distances: Floats, rows: int) -> Tail:
    """The tail of a column of ``rows`` cells from its largest ``distances`` from the centre, largest first; the last one is where
    the tail begins."""
    used, farthest, threshold = len(distances) - 1, float(distances[0]), float(distances[-1])
    gaps = -np.diff(distances)
    step = float(gaps[gaps > 0].min()) if (gaps > 0).any() else farthest
    at_farthest = int(np.count_nonzero(distances == farthest))
    if threshold <= 0 or not used:
        return Tail(farthest, 0.0, used, rows, at_farthest, step)
    logs = np.log(distances[:used] / threshold)
    return Tail(farthest, threshold, used, rows, at_farthest, step, float(logs.mean()), float((logs**2).mean()))


def _reaches(sides: dict[int, tuple[Tail, Tail]], chance: float) -> dict[int, tuple[float, float]]:
    """How far each tail may reach; 0 where there is none to learn from.

    One tail has few values to tell its index from, so each estimate is drawn towards the mean of all, by the share of their
    variance that the sampling error 1 / k explains (empirical Bayes): where all columns have the same tails, they share one index.
    """
    known = [tail for pair in sides.values() for tail in pair if tail.known]
    indices = np.array([tail.index for tail in known])
    middle, spread = (float(indices.mean()), float(indices.var())) if len(known) else (0.0, 0.0)
    learnt_from = sum(tail.used for tail in known)

    def reach(tail: Tail) -> float:
        if not tail.known:
            return tail.farthest if tail.threshold > 0 else 0.0
        trust = max(0.0, 1.0 - 1.0 / (tail.used * spread)) if spread > 0 else 0.0
        index = max(0.0, trust * tail.index + (1.0 - trust) * middle)
        behind = trust * tail.used + (1.0 - trust) * learnt_from
        return tail.reach(index + UNSURE * math.sqrt((1.0 + index**2) / behind), chance)

    return {position: (reach(below), reach(above)) for position, (below, above) in sides.items()}
