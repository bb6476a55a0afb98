"""One column at a time: did its values move?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gates.measures.drift.arrays import Floats, Singles
from gates.measures.drift.families.moments import take_moments
from gates.measures.drift.permutation import Measure
from gates.measures.drift.pool import Pool

CELLS, WIDTH = 600_000, 512  # up to so many values and columns whole distributions are compared, beyond only mean ranks
CUTS = 32  # equal shares of the pooled values at whose borders the distributions are compared


def prepare(pool: Pool) -> Measure:
    """Prepare the largest and summed t statistic, and the largest and mean distance of the distribution functions (mean ranks
    on wide data).
    """
    columns, squares = pool.columns, pool.columns**2
    below = _mark_below(columns) if columns.size <= CELLS and columns.shape[1] <= WIDTH else _rank_all(columns)

    def measure(labels: Singles) -> Mapping[str, Floats]:
        rows, m = len(columns), labels.sum(axis=1, keepdims=True)
        moments = take_moments(columns, squares, labels)
        t = (moments.current_mean - moments.reference_mean) / np.sqrt(
            moments.reference_variance / (rows - m) + moments.current_variance / m
        )
        distances = np.abs(labels @ below).reshape(len(labels), columns.shape[1], -1).max(axis=2)
        return {
            "the shift of one column": np.abs(t).max(axis=1),
            "the shift of all columns": (t**2).sum(axis=1),
            "the distribution of one column": distances.max(axis=1),
            "the distributions of all columns": distances.mean(axis=1),
        }

    return measure


def _mark_below(columns: Singles) -> Singles:
    """Centred marks of the values at most each cut, (N, p * cuts): a label's sum over them is a distance of distributions.

    The largest of the Kolmogorov-Smirnov distances at `CUTS` quantiles of the pool; ties fall on one side together.
    """
    cuts = np.quantile(columns, np.arange(1, CUTS) / CUTS, axis=0, method="inverted_cdf").astype(np.float32)
    marks = (columns[:, :, None] <= cuts.T[None]).astype(np.float32)
    marks -= marks.mean(axis=0)
    return marks.reshape(len(columns), -1)


def _rank_all(columns: Singles) -> Singles:
    """Centred ranks over their standard deviation; tied values share the mean of their ranks (Wilcoxon 1945). (N, p)."""
    from scipy.stats import rankdata

    ranks = rankdata(columns, axis=0)
    ranks -= ranks.mean(axis=0)
    return (ranks / np.maximum(ranks.std(axis=0), 1e-12)).astype(np.float32)
