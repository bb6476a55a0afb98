"""What fit is given with ``features = "raw"``: every column as it was read, with one dtype whatever the rows beside it hold."""

from __future__ import annotations

from datetime import time, timedelta

import pandas
import pytest

from gates.work.data.features import choose, normalise
from gates.work.data.raw_columns import is_iso_date, most_characters
from gates.work.errors import DataError
from gates.work.records import ColumnRoles

ROLES = ColumnRoles("id", "y", "classification", time="day", raw=True)
ROWS = 120


def frame_of(**columns):
    frame = pandas.DataFrame({"id": range(ROWS), **columns, "y": [0, 1] * (ROWS // 2)})
    return frame.assign(day=pandas.Timestamp("2026-01-01"))


MIXED = frame_of(
    seen=pandas.date_range("2026-01-01", periods=ROWS, tz="Europe/Berlin"),
    born=pandas.Series(pandas.date_range("1950-01-01", periods=ROWS)).where(lambda s: s.index % 2 == 0),
    remark=[f"=note {n} ü" for n in range(ROWS)],
    plan=["basic", None, "pro"] * (ROWS // 3),
    vip=[True, False] * (ROWS // 2),
    news=[True, None, False] * (ROWS // 3),
    size=[1.5, None] * (ROWS // 2),
)


def test_every_column_without_a_role_is_a_feature_with_its_kind():
    chosen = choose(MIXED, ROLES)
    assert [(f.name, f.kind, f.nullable) for f in chosen.features] == [
        ("seen", "date", False), ("born", "date", True), ("remark", "text", False), ("plan", "category", True),
        ("vip", "boolean", False), ("news", "boolean", True), ("size", "number", True),
    ]  # fmt: skip
    assert chosen.notes == ()


def test_columns_keep_their_types_for_many_rows_and_for_one():
    chosen = choose(MIXED, ROLES).features
    X = normalise(MIXED, chosen)
    assert [str(dtype) for dtype in X.dtypes] == [
        "datetime64[ns, UTC]", "datetime64[ns]", "object", "object", "bool", "object", "float64",
    ]  # fmt: skip
    assert X["plan"].tolist()[:3] == ["basic", None, "pro"]
    assert X["news"].tolist()[:3] == [True, None, False]
    assert X["seen"].iloc[0] == pandas.Timestamp("2025-12-31 23:00", tz="UTC")
    for row in range(3):
        alone = normalise(MIXED.iloc[[row]], chosen)
        pandas.testing.assert_frame_equal(alone, X.iloc[[row]])
    pandas.testing.assert_frame_equal(normalise(X, chosen), X)  # what was made once stays what it is


def test_a_column_of_dates_without_any_value_stays_a_column_of_dates():
    (feature,) = choose(frame_of(born=pandas.date_range("1950-01-01", periods=ROWS)), ROLES).features
    empty = pandas.DataFrame({"born": [float("nan"), float("nan")]})
    assert str(normalise(empty, [feature])["born"].dtype) == "datetime64[ns]"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([timedelta(days=1)] * ROWS, "holds 120 values of type Timedelta"),
        ([time(8, 30)] * ROWS, "holds 120 values of type time, like '08:30:00', which a request in JSON cannot carry"),
        ([b"bytes"] * ROWS, "values of type bytes"),
        (["text", 3] * (ROWS // 2), "holds 60 values of type int, like '3'"),
        (pandas.Series(["9999-12-31"] * ROWS).astype("datetime64[s]"), "dates outside the years 1678 to 2261, like one of 9999"),
    ],
    ids=["durations", "times of day", "bytes", "texts and numbers", "year 9999"],
)  # fmt: skip
def test_what_a_request_cannot_carry_is_refused_before_training(values, expected):
    with pytest.raises(DataError) as refusal:
        choose(frame_of(odd=values), ROLES)
    assert expected in refusal.value.message
    assert "'odd'" in refusal.value.message


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"seen": ["soon"] * ROWS}, "column 'seen' holds 120 values that are not dates, like 'soon' in row 0"),
        ({"seen": range(ROWS)}, "column 'seen' holds 120 values that are not dates, like 0 in row 0"),
        ({"vip": [2.0] * ROWS}, "column 'vip' holds 120 values that are not truth values, like 2 in row 0"),
        ({"size": ["big"] * ROWS}, "column 'size' holds 120 values that are not numbers"),
    ],
)
def test_a_column_of_another_kind_is_refused_by_name(changes, expected):
    features = choose(MIXED, ROLES).features
    with pytest.raises(DataError, match=expected):
        normalise(MIXED.assign(**changes), features)


@pytest.mark.parametrize(
    "text", ["2026-01-31", "2026-01-31T08:30", "2026-01-31 08:30:00.123456789", "2026-01-31T08:30:00Z"]
)
def test_a_date_of_a_request_is_iso_8601(text):
    assert is_iso_date(text)


@pytest.mark.parametrize(
    "text", ["", "31.01.2026", "20260131", "2026-W05-1", "2026-02-30", "9999-12-31", "2026-01-31T25:00", "x"]
)
def test_anything_else_is_no_date_of_a_request(text):
    assert not is_iso_date(text)


def test_a_text_may_be_four_times_as_long_as_the_longest_that_was_read():
    remark = choose(frame_of(remark=[f"{n}" + "x" * 996 for n in range(ROWS)]), ROLES).features[0]
    assert (remark.longest, most_characters(remark)) == (999, 3996)
