"""A row keeps its side: on every machine, in every format, in every later version of the file."""

from __future__ import annotations

import pandas
import pytest

from gates.work.data.ids import canonical
from gates.work.data.split import sides, split
from gates.work.errors import DataError
from gates.work.records import ColumnRoles

ROLES = ColumnRoles("id", "y", "classification")
LETTERS = list("abcdefghijklmnopqrstuvwxyz")


def frame_of(ids):
    return pandas.DataFrame({"id": ids, "y": range(len(ids))})


def test_the_sides_are_pinned():
    held = "".join("H" if side else "t" for side in sides(LETTERS, 0.33))
    assert held == "ttHtttttHHttHtHttttttttttt"


@pytest.mark.parametrize("ids", [["1", "2", "30"], [1, 2, 30], [1.0, 2.0, 30.0], ["1.0", "2.0", "30.0"]])
def test_the_stored_form_of_an_id_does_not_count(ids):
    assert sides(ids, 0.5) == sides(["1", "2", "30"], 0.5)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("007", "007"),
        (7, "7"),
        (7.5, "7.5"),
        ("", None),
        (None, None),
        (float("nan"), None),
        (pandas.NaT, None),
        (pandas.NA, None),
        (True, "True"),
    ],
)
def test_ids_become_text(value, text):
    assert canonical(value) == text


def test_no_row_is_lost_and_none_is_on_both_sides():
    frame = frame_of([f"r{n}" for n in range(500)])
    both = split(frame, ROLES, 0.33)
    assert sorted([*both.training["id"], *both.holdout["id"]]) == sorted(frame["id"])
    assert 120 <= len(both.holdout) <= 210


def test_growth_and_order_move_no_row():
    few, many = (
        frame_of([f"r{n}" for n in range(100)]),
        frame_of([f"r{n}" for n in range(1000)]).sample(frac=1, random_state=1),
    )
    assert set(split(few, ROLES, 0.33).holdout["id"]) == set(split(many, ROLES, 0.33).holdout["id"]) & set(few["id"])


def test_a_larger_share_only_adds_to_the_holdout():
    frame = frame_of([f"r{n}" for n in range(300)])
    assert set(split(frame, ROLES, 0.2).holdout["id"]) < set(split(frame, ROLES, 0.4).holdout["id"])


def test_equal_ids_stay_together():
    assert len(set(sides(["same"] * 50, 0.5))) == 1


def test_an_empty_side_is_refused():
    with pytest.raises(DataError, match=r"none falls on the holdout with holdout_share = 0.33"):
        split(frame_of(["a"]), ROLES, 0.33)
    with pytest.raises(DataError, match="none falls on the training side"):
        split(frame_of(["c"]), ROLES, 0.33)


def test_missing_ids_are_counted():
    with pytest.raises(DataError, match="2 of 3 rows have no id"):
        split(frame_of(["a", None, float("nan")]), ROLES, 0.33)
