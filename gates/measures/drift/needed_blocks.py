"""How many blocks it takes to see a shift, and to reach alpha at all."""

from __future__ import annotations

import math

import numpy as np

from gates.measures.drift.blocks import Blocks
from gates.measures.drift.power import needed_rows

MOST = 1_000_000


def needed_blocks(blocks: Blocks, columns: int, *, alpha: float, shift: float, design: float) -> int:
    """Return the blocks that the smaller side needs to see one column shifted by ``shift`` standard deviations of its rows.

    A shift of one standard deviation of rows is one of 1 / ``design`` standard deviations of block means (`measure_design`), which
    is what `needed_rows` counts with. At least as many are needed as allow 1 / ``alpha`` labellings: with fewer the smallest
    p-value is above ``alpha`` whatever happens.
    """
    by_power = needed_rows(blocks.n_reference, blocks.n_current, columns, alpha=alpha, shift=shift / max(design, 1e-9))
    return max(by_power, _reach(blocks, math.log(1.0 / alpha)))


def reaches(blocks: Blocks, alpha: float) -> bool:
    """Return whether the labellings of ``blocks`` are enough for a p-value below ``alpha``."""
    return 1.0 / blocks.labellings < alpha


def _reach(blocks: Blocks, logs: float) -> int:
    """The blocks of the smaller side from which the labellings are more than exp(``logs``), the larger side staying what it is."""
    few = min(blocks.n_reference, blocks.n_current)
    fewer = blocks.n_current <= blocks.n_reference
    cells = [(int((inside != fewer).sum()), int((inside == fewer).sum())) for inside in _strata(blocks)]
    wanted = 1
    while wanted < MOST:
        share = wanted / max(few, 1)
        possible = sum(
            math.lgamma(large + small * share + 1) - math.lgamma(small * share + 1) - math.lgamma(large + 1)
            for large, small in cells
        )
        if possible > logs + 1e-9:
            return wanted
        wanted += 1
    return MOST


def _strata(blocks: Blocks) -> list[np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    return [blocks.is_current[blocks.stratum == stratum] for stratum in np.unique(blocks.stratum)]
