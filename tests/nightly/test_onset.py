"""The night of onset is found where it was put, as a step or a slope, and is not claimed where it cannot be known."""

from __future__ import annotations

import random

import pytest

from gates.nightly.onset import estimate_onset

ROWS, REFERENCE = 500, 670


def nights(count, effect, seed=0, rows=ROWS):
    """Effects of one column in standard deviations by night, with the sampling error of night and reference."""
    draw = random.Random(seed)
    level = draw.gauss(0.0, REFERENCE**-0.5)
    return [level + draw.gauss(0.0, rows**-0.5) + effect(night) for night in range(count)]


def test_fewer_than_two_nights_say_nothing():
    assert estimate_onset([[0.5]], [ROWS], REFERENCE) is None
    assert estimate_onset([], [], REFERENCE) is None


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("first", [1, 7, 29])
def test_a_step_is_found_on_its_night(first, seed):
    series = nights(30, lambda night: 0.5 * (night >= first), seed)
    found = estimate_onset([series], [ROWS] * 30, REFERENCE)
    assert found.night == first
    assert found.size == pytest.approx(0.5, abs=0.2)
    assert found.earliest <= first <= found.latest


@pytest.mark.parametrize("seed", range(10))
def test_a_slope_is_told_apart_from_a_step_and_its_beginning_is_found_within_its_bounds(seed):
    series = nights(70, lambda night: 0.01 * max(0, night - 29), seed)
    found = estimate_onset([series], [ROWS] * 70, REFERENCE)
    assert found.gradual
    assert abs(found.night - 30) <= 12
    assert found.earliest - 5 <= 30 <= found.latest + 5
    assert found.size == pytest.approx(0.01, rel=0.4)


def test_a_change_before_the_first_night_is_said_to_be_one():
    series = nights(20, lambda night: 0.6)
    assert estimate_onset([series], [ROWS] * 20, REFERENCE).night == 0


def test_without_an_anchor_no_change_before_the_first_night_is_claimed():
    series = [0.3 + 0.5 * (night >= 5) for night in range(10)]
    found = estimate_onset([series], [ROWS] * 10, 0)
    assert (found.night, found.gradual) == (5, False)


def test_several_columns_are_weighed_together():
    clear = nights(20, lambda night: 0.8 * (night >= 12), 1)
    noisy = nights(20, lambda night: 0.1 * (night >= 12), 2)
    assert estimate_onset([noisy, clear], [ROWS] * 20, REFERENCE).night == 12


def test_a_small_night_weighs_little():
    series = [0.0, 0.0, 0.9, 0.0, 0.0, 0.5, 0.5, 0.5, 0.5]
    rows = [500, 500, 3, 500, 500, 500, 500, 500, 500]
    assert estimate_onset([series], rows, REFERENCE).night == 5


def test_few_nights_claim_no_bounds():
    found = estimate_onset([[0.0, 0.0, 0.5]], [ROWS] * 3, REFERENCE)
    assert (found.night, found.earliest, found.latest) == (2, None, None)


def test_columns_that_never_move_crash_nothing():
    assert estimate_onset([[0.0] * 12], [ROWS] * 12, REFERENCE) is not None
