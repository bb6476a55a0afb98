"""Holm's adjustment and its refusals."""

from __future__ import annotations

import pytest

from gates.measures.model.holm import adjust


def test_the_smallest_pays_for_all_and_the_order_is_kept():
    assert adjust([0.03, 0.01, 0.04]) == pytest.approx((0.06, 0.03, 0.06))


def test_an_adjusted_value_never_exceeds_one_nor_falls_below_a_smaller_one():
    assert adjust([0.5, 0.9, 0.4]) == pytest.approx((1.0, 1.0, 1.0))


def test_nothing_stays_nothing():
    assert adjust([]) == ()


@pytest.mark.parametrize("wrong", [float("nan"), -0.1, 1.1])
def test_what_is_no_p_value_is_refused(wrong):
    with pytest.raises(ValueError, match="is no p-value"):
        adjust([0.5, wrong])
