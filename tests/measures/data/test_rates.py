"""The tests of counts hold their level and agree with textbook values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency, fisher_exact

from gates.measures.data.rates import differs, more_often, shares_differ, unseen


@pytest.mark.parametrize(
    ("count", "rows", "before", "rows_before"), [(9, 100, 1, 100), (30, 200, 40, 600), (3, 10, 0, 90)]
)
def test_more_often_is_fishers_exact_test(count, rows, before, rows_before):
    table = [[count, rows - count], [before, rows_before - before]]
    assert more_often(count, rows, before, rows_before) == pytest.approx(
        fisher_exact(table, alternative="greater")[1], rel=1e-9
    )


def test_a_share_that_has_not_risen_is_never_more_often():
    assert more_often(5, 100, 5, 100) == 1.0
    assert more_often(0, 100, 50, 100) == 1.0


def test_nothing_to_compare_is_no_evidence_of_a_rise():
    assert more_often(0, 0, 5, 100) == 1.0
    assert more_often(5, 100, 0, 0) == 1.0


def test_differs_sees_both_directions():
    assert differs(50, 100, 5, 100) < 1e-6
    assert differs(5, 100, 50, 100) < 1e-6
    assert differs(20, 100, 20, 100) == 1.0


def test_more_often_holds_its_level():
    random = np.random.default_rng(1)
    alarms = sum(
        more_often(int(a), 200, int(b), 600) <= 0.01 for a, b in random.binomial([200, 600], 0.05, size=(4000, 2))
    )
    assert alarms <= 60  # 1.5 %; a test at 1 % exceeds this with a probability below 1 in 1,000


def test_the_unseen_are_allowed_as_often_as_singletons_suggest():
    assert unseen(0, 500, 0, 500) == 1.0
    assert unseen(1, 500, 1, 500) > 0.5
    assert unseen(30, 500, 1, 500) < 1e-6
    assert unseen(1, 500, 0, 0) == 0.0


def test_shares_differ_is_the_chi_square_test_where_counts_are_large():
    now, before = [40, 60, 100], [150, 150, 300]
    assert shares_differ(now, before) == pytest.approx(chi2_contingency([now, before])[1], rel=1e-9)


def test_rare_categories_are_pooled_before_they_are_compared():
    assert shares_differ([100, 1, 0, 0], [100, 0, 1, 1]) > 0.3
    assert shares_differ([5], [9]) == 1.0
    assert shares_differ([0, 0], [9, 3]) == 1.0
