"""The newest row is recent, and no row comes from the future."""

import pytest

pytestmark = pytest.mark.gate("data")


def test_the_newest_row_is_recent(ages, evidence):
    evidence("age_days", ages.newest, n=ages.rows, detail=ages.detail)


def test_every_time_can_be_read_and_has_passed(ages, evidence):
    evidence.violations(ages.unreadable, n=ages.rows, detail=ages.detail, id="unreadable_times")
    evidence.violations(ages.future, n=ages.rows, detail=ages.detail, id="future_times")
