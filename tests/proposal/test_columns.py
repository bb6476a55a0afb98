"""What a column holds and what it may be for is read from its values and its name, and a guess says that it is one."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from first_tables import churn, sales

from gates.proposal.columns import look_at, tell_task_of

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def look(**columns):
    return look_at(pd.DataFrame(columns), NOW)


def test_each_kind_of_column_is_named():
    table = look_at(churn(), NOW)
    assert {one.name: one.holds for one in table.columns} == {
        "customer_id": "texts",
        "größe": "numbers",
        "=cmd|x": "categories",
        "vip": "truth values",
        "income €": "numbers",
        "plan": "categories",
        "remarks": "texts",
        "birthday": "dates",
        "churned": "categories",
    }
    assert next(one.missing for one in table.columns if one.name == "income €") > 0


def test_the_roles_of_a_churn_table_are_sure():
    table = look_at(churn(), NOW)
    assert (table.id[0].column, table.id[0].sure) == ("customer_id", True)
    assert (table.target[0].column, table.target[0].sure) == ("churned", True)
    assert table.time == ()  # the birthday has gaps, so it dates no row


def test_the_time_of_each_row_is_proposed():
    table = look_at(sales(), NOW)
    assert [(one.column, one.sure) for one in table.time] == [("sold_at", True)]
    assert (table.id[0].column, table.target[0].column) == ("sale_id", "price")


@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([0, 1] * 50, "classification"),
        ([str(number % 3) + "x" for number in range(100)], "classification"),
        (list(range(100)), "regression"),
        ([number / 7 for number in range(100)], "regression"),
        ([True, False] * 50, "classification"),
    ],
)
def test_the_task_is_read_from_the_target(values, task):
    table = look(row=range(len(values)), y=values)
    assert tell_task_of(table.columns[1], table.rows) == task


@pytest.mark.parametrize(
    "key",
    [
        ["a", "b", "b", "c"],  # repeats
        ["a", None, "c", "d"],  # has a gap
        [0.5, 1.5, 2.5, 3.5],  # a measurement
        [True, False, True, False],
    ],
)
def test_what_repeats_has_gaps_or_is_measured_is_no_key(key):
    assert look(id=key, x=[1.5, 1.5, 2.5, 2.5]).id == ()


def test_whole_numbers_that_never_repeat_are_a_guess_unless_they_count_the_rows():
    assert [one.sure for one in look(income=[5, 900, 17, 3], x=[1, 1, 2, 2]).id] == [False]
    assert [one.sure for one in look(row=[7, 8, 9, 10], x=[1, 1, 2, 2]).id] == [True]


def test_two_columns_called_like_a_target_are_a_guess():
    table = look(id=["a", "b", "c", "d"], label=[0, 1, 0, 1], outcome=[1, 1, 0, 0])
    assert {(one.column, one.sure) for one in table.target[:2]} == {("label", False), ("outcome", False)}


def test_the_last_column_is_a_guess_where_no_name_speaks():
    assert [(one.column, one.sure) for one in look(id=["a", "b", "c", "d"], u=[1, 2, 1, 2], v=[0, 1, 0, 1]).target] == [
        ("v", False)
    ]


def test_a_date_in_the_future_dates_no_row():
    assert look(id=list("abcd"), ends=["2030-01-01"] * 4, y=[0, 1, 0, 1]).time == ()


def test_what_several_rows_share_is_proposed_as_a_group():
    rows = range(60)
    table = look(
        visit_id=[f"v{row}" for row in rows], patient=[f"p{row % 12}" for row in rows], y=[row % 2 for row in rows]
    )
    assert [(one.column, one.sure) for one in table.group] == [("patient", True)]


def test_an_empty_column_and_odd_names_are_no_error():
    table = look(**{"": [None, None], "\x1b[31m": ["a", "b"], "y": [0, 1]})
    assert [one.holds for one in table.columns] == ["nothing", "categories", "whole numbers"]
