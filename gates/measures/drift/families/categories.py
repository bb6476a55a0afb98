"""Categories, a missing value being one of them: did their shares change?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gates.measures.drift.arrays import Floats, Singles
from gates.measures.drift.permutation import Measure
from gates.measures.drift.pool import Pool


def prepare(pool: Pool) -> Measure:
    """Prepare the chi-square of each category column over its degrees of freedom: the largest, and the sum."""
    tables = []
    for codes, levels in pool.categories:
        shown = np.eye(levels, dtype=np.float32)[codes]
        shown = shown[:, shown.any(axis=0)]
        if shown.shape[1] > 1:
            tables.append(shown)

    def measure(labels: Singles) -> Mapping[str, Floats]:
        if not tables:
            return {}
        share = labels.sum(axis=1, keepdims=True, dtype=np.float64) / labels.shape[1]
        standardised = []
        for shown in tables:
            expected = shown.sum(axis=0) * share
            chi_square = ((labels @ shown - expected) ** 2 / expected).sum(axis=1) / (1.0 - share[:, 0])
            freedom = shown.shape[1] - 1.0
            standardised.append((chi_square - freedom) / np.sqrt(2.0 * freedom))
        together = np.column_stack(standardised)
        return {
            "the shares of one category column": together.max(axis=1),
            "the shares of all category columns": together.sum(axis=1),
        }

    return measure
