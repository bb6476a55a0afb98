"""Column tests through alibi-detect's `TabularDrift`.

Never call this unguarded: one NaN in a column makes alibi-detect answer "no drift" (`univariate.guard` stands before and after).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from contextlib import redirect_stderr

import numpy as np

from gates.extras import DETECTORS, require
from gates.measures.drift.arrays import ColumnTests, Floats


def measure_columns(reference: Floats, current: Floats, categories: Sequence[int], alpha: float) -> ColumnTests:
    """Test columns with alibi-detect: Kolmogorov-Smirnov per column of numbers, chi-square per column of codes; single
    precision, as alibi-detect returns it. Raises `MissingExtra` where it is not installed.
    """
    detector_of = _import_detector()
    levels = {i: np.unique(np.concatenate([reference[:, i], current[:, i]])).tolist() for i in categories}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        detector = detector_of(reference, p_val=alpha, categories_per_feature=levels or None, correction="fdr")
        data = detector.predict(current, drift_type="feature")["data"]
    return ColumnTests(np.asarray(data["p_val"], dtype=np.float64), np.asarray(data["distance"], dtype=np.float64))


def _import_detector() -> type:
    """Its imports print advice about deep-learning libraries that this project does not use."""
    require("a drift test with this backend", DETECTORS)
    with redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from alibi_detect.cd import TabularDrift
    detector: type = TabularDrift
    return detector
