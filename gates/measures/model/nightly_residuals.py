"""What is new about a column given all the others: it can stand out where the column alone does not.

Correlated columns predict each other, so a small shift of one of them is large against what is left when the others are known.
The permutation test of a night sees that; this says which column it was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pandas import DataFrame

WIDEST = 1_000  # columns up to which the covariance is inverted: a second of processor time
SHRINK = 0.05  # share of the diagonal in the covariance: it stays invertible, with constant and repeated columns too
FEWEST = 5  # rows of the window


@dataclass(frozen=True, slots=True)
class Residual:
    """Hold how far a column's residual given all others moved, in standard deviations of the residual, and the two-sided
    p-value.
    """

    shift: float
    p_value: float


def find_residual_shifts(reference: DataFrame, current: DataFrame, names: Sequence[str]) -> dict[str, Residual]:
    """Return the residual shift of each of the number columns ``names``; empty where there are too few rows or too many columns.

    ``reference`` has n rows, ``current`` m. The residual of column j is (z P)_j / P_jj with z the columns standardised by the
    reference and P the inverse of their shrunk correlation matrix (Lauritzen 1996, ch. 5); missing values count as the
    reference's mean. The p-value is the normal one of its mean over the current rows, whose own spread is used, because rows that
    the correlations were not learnt from scatter more.
    """
    if not 2 <= len(names) <= WIDEST or len(reference) < FEWEST or len(current) < FEWEST:
        return {}
    before, now = (side[list(names)].to_numpy(dtype=np.float64) for side in (reference, current))
    with np.errstate(all="ignore"):
        mean, spread = np.nanmean(before, axis=0), np.nanstd(before, axis=0)
        usable = np.isfinite(mean) & np.isfinite(spread) & (spread > 0)
        before, now = (np.nan_to_num((side - mean) / spread, nan=0.0, posinf=0.0, neginf=0.0) for side in (before, now))
    before, now = before[:, usable], now[:, usable]
    kept = [name for name, use in zip(names, usable, strict=True) if use]
    if len(kept) < 2:
        return {}
    correlation = before.T @ before / len(before)
    precision = np.linalg.inv((1 - SHRINK) * correlation + SHRINK * np.eye(len(kept)))
    residuals = now @ precision / np.diag(precision)
    shift, scatter = residuals.mean(axis=0), residuals.std(axis=0, ddof=1)
    error = np.sqrt(1.0 / len(before) + 1.0 / len(now))
    return {
        name: Residual(float(shift[i] / scatter[i]), _both_tails(float(shift[i] / scatter[i] / error)))
        for i, name in enumerate(kept)
        if scatter[i] > 0
    }


def _both_tails(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2.0))
