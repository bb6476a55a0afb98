"""Cells are there, numbers are finite and in range, and columns keep their variety, their decimals and their categories."""

import pytest

pytestmark = pytest.mark.gate("data")


def test_no_value_is_missing(finding, evidence):
    nulls = finding("expect_null_shares")
    evidence("null_share", nulls.value, n=nulls.n, detail=nulls.detail)


def test_every_number_is_finite(finding, evidence):
    infinite = finding("expect_finite_numbers")
    evidence("infinite values", infinite.value, n=infinite.n, detail=infinite.detail)


def test_every_number_is_in_range(finding, evidence):
    outside = finding("expect_numbers_in_range")
    evidence("values out of range", outside.value, n=outside.n, detail=outside.detail)


def test_no_value_takes_over_a_column(finding, evidence):
    modal = finding("expect_modal_shares")
    evidence("modal_share", modal.value, n=modal.n, detail=modal.detail)


def test_no_column_loses_its_decimals(finding, evidence):
    rounded = finding("expect_precision")
    evidence("rounded_share", rounded.value, n=rounded.n, detail=rounded.detail)


def test_every_category_is_known(finding, evidence):
    unknown = finding("expect_known_categories")
    evidence("values of an unknown category", unknown.value, n=unknown.n, detail=unknown.detail)


def test_categories_keep_their_shares(finding, evidence):
    shares = finding("expect_category_shares")
    evidence("change of category shares", shares.value, n=shares.n, detail=shares.detail)
