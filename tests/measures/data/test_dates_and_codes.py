"""A learnt suite holds dates to a range and codes of many levels to those that were seen, however the file stores them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gates.measures.data.profile import profile, read, violations, write
from gates.measures.dates import reach_of, read_date, write_date

N, M = 600, 300


def table(seed, rows, day, merchant=lambda rng: f"M{rng.integers(0, 400):04d}"):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": [f"k{seed}_{i}" for i in range(rows)],
            "visited": [day(rng) for _ in range(rows)],
            "merchant": [merchant(rng) for _ in range(rows)],
            "x": rng.normal(size=rows),
        }
    )


def good(rng):
    return str(np.datetime64("2024-01-01") + int(rng.integers(0, 90)))


REFERENCE = table(1, N, good)
SUITE = profile(REFERENCE, id="id")


def broken(current):
    return {(one.expectation, one.columns) for one in violations(SUITE, None, current)}


@pytest.mark.parametrize("day", ["1970-01-01", "9999-12-31", "0001-01-01", "2124-05-05", "2024-13-01", "soon"])
def test_a_date_that_cannot_be_is_refused(day):
    assert broken(table(2, M, lambda rng: day)) == {("expect_dates_in_range", ("visited",))}


def test_one_such_date_among_good_ones_is_refused_with_the_value():
    days = iter(["1970-01-01"])
    current = table(2, M, lambda rng: next(days, good(rng)))
    (one,) = violations(SUITE, None, current)
    assert (one.count, one.columns) == (1, ("visited",))
    assert "1970-01-01" in one.found


def test_later_dates_are_fine():
    assert broken(table(2, M, lambda rng: str(np.datetime64("2024-06-01") + int(rng.integers(0, 90))))) == set()


def test_the_storage_type_of_dates_changes_nothing():
    current = table(2, M, good)
    current["visited"] = pd.to_datetime(current["visited"])
    assert broken(current) == set()
    stored = REFERENCE.assign(visited=pd.to_datetime(REFERENCE["visited"]))
    assert violations(profile(stored, id="id"), None, table(2, M, good)) == ()
    current.loc[0, "visited"] = pd.Timestamp("1970-01-01")
    assert broken(current) == {("expect_dates_in_range", ("visited",))}


def test_values_that_are_no_dates_may_come_up_at_the_rate_at_which_they_did():
    def mostly(share):
        return lambda rng: "unknown" if rng.random() < share else good(rng)

    suite = profile(table(1, N, mostly(0.03)), id="id")
    assert violations(suite, None, table(2, M, mostly(0.03))) == ()
    (one,) = violations(suite, None, table(3, M, mostly(0.3)))
    assert one.expectation == "expect_dates_in_range"
    assert "unknown" in one.found


def test_a_code_of_400_levels_whose_every_value_is_new_is_refused():
    current = table(2, M, good, lambda rng: f"M{rng.integers(1000, 1400):04d}")
    assert broken(current) == {("expect_known_categories", ("merchant",))}


def test_as_many_new_codes_as_are_to_be_expected_are_fine():
    current = table(2, M, good)
    assert not set(current["merchant"]) <= set(REFERENCE["merchant"])
    assert broken(current) == set()


def test_names_that_hardly_come_up_twice_are_no_codes():
    suite = profile(table(1, N, good, lambda rng: f"name {rng.integers(0, 10**9)}"), id="id")
    assert violations(suite, None, table(2, M, good, lambda rng: f"name {rng.integers(0, 10**9)}")) == ()


def test_a_few_different_days_are_no_categories():
    def month_end(first):
        return lambda rng: str((np.datetime64(first, "M") + int(rng.integers(0, 3)) + 1).astype("M8[D]") - 1)

    suite = profile(table(1, N, month_end("2024-01")), id="id")
    assert violations(suite, None, table(2, M, month_end("2024-04"))) == ()


def test_a_suite_with_dates_is_written_and_read(tmp_path):
    write(SUITE, tmp_path / "suite.json")
    again = read(tmp_path / "suite.json")
    assert '"visited": ["2021-07-' in (tmp_path / "suite.json").read_text()
    assert violations(again, None, table(2, M, lambda rng: "1970-01-01"))
    assert violations(again, None, table(2, M, good)) == ()


def test_texts_among_numbers_may_come_up_at_the_rate_at_which_they_did():
    def lab(seed, share, shift=0.0, rows=M):
        rng = np.random.default_rng(seed)
        cells = ["?" if rng.random() < share else f"{rng.normal() + shift:.4f}" for _ in range(rows)]
        return pd.DataFrame({"lab": cells, "x": rng.normal(size=rows)})  # x: so that no rows are equal

    suite = profile(lab(1, 0.1, rows=N))
    assert violations(suite, None, lab(2, 0.1)) == ()
    (one,) = violations(suite, None, lab(3, 0.4))
    assert (one.expectation, one.columns) == ("expect_column_kinds", ("lab",))
    assert {one.expectation for one in violations(suite, None, lab(4, 0.1, shift=50.0))} == {"expect_numbers_in_range"}
    (one,) = violations(profile(lab(1, 0.0, rows=N).astype({"lab": float})), None, lab(2, 0.02))
    assert one.expectation == "expect_column_kinds", "the reference had none"


def test_a_range_that_is_none_is_refused():
    from gates.measures.data.expectations import ExpectDatesInRange
    from gates.measures.data.survey import survey

    for wrong in (("2024-02-01", "2024-01-01"), ("soon", "2024-01-01")):
        result = ExpectDatesInRange(ranges={"visited": wrong}).judge(survey(REFERENCE))
        assert [one.columns for one in result.violations] == [("visited",)]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1970-01-02", 86_400.0),
        ("1970-01-01T01:00:00+01:00", 0.0),
        ("0001-01-01", -62_135_596_800.0),
        (pd.Timestamp("1970-01-02"), 86_400.0),
    ],
)
def test_dates_are_read(value, seconds):
    assert read_date(value) == seconds


@pytest.mark.parametrize("value", ["2024-13-01", "20240101", "", "yesterday", 5, None, pd.NaT, 1.5])
def test_what_is_no_date_is_none(value):
    assert np.isnan(read_date(value))


def test_a_range_ends_with_the_calendar():
    first, last = reach_of(read_date("0001-01-01"), read_date("9999-12-31"))
    assert (write_date(first), write_date(last)) == ("0001-01-01", "9999-12-31")
