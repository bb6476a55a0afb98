"""Rows of one group are never parted, and by time the newest rows are held out; what has no side is refused by name."""

from __future__ import annotations

import pandas
import pytest

from gates.work.data.split import choose_held_out, describe_newest, sides, split
from gates.work.data.weights import weights_of
from gates.work.errors import DataError
from gates.work.records import ColumnRoles

GROUPED = ColumnRoles("id", "y", "classification", group="patient")
TIMED = ColumnRoles("id", "y", "classification", time="at", split="time")
BOTH = ColumnRoles("id", "y", "classification", time="at", split="time", group="patient")


def visits(patients: int = 60, each: int = 10) -> pandas.DataFrame:
    rows = range(patients * each)
    days = pandas.date_range("2026-01-01", periods=patients * each, freq="D")
    return pandas.DataFrame({"id": rows, "patient": [f"p{n // each}" for n in rows], "at": days.astype(str), "y": 0})


def test_no_group_is_on_both_sides_and_no_row_is_lost():
    both = split(visits(), GROUPED, 0.33)
    assert not set(both.training["patient"]) & set(both.holdout["patient"])
    assert sorted([*both.training["id"], *both.holdout["id"]]) == list(range(600))
    assert 100 <= len(both.holdout) <= 300


def test_a_group_has_the_side_that_its_name_has_as_an_id():
    held = choose_held_out(visits(), GROUPED, 0.33)
    assert held == sides(visits()["patient"], 0.33)


def test_growth_and_order_move_no_group():
    few, many = split(visits(30), GROUPED, 0.33), split(visits(60).sample(frac=1, random_state=1), GROUPED, 0.33)
    assert set(few.holdout["patient"]) == set(many.holdout["patient"]) & set(few.training["patient"]).union(
        few.holdout["patient"]
    )


def test_rows_without_a_group_have_no_side():
    with pytest.raises(DataError, match=r"2 of 600 rows have no 'patient', which .* names as group"):
        split(visits().assign(patient=lambda f: f["patient"].where(f.index > 1)), GROUPED, 0.33)


def test_one_group_leaves_a_side_empty_and_the_sentence_says_why():
    with pytest.raises(DataError, match="they belong to 1 groups of 'patient', which are never parted"):
        split(visits(1), GROUPED, 0.33)


def test_by_time_the_newest_share_is_held_out():
    both = split(visits(), TIMED, 0.25)
    assert both.holdout["id"].tolist() == list(range(450, 600))
    assert both.training["at"].max() < both.holdout["at"].min()
    assert describe_newest(both.training, TIMED) == "2027-03-26T00:00:00+00:00"


def test_rows_of_one_time_stay_together():
    frame = visits().assign(at=["2026-01-01"] * 500 + ["2026-02-01"] * 100)
    assert len(split(frame, TIMED, 0.01).holdout) == 100


def test_by_time_a_group_is_as_new_as_its_newest_row_and_is_never_parted():
    frame = visits(4, 3).assign(at=[f"2026-01-{day:02}" for day in (1, 2, 3, 4, 5, 30, 6, 7, 8, 9, 10, 11)])
    both = split(frame, BOTH, 0.25)
    assert set(both.holdout["patient"]) == {"p1"}
    assert both.training["at"].max() < "2026-01-30"


@pytest.mark.parametrize(("cell", "count"), [("yesterday", 1), (None, 1)])
def test_a_time_that_cannot_be_read_has_no_side(cell, count):
    frame = visits().assign(at=lambda f: f["at"].where(f.index != 5, cell))
    with pytest.raises(DataError, match=f"{count} of 600 rows have no readable time in column 'at'"):
        split(frame, TIMED, 0.33)


def test_numbers_are_no_times():
    with pytest.raises(DataError, match="600 of 600 rows have no readable time"):
        split(visits().assign(at=range(600)), TIMED, 0.33)


def test_one_time_for_all_leaves_nothing_to_learn_from():
    with pytest.raises(DataError, match=r"none falls on the training side .* column 'at' holds 1 different times"):
        split(visits().assign(at="2026-01-01"), TIMED, 0.33)


WEIGHTED = ColumnRoles("id", "y", "classification", weight="w")


def test_weights_are_read_as_numbers():
    assert weights_of(visits(1, 3).assign(w=["1", "0", "2.5"]), WEIGHTED).tolist() == [1.0, 0.0, 2.5]
    assert weights_of(visits(1, 3), GROUPED) is None


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ([1, None, 2], "1 of 3 rows have no usable weight in column 'w'"),
        ([1, float("inf"), 2], "1 of 3 rows have no usable weight"),
        ([-1, -2, 2], "2 of 3 rows have no usable weight in column 'w', like -1"),
        (["heavy", 1, 2], "like 'heavy'"),
        ([0, 0, 0], "every weight in column 'w' is 0"),
    ],
)
def test_weights_that_are_none_are_refused(cells, sentence):
    with pytest.raises(DataError, match=sentence):
        weights_of(visits(1, 3).assign(w=cells), WEIGHTED)
