"""The paired interval of two shares: exact where few rows differ, never contradicting the exact test."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gates.measures.model.mcnemar import bound_difference, exact_p_value, score_statistic

Z = 1.6448536269514722


def test_the_exact_test_is_the_tail_of_a_fair_coin():
    assert exact_p_value(5, 0) == pytest.approx(1 / 32)
    assert exact_p_value(3, 2) == pytest.approx(0.5)
    assert exact_p_value(0, 9) == 1.0
    assert exact_p_value(0, 0) == 1.0


def test_the_score_statistic_at_no_difference_is_mcnemars():
    assert score_statistic(12, 5, 100, 0.0) == pytest.approx((12 - 5) / math.sqrt(17))


@pytest.mark.parametrize("n", [2, 20, 330, 100_000])
def test_rows_that_all_agree_still_leave_room_for_a_loss(n):
    assert bound_difference(0, 0, n, z=Z) == pytest.approx(-(Z**2) / (n + Z**2), abs=1e-6)


@pytest.mark.parametrize(
    ("wins", "losses", "n", "difference"), [(9, 1, 50, 0.05), (2, 0, 44, -0.03), (3, 14, 90, -0.2), (0, 4, 30, 0.1)]
)
def test_the_nuisance_share_is_the_likeliest_one_under_the_null(wins, losses, n, difference):
    """Independent of the closed form: the likelihood of (wins, losses, rest) is maximised over a fine grid of the
    losses' share.
    """
    low, high = max(0.0, -difference), (1 - difference) / 2
    grid = np.linspace(low, high, 200_001)[1:-1]
    likelihood = (
        wins * np.log(grid + difference)
        + losses * np.log(grid)
        + (n - wins - losses) * np.log(1 - difference - 2 * grid)
    )
    share = grid[likelihood.argmax()]
    expected = (wins - losses - n * difference) / math.sqrt(n * (2 * share + difference - difference**2))
    assert score_statistic(wins, losses, n, difference) == pytest.approx(expected, abs=1e-2)


def test_the_limit_is_where_the_score_test_starts_to_reject():
    limit = bound_difference(9, 1, 50, z=Z)
    assert score_statistic(9, 1, 50, limit) == pytest.approx(Z, abs=1e-6)


def test_a_gain_is_proved_only_where_the_exact_test_proves_it():
    assert bound_difference(3, 0, 330, z=Z) <= 0 < bound_difference(5, 0, 330, z=Z)


def test_the_limit_lies_below_the_difference_and_rises_with_the_rows():
    few, many = bound_difference(30, 20, 200, z=Z), bound_difference(300, 200, 2000, z=Z)
    assert few < many < 0.05
