"""Calibration: what chance explains is subtracted, what it does not is seen."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from gates.measures.model.calibration import calibrate, measure
from gates.measures.model.predictions import NotComparable


@pytest.mark.parametrize("n", [60, 330, 3000])
def test_a_calibrated_model_has_no_error_whatever_the_rows(n):
    rng = np.random.default_rng(n)
    errors = []
    for seed in range(15):
        stated = rng.uniform(0.3, 1, n)
        errors.append(measure(stated, (rng.random(n) < stated).astype(float), seed=seed))
    assert np.mean([found.error for found in errors]) < 0.35 * np.mean([found.raw for found in errors])
    assert np.mean([found.error for found in errors]) < 0.03


def test_a_model_that_is_too_sure_is_seen_and_the_worst_bin_is_told():
    found = measure(np.full(400, 0.95), np.arange(400) % 5 < 3)
    assert found.error == pytest.approx(0.35, abs=0.02)
    assert found.lower > 0.25
    assert "worst where it says 0.95 and 0.60 are right (n = 400)" in found.describe()


def test_the_interval_shrinks_with_the_rows():
    def width(n):
        rng = np.random.default_rng(1)
        found = measure(np.full(n, 0.9), (rng.random(n) < 0.6).astype(float))
        return found.upper - found.lower

    assert width(2000) < width(100) / 2


def make_model(shares, classes=("a", "b")):
    return SimpleNamespace(classes=classes, predict_proba=lambda X: shares)


def test_a_model_is_calibrated_by_its_likeliest_class():
    rows = SimpleNamespace(X=pd.DataFrame({"x": range(4)}), y=pd.Series(list("abab")))
    found = calibrate(make_model(np.array([[1, 0], [0, 1], [1, 0], [0, 1]], dtype=float)), rows)
    assert (found.raw, found.n) == (0.0, 4)


def test_a_model_without_probabilities_is_refused():
    rows = SimpleNamespace(X=pd.DataFrame({"x": [1, 2]}), y=pd.Series(list("ab")))
    with pytest.raises(NotComparable, match="gives no probabilities"):
        calibrate(make_model(None), rows)


def test_probabilities_that_are_missing_are_refused():
    rows = SimpleNamespace(X=pd.DataFrame({"x": [1, 2]}), y=pd.Series(list("ab")))
    with pytest.raises(NotComparable, match="missing or infinite probabilities"):
        calibrate(make_model(np.full((2, 2), np.nan)), rows)


def test_no_rows_are_refused():
    with pytest.raises(NotComparable, match="there are no rows"):
        measure(np.empty(0), np.empty(0))


def test_the_answer_does_not_depend_on_how_many_numbers_are_drawn_at_once(monkeypatch):
    rng = np.random.default_rng(7)
    confidence = rng.random(300)
    right = (rng.random(300) < confidence).astype(float)
    at_once = measure(confidence, right)
    monkeypatch.setattr("gates.measures.model.calibration._CELLS", 300 * 7)
    in_portions = measure(confidence, right)
    for name in ("error", "chance", "lower", "upper"):
        assert getattr(in_portions, name) == pytest.approx(getattr(at_once, name), abs=1e-12)
