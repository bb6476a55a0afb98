"""Cells are there, numbers are finite and in range, and columns keep their variety, their decimals and their categories."""

import pytest

pytestmark = pytest.mark.gate("data")


def test_no_value_is_missing(expect, evidence):
    evidence.of(expect.null_shares)


def test_every_number_is_finite(expect, evidence):
    evidence.of(expect.finite_numbers)


def test_every_number_is_in_range(expect, evidence):
    evidence.of(expect.numbers_in_range)


def test_no_value_takes_over_a_column(expect, evidence):
    evidence.of(expect.modal_shares)


def test_no_column_loses_its_decimals(expect, evidence):
    evidence.of(expect.precision)


def test_every_category_is_known(expect, evidence):
    evidence.of(expect.known_categories)


def test_categories_keep_their_shares(expect, evidence):
    evidence.of(expect.category_shares)
