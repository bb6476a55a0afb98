"""Resample the rows, both models together, and see how far the difference of their scores spreads.

The rule it protects: the two models always see the same resampled rows, because what they share (easy rows, hard rows)
must cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.intp]

DRAWS = 2000
_FEWEST_DRAWS = 400
_CHUNK = 2_000_000  # weights held in memory at once, 16 MB
_EFFORT = 40_000_000  # weights computed in all; beyond it there are fewer draws, never fewer rows


@dataclass(frozen=True, slots=True)
class Spread:
    """Hold the bootstrap distribution of a difference: ``values`` (draws,), sorted, and how many draws gave no finite one."""

    values: Floats
    undefined: int

    @property
    def deviation(self) -> float:
        """Return the standard error of the difference."""
        return float(self.values.std(ddof=1))

    def quantile(self, share: float) -> float:
        """Return the value below which ``share`` of the draws lie; between draws on the cautious side for small shares."""
        return float(np.quantile(self.values, share, method="lower" if share < 0.5 else "higher"))


def resample(
    difference: Callable[[Floats], Floats], units: Codes, cells: int, *, seed: int, draws: int = DRAWS
) -> Spread:
    """Resample units, and return the spread of ``difference`` over the draws.

    ``units``: (n,) the cell of each row (rows resampled one by one). ``difference`` maps weights (draws, cells) to
    (draws,). Efron & Tibshirani (1993), ch. 13. Deterministic by ``seed``.
    """
    counts = np.bincount(units, minlength=cells)
    return _spread(difference, _draw_cells(units, counts, seed, _affordable(draws, cells)))


def resample_groups(
    difference: Callable[[Floats], Floats], units: Codes, groups: Codes, cells: int, *, seed: int, draws: int = DRAWS
) -> Spread:
    """Resample like `resample`, but whole groups at once: ``groups`` (n,) are codes of rows that belong together."""
    from scipy.sparse import csr_array

    number = int(groups.max()) + 1
    members = csr_array((np.ones(len(units)), (units, groups)), shape=(cells, number))

    def weigh() -> Iterator[Floats]:
        rng = np.random.default_rng(seed)
        for size in _sizes(_affordable(draws, cells), max(cells, number)):
            yield (members @ rng.multinomial(number, np.full(number, 1 / number), size=size).T).T

    return _spread(difference, weigh())


def _draw_cells(units: Codes, counts: NDArray[np.intp], seed: int, draws: int) -> Iterator[Floats]:
    rng = np.random.default_rng(seed)
    n, cells = len(units), len(counts)
    few = cells * 20 < n  # then drawing cell counts is cheaper than drawing rows
    for size in _sizes(draws, cells if few else n):
        if few:
            yield rng.multinomial(n, counts / n, size=size).astype(np.float64)
        else:
            drawn = units[rng.integers(0, n, size=(size, n))] + cells * np.arange(size)[:, None]
            yield np.bincount(drawn.ravel(), minlength=size * cells).reshape(size, cells).astype(np.float64)


def _affordable(draws: int, width: int) -> int:
    return min(draws, max(_FEWEST_DRAWS, _EFFORT // max(width, 1)))


def _sizes(draws: int, width: int) -> Iterator[int]:
    step = max(1, min(draws, _CHUNK // max(width, 1)))
    for start in range(0, draws, step):
        yield min(step, draws - start)


def _spread(difference: Callable[[Floats], Floats], weights: Iterator[Floats]) -> Spread:
    values = np.concatenate([difference(part) for part in weights])
    finite = np.isfinite(values)
    return Spread(np.sort(values[finite]), int((~finite).sum()))
