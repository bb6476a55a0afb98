"""The same column tests from scipy alone, with the same p-values to the last digit that alibi-detect keeps.

For those who may not use alibi-detect under its licence; `tests/measures/drift/test_drift_backends.py` holds the two equal.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from gates.measures.drift.arrays import ColumnTests, Floats


def measure_columns(reference: Floats, current: Floats, categories: Sequence[int], alpha: float) -> ColumnTests:
    """Test columns with scipy: Kolmogorov-Smirnov (asymptotic) per column of numbers, chi-square (Yates for two levels) per
    column of codes.
    """
    from scipy.stats import chi2_contingency, ks_2samp

    width, coded = reference.shape[1], set(categories)
    p, distance = np.zeros(width, dtype=np.float32), np.zeros(width, dtype=np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i in range(width):
            before, now = reference[:, i], current[:, i]
            if i in coded:
                levels = np.unique(np.concatenate([before, now]))
                counts = np.array([[(side == level).sum() for level in levels] for side in (before, now)])
                distance[i], p[i] = chi2_contingency(counts)[:2]
            else:
                distance[i], p[i] = ks_2samp(before, now, alternative="two-sided", method="asymp")
    return ColumnTests(p.astype(np.float64), distance.astype(np.float64))
