"""A table is seen as its cells are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gates.measures.data.survey import label_text, survey


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([1, 2, 3], "number"),
        ([1.5, None, 3], "number"),
        (["a", "b", None], "text"),
        ([True, False, True], "boolean"),
        ([True, None, False], "boolean"),
        ([None, None, None], "empty"),
        (["", "  ", None], "empty"),
        (pd.to_datetime(["2026-01-01", None, "2026-01-03"]), "time"),
        (pd.array([1, None, 3], dtype="Int64"), "number"),
        (pd.array(["a", None, "b"], dtype="string"), "text"),
        (pd.Categorical(["a", "b", "a"]), "text"),
        ([[1], {"a": 2}, (3,)], "text"),
    ],
)
def test_a_column_has_the_kind_of_its_cells(cells, kind):
    assert survey(pd.DataFrame({"x": cells})).columns["x"].kind == kind


def test_one_word_among_numbers_is_a_stranger_and_the_numbers_stay():
    table = survey(pd.DataFrame({"x": [1.5, "oops", "2.5", None, 4]}))
    column = table.columns["x"]
    assert (column.kind, column.nulls, column.strangers, column.stranger) == ("number", 1, 1, "'oops'")
    np.testing.assert_array_equal(table.numbers[:, 0], [1.5, np.nan, 2.5, np.nan, 4.0])


def test_numbers_written_as_text_are_text():
    column = survey(pd.DataFrame({"x": ["1.5", "2.5", "3"]})).columns["x"]
    assert (column.kind, column.strangers) == ("text", 3)


def test_blank_words_are_nulls():
    assert survey(pd.DataFrame({"x": ["a", "", "  ", None]})).columns["x"].nulls == 3


def test_repeated_names_are_told_and_the_first_column_is_kept():
    table = survey(pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]))
    assert table.repeated_names == ("a",)
    assert list(table.columns) == ["a", "b"]


def test_names_that_are_no_text_become_text_and_the_input_is_not_changed():
    frame = pd.DataFrame([[1, 2]], columns=[0, 1], index=[9])
    assert list(survey(frame).columns) == ["0", "1"]
    assert list(frame.columns) == [0, 1]
    assert list(frame.index) == [9]


def test_a_repeated_index_loses_no_numbers():
    frame = pd.DataFrame({"x": [1.0, "oops", 3.0, 4.0]}, index=[0, 0, 1, 1])
    assert np.isfinite(survey(frame).numbers[:, 0]).sum() == 3


@pytest.mark.parametrize("cells", [[1, 2], [1.0, 2.0], ["1", "2"], ["1.0", "2.0"], [np.int64(1), 2.0]])
def test_a_label_is_the_same_however_it_is_stored(cells):
    assert list(label_text(pd.Series(cells, dtype=object))) == ["1", "2"]
    assert list(label_text(pd.Series(cells))) == ["1", "2"]


def test_a_table_without_rows_or_columns_is_surveyed():
    assert survey(pd.DataFrame({"x": []})).rows == 0
    assert survey(pd.DataFrame(index=[0, 1])).columns == {}
