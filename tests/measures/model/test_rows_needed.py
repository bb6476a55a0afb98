"""How many rows a comparison would need."""

from __future__ import annotations

import math

import pytest

from gates.measures.model.rows_needed import to_approve_an_equal, to_settle


@pytest.mark.parametrize(
    ("disagreeing", "margin", "rows"), [(0.10, 0.01, 6183), (0.20, 0.02, 3091), (0.30, 0.05, 742), (0.05, 0.03, 344)]
)
def test_the_published_table_of_rows_comes_out(disagreeing, margin, rows):
    assert to_approve_an_equal(math.sqrt(disagreeing), margin, level=0.95) == pytest.approx(rows, abs=1)


def test_no_number_of_rows_proves_equality_without_a_margin():
    assert to_approve_an_equal(0.3, 0.0, level=0.95) is None


def test_models_that_never_differ_still_need_the_rule_of_three():
    assert to_approve_an_equal(0.0, 0.02, level=0.95) == 133


def test_a_difference_is_settled_on_the_nearer_side():
    assert to_settle(-0.045, 0.4, 0.05, 300, level=0.95) == math.ceil(((1.959964 + 0.8416212) * 0.4 / 0.045) ** 2)


def test_it_always_needs_more_rows_than_there_are():
    assert to_settle(0.5, 0.1, 0.05, 300, level=0.95) == 301


def test_a_difference_of_exactly_nothing_without_margin_is_never_settled():
    assert to_settle(0.0, 0.4, 0.0, 300, level=0.95) is None
