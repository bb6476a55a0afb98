"""Repeated rows, copied rows and values that are suddenly all the same; discrete data repeat by nature and must stay quiet."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits

from gates.measures.drift.integrity import inspect
from gates.measures.drift.table import tabulate


def look(before: pd.DataFrame, now: pd.DataFrame):
    return inspect(tabulate(before, now), seed=0)


def test_rows_that_repeat_are_seen(draw):
    now = draw(200)
    now.iloc[:20] = now.iloc[20:40].to_numpy()
    found = look(draw(400), now)
    assert found.p_value < 1e-6
    assert found.detail == "10.0% of the current rows repeat an earlier one, was 0.0%"


def test_rows_copied_from_the_reference_are_seen(draw):
    before, now = draw(400), draw(200)
    now.iloc[:40] = before.iloc[:40].to_numpy()
    found = look(before, now)
    assert found.p_value < 1e-6
    assert found.detail == "20.0% of the current rows are also in the reference"


def test_a_value_that_fills_in_for_missing_ones_is_seen(draw):
    now = draw(200)
    now.iloc[:12, 3] = 0.0
    found = look(draw(400), now)
    assert found.p_value < 0.001
    assert found.detail == "'c3' is 0 in 6.0% of rows, was 0.0%"


def test_columns_without_any_value_are_survived():
    found = look(pd.DataFrame({"a": [np.nan] * 9, "b": range(9)}), pd.DataFrame({"a": [1.0] * 9, "b": range(9, 18)}))
    assert found.p_value == 1.0


def test_data_that_are_discrete_by_nature_stay_quiet():
    rng = np.random.default_rng(9)
    for load, n, m in ((load_digits, 600, 200), (load_breast_cancer, 350, 150)):
        values = pd.DataFrame(load().data).add_prefix("c")
        alarms = 0
        for _ in range(15):
            order = rng.permutation(len(values))
            alarms += look(values.iloc[order[:n]], values.iloc[order[n : n + m]]).p_value < 0.01
        assert alarms <= 4  # P(Binomial(15, 0.01) > 4) < 1e-6


def test_tables_of_categories_that_repeat_by_nature_keep_the_level():
    rng = np.random.default_rng(10)
    alarms = 0
    for _ in range(100):
        before, now = (pd.DataFrame(rng.integers(0, 3, (n, 4))).astype(str).add_prefix("c") for n in (120, 60))
        alarms += look(before, now).p_value < 0.05
    assert alarms <= 19  # P(Binomial(100, 0.05) > 19) < 1e-6
