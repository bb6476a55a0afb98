"""A row counts once: every row has a key of its own, and no row is a copy of another."""

import pytest

pytestmark = pytest.mark.gate("data")


def test_every_row_has_a_key_of_its_own(expect, evidence):
    evidence.of(expect.unique_key)


def test_no_row_repeats_another(expect, evidence):
    evidence.of(expect.distinct_rows)


def test_no_row_nearly_repeats_another(expect, evidence):
    evidence.of(expect.rows_apart)
