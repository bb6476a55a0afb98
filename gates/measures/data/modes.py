"""The commonest value of a column, found among a fixed number of rows and counted in all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

LOOKED_AT = 4096  # rows searched for candidates; a value worth finding holds a share that so many rows cannot miss
KEPT = 3  # values remembered from a reference


@dataclass(frozen=True, slots=True)
class Mode:
    """Hold a value and how many cells hold it."""

    value: float
    count: int


def modes(cells: Floats) -> tuple[Mode, ...]:
    """Return the commonest values of a column, most frequent first, at most three, each in at least two cells; () where all
    differ.
    """
    cells = cells[np.isfinite(cells)]
    looked = cells[:: max(1, -(-len(cells) // LOOKED_AT))]
    ordered = np.sort(looked)
    edges = (
        np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1], True]) if len(ordered) else np.zeros(1, dtype=np.int64)
    )
    runs = np.diff(edges)
    best = np.argsort(-runs, kind="stable")[:KEPT]
    commonest = [
        Mode(float(ordered[edges[at]]), count_equal(cells, float(ordered[edges[at]]))) for at in best if runs[at] > 1
    ]
    return tuple(sorted(commonest, key=lambda mode: -mode.count))


def count_equal(cells: Floats, value: float) -> int:
    """Return how many of the ``cells`` (n,) are exactly ``value``."""
    return int(np.count_nonzero(cells == value))
