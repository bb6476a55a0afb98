"""The newest window: new rows alone, by number or by time, and never by a time that cannot be trusted."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

from gates.work.data.window import choose_newest
from gates.work.errors import DataError
from gates.work.records import ColumnRoles

NOW = datetime(2026, 3, 10, tzinfo=UTC)
TIMELESS = ColumnRoles("id", "y", "classification")
TIMED = ColumnRoles("id", "y", "classification", time="at")
DAYS = pd.date_range("2026-03-01", periods=8, tz="UTC")
FRAME = pd.DataFrame({"id": [f"r{n}" for n in range(8)], "at": DAYS[[3, 0, 1, 2, 7, 4, 5, 6]]})
KNOWN = pd.Series(["r0", "r1", None])


def ids(window, roles=TIMELESS, frame=FRAME, known=KNOWN):
    return choose_newest(frame, known, roles, window, NOW).frame["id"].tolist()


def test_rows_that_the_champion_knows_are_left_out():
    assert ids("all") == ["r2", "r3", "r4", "r5", "r6", "r7"]


def test_a_number_of_rows_takes_the_last_of_the_file():
    assert ids("2 rows") == ["r6", "r7"]
    assert len(ids("500 rows")) == 6


def test_a_number_of_rows_takes_the_newest_by_time_where_there_is_a_time():
    assert ids("2 rows", TIMED) == ["r7", "r4"]


def test_a_span_of_time_ends_with_the_newest_row():
    assert ids("2d", TIMED) == ["r7", "r4"]
    assert ids("36h", TIMED) == ["r7", "r4"]


def test_the_sentence_says_what_was_left():
    found = choose_newest(FRAME, KNOWN, TIMELESS, "2 rows", NOW)
    assert found.sentence == "6 of 8 rows are new to the champion, of which the newest 2 are looked at"
    assert found.read == 8


def test_without_an_id_every_row_counts_as_new_and_that_is_said():
    found = choose_newest(FRAME.drop(columns="id"), KNOWN, TIMELESS, "all", NOW)
    assert len(found.frame) == 8
    assert "have no column 'id', so all 8 rows count as new" in found.sentence


def test_nothing_new_is_an_empty_window():
    found = choose_newest(FRAME, FRAME["id"], TIMED, "7d", NOW)
    assert found.frame.empty
    assert found.sentence.startswith("0 of 8 rows are new")


def test_a_span_without_a_time_column_is_refused():
    with pytest.raises(DataError, match=r"the window '7d' needs a time, and \[tool.ml\] names no time column"):
        ids("7d")


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("2027-01-01", "0 have no readable time in column 'at' and 1 are from the future"),
        ("soon", "1 have no readable time in column 'at' and 0 are from the future"),
        (None, "1 have no readable time"),
    ],
)
def test_times_that_cannot_be_trusted_are_refused(cell, sentence):
    frame = FRAME.assign(at=FRAME["at"].astype(str))
    frame.loc[4, "at"] = cell
    with pytest.raises(DataError, match=sentence):
        ids("3 rows", TIMED, frame)


def test_numbers_are_no_times():
    with pytest.raises(DataError, match="6 have no readable time"):
        ids("3 rows", TIMED, FRAME.assign(at=range(8)))


def test_a_time_column_that_is_not_there_is_refused():
    with pytest.raises(DataError, match="have no column 'at', which"):
        ids("3 rows", TIMED, FRAME.drop(columns="at"))


def test_an_hour_that_comes_twice_is_told_apart_by_its_offset():
    """02:30 in Berlin on 25 October 2026, before and after the clocks go back; a gap of NaT is no time."""
    at = ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T02:45:00+02:00"]
    frame = pd.DataFrame({"id": ["first", "last", "second"], "at": at})
    late = datetime(2026, 10, 26, tzinfo=UTC)
    newest = choose_newest(frame, pd.Series(["none"]), TIMED, "2 rows", late).frame["id"].tolist()
    assert newest == ["second", "last"]
    gap = pd.DataFrame({"id": ["a", "b"], "at": [pd.NaT, pd.Timestamp("2026-10-25", tz="UTC")]})
    with pytest.raises(DataError, match="of 2 new rows 1 have no readable time"):
        choose_newest(gap, pd.Series(["none"]), TIMED, "1 rows", late)


def test_every_time_is_nat():
    frame = pd.DataFrame({"id": ["a", "b"], "at": [pd.NaT, pd.NaT]})
    with pytest.raises(DataError, match="of 2 new rows 2 have no readable time"):
        choose_newest(frame, pd.Series(["none"]), TIMED, "7d", NOW)
