"""Which rows are equal, exactly or nearly, found by hashing so that a hundred thousand rows cost a tenth of a second.

The rule it protects: a row counts once. Copies make a small batch look large, a holdout look easy, and a label look certain.
A null equals a null. "Nearly" means equal after rounding each column of numbers to a thousandth of its own spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from gates.measures.data.survey import Survey, label_text

if TYPE_CHECKING:
    from pandas import DataFrame

Hashes: TypeAlias = npt.NDArray[np.uint64]
Floats: TypeAlias = npt.NDArray[np.float64]
Truths: TypeAlias = npt.NDArray[np.bool_]

NEARLY = 1e-3  # of a column's spread: values closer than this are taken for the same measurement
SPREAD_ROWS = (
    4096  # the spread only sets the grid of the rounding; a fixed number of evenly spaced rows is enough for it
)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)


def hashes(table: Survey, columns: Sequence[str], *, grid: Floats | None = None) -> Hashes:
    """Return one 64-bit number a row of ``table`` from its cells in ``columns``; equal rows have equal numbers.

    ``grid`` (one step for each column of ``table.numbers``, see `steps`) rounds first, so that nearly equal rows meet.
    """
    total = np.zeros(table.rows, dtype=np.uint64)
    position = {name: place for place, name in enumerate(table.numeric)}
    for order, name in enumerate(sorted(columns)):
        salt = _scramble(np.array([order + 1], dtype=np.uint64))[0]
        if name in position:
            cells = table.numbers[:, position[name]]
            step = 0.0 if grid is None else float(grid[position[name]])
            bits = _bits(np.rint(cells / step) if step > 0 else cells)
        else:
            bits = _hash_words(table.frame[name])
        total += _scramble(bits ^ salt)
    return total


def steps(table: Survey) -> Floats:
    """Return the rounding step of each column of ``table.numbers``: a thousandth of its interquartile range, 0 where it has
    none.
    """
    if table.numbers.size == 0:
        return np.zeros(table.numbers.shape[1])
    stride = max(1, -(-table.rows // SPREAD_ROWS))
    cells = table.numbers[::stride]
    cells = np.where(np.isfinite(cells), cells, np.nan)
    from warnings import catch_warnings, simplefilter

    with catch_warnings():
        simplefilter("ignore", RuntimeWarning)  # an all-null column has no quartile; it gets no step below
        low, high = np.nanpercentile(cells, [25, 75], axis=0)
    spread = np.nan_to_num(high - low, nan=0.0, posinf=0.0)
    return np.asarray(spread * NEARLY, dtype=np.float64)


def repeated(digests: Hashes) -> Truths:
    """Return for each row whether an equal row stands before it."""
    later = np.ones(len(digests), dtype=bool)
    later[np.unique(digests, return_index=True)[1]] = False
    return later


def contradicting(features: Hashes, labels: npt.NDArray[np.object_]) -> Truths:
    """Return for each row whether a row with equal ``features`` carries another of the ``labels``."""
    import pandas as pd

    codes, _ = pd.factorize(labels)
    groups = pd.Series(codes).groupby(pd.Series(features).to_numpy())
    return np.asarray(groups.transform("min").to_numpy() != groups.transform("max").to_numpy())


def copied(frame: DataFrame, source: DataFrame, columns: Sequence[str], *, nearly: bool = False) -> Truths:
    """Return for each row of ``frame`` whether ``source`` holds a row that is equal in ``columns``, which are names as text."""
    numbers = hash_both(frame, source, columns, nearly=nearly)
    return np.isin(numbers[: len(frame)], numbers[len(frame) :])


def hash_both(frame: DataFrame, source: DataFrame, columns: Sequence[str], *, nearly: bool = False) -> Hashes:
    """Return the `hashes` of the rows of ``frame``, then those of ``source``, by one and the same measure."""
    import pandas as pd

    from gates.measures.data.survey import named, survey

    sides = [named(side, [str(name) for name in side.columns])[list(columns)] for side in (frame, source)]
    both = survey(pd.concat(sides, ignore_index=True))
    return hashes(both, both.present(columns), grid=steps(both) if nearly else None)


def _bits(cells: Floats) -> Hashes:
    cells = cells + 0.0  # -0.0 becomes 0.0
    cells[np.isnan(cells)] = np.nan  # one NaN of the many
    return cells.view(np.uint64)


def _scramble(bits: Hashes) -> Hashes:
    """Mix every bit into every other (the finaliser of splitmix64), so that small integers do not collide in a sum."""
    bits = bits * _ODD
    bits ^= bits >> np.uint64(31)
    bits *= _MIX
    bits ^= bits >> np.uint64(29)
    return bits


def _hash_words(cells: object) -> Hashes:
    import pandas as pd

    series = pd.Series(cells)
    words = pd.Series("\0null", index=range(len(series)), dtype=object)
    known = series.notna().to_numpy()
    words[known] = label_text(series).to_numpy()
    return pd.util.hash_array(words.to_numpy(dtype=object), categorize=True)
