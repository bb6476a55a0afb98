"""What is put side by side, and what is named instead of being compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gates.measures.drift import DriftFault
from gates.measures.drift.table import MISSING, tabulate


def test_a_missing_and_an_extra_column_are_named():
    table = tabulate(pd.DataFrame({"a": [1.0], "b": [1.0]}), pd.DataFrame({"a": [1.0], "c": [1.0]}))
    assert table.unalike == ("column 'b' is missing from current", "column 'c' is not in the reference")


def test_text_in_a_column_of_numbers_is_named():
    table = tabulate(pd.DataFrame({"a": [1.0, 2.0]}), pd.DataFrame({"a": ["1.0", "two"]}))
    assert table.unalike == ("column 'a' holds 50.0% values like 'two' where the reference holds numbers",)


def test_a_column_of_another_kind_is_named():
    table = tabulate(pd.DataFrame({"a": [1.0, 2.0]}), pd.DataFrame({"a": ["one", "two"]}))
    assert table.unalike == ("column 'a' holds categories where the reference holds numbers",)
    dates = pd.DataFrame({"a": pd.date_range("2026-01-01", periods=2)})
    assert "holds numbers where the reference holds dates" in tabulate(dates, pd.DataFrame({"a": [1, 2]})).unalike[0]


def test_infinite_values_are_counted_on_their_side():
    table = tabulate(pd.DataFrame({"a": [1.0, np.inf]}), pd.DataFrame({"a": [-np.inf, np.inf, 0.0]}))
    assert [(one.column, one.reference, one.current) for one in table.infinite] == [("a", 1, 2)]
    assert np.isnan(table.numbers[0].current).sum() == 2


def test_missing_values_become_facts_of_their_own():
    table = tabulate(
        pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}), pd.DataFrame({"a": [np.nan, 2.0], "b": ["x", None]})
    )
    assert [(name, before.tolist(), now.tolist()) for name, before, now in table.missing] == [
        ("a", [False, False], [True, False]),
        ("b", [False, False], [False, True]),
    ]


def test_nullable_and_boolean_columns_are_read():
    table = tabulate(
        pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": [True, False]}),
        pd.DataFrame({"a": [1, 2], "b": pd.Series([True, None], dtype=object)}),
    )
    assert not table.unalike
    assert [one.name for one in table.numbers] == ["a"]
    assert [one.name for one in table.categories] == ["b"]


def test_an_integer_class_that_lost_a_value_is_still_the_same_class():
    table = tabulate(
        pd.DataFrame({"y": [1] * 20 + [2] * 20}), pd.DataFrame({"y": [1.0, 2.0, np.nan]}), categorical=["y"]
    )
    assert table.categories[0].levels == ("1", "2")
    assert table.categories[0].current.tolist() == [0, 1, MISSING]


def test_rare_levels_are_compared_together():
    table = tabulate(pd.DataFrame({"t": ["a"] * 30 + ["b", "c"]}), pd.DataFrame({"t": ["a"] * 30 + ["d"]}))
    assert table.categories[0].levels == ("a", "(rare values)")
    assert table.categories[0].reference[-2:].tolist() == [1, 1]


def test_dates_and_empty_columns_are_said_to_be_skipped():
    frame = pd.DataFrame(
        {"d": pd.date_range("2026-01-01", periods=60), "e": [np.nan] * 60, "j": [{"a": 1}] * 60, "c": [1j] * 60}
    )
    table = tabulate(frame, frame)
    assert table.compared == 1, "dates are compared in part"
    assert [one.column for one in table.skipped] == ["d", "e", "j", "c"]
    assert table.columns == 4


def test_a_column_that_is_empty_on_one_side_takes_the_kind_of_the_other():
    table = tabulate(pd.DataFrame({"t": ["a", "b"]}), pd.DataFrame({"t": [np.nan, np.nan]}))
    assert not table.unalike
    assert table.categories[0].current.tolist() == [MISSING, MISSING]


def test_what_is_no_table_is_refused():
    with pytest.raises(DriftFault, match="current is a list, wanted a pandas DataFrame"):
        tabulate(pd.DataFrame({"a": [1.0]}), [[1.0]])  # type: ignore[arg-type]
    with pytest.raises(DriftFault, match="more than one column named 'a'"):
        tabulate(pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]), pd.DataFrame({"a": [1.0]}))
