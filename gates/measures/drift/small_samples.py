"""Exact p-values where the usual ones, which hold for many rows, are too small: few rows on a side, rare values.

The rule it protects: a handful of current rows, or a category that came up twice, must not alarm by an approximation. One row
against three hundred is beyond all of them by chance in 2 of 301 cases; the asymptotic Kolmogorov-Smirnov test calls that p = 0.
"""

from __future__ import annotations

import warnings

import numpy as np

from gates.measures.drift.arrays import Codes, Floats

FEW = 100  # rows of the smaller side from which the asymptotic test of a column of numbers is good enough
EXPECTED = 5.0  # expected count in every cell from which chi-square is good enough (Cochran 1954)
UNREMARKABLE = 0.05  # a larger p-value decides nothing and is left as it is


def correct_numbers(p_value: float, before: Floats, now: Floats) -> float:
    """Return the larger of ``p_value`` and the exact two-sample Kolmogorov-Smirnov p-value (Hodges 1958) of (n,) and (m,) values.

    Ties make the exact one conservative.
    """
    if p_value > UNREMARKABLE or min(len(before), len(now)) >= FEW:
        return p_value
    from scipy.stats import ks_2samp

    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # where the sides are too long to count paths, scipy says so and stays asymptotic
        return max(p_value, float(ks_2samp(before, now, method="exact").pvalue))


def correct_counts(p_value: float, before: Codes, now: Codes, levels: int) -> float:
    """Return the larger of ``p_value`` and the smallest Fisher exact p-value of a level, Bonferroni over the ``levels`` that
    come up.

    ``before`` (n,) and ``now`` (m,) are codes 0, 1, 2...; nothing is corrected where every expected count is large enough.
    """
    counts = np.array([np.bincount(side, minlength=levels) for side in (before, now)])
    counts = counts[:, counts.any(axis=0)]
    expected = counts.sum(axis=0) * min(len(before), len(now)) / max(len(before) + len(now), 1)
    if p_value > UNREMARKABLE or counts.shape[1] < 2 or expected.min() >= EXPECTED:
        return p_value
    from scipy.stats import fisher_exact

    tables = ([[here, len(now) - here], [there, len(before) - there]] for there, here in counts.T.tolist())
    smallest = min(float(fisher_exact(table)[1]) for table in tables)
    tests = 1 if counts.shape[1] == 2 else counts.shape[1]
    return max(p_value, min(1.0, tests * smallest))
