"""A row counts once: every row has a key of its own, and no row is a copy of another."""

import pytest

pytestmark = pytest.mark.gate("data")


def test_every_row_has_a_key_of_its_own(finding, evidence):
    keys = finding("expect_unique_key")
    evidence("keys repeated or missing", keys.value, n=keys.n, detail=keys.detail)


def test_no_row_repeats_another(finding, evidence):
    copies = finding("expect_distinct_rows")
    evidence("duplicate_share", copies.value, n=copies.n, detail=copies.detail)


def test_no_row_nearly_repeats_another(finding, evidence):
    copies = finding("expect_rows_apart")
    evidence("near_duplicate_share", copies.value, n=copies.n, detail=copies.detail)
