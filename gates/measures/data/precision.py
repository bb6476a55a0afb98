"""How many numbers are whole hundredths: the trace that rounding, or a narrower number type on the way, leaves behind."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RELATIVE = 1e-12  # of the value: what the binary form of 0.07 may differ from 7/100


def hundredths(numbers: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return for each column of ``numbers`` (n, p) how many finite values are whole hundredths, and how many finite values
    there are.
    """
    counts, known = np.zeros(numbers.shape[1], dtype=np.int64), np.zeros(numbers.shape[1], dtype=np.int64)
    for position in range(numbers.shape[1]):
        cells = numbers[:, position]
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = cells * 100.0
            distance = np.abs(scaled - np.rint(scaled))
            counts[position] = np.count_nonzero(distance <= RELATIVE * np.maximum(np.abs(scaled), 1.0))
        known[position] = np.count_nonzero(np.isfinite(cells))
    return counts, known
