"""A handful of rows, or a rare value, must not alarm by an approximation that holds for many."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from gates.measures.drift import detect
from gates.measures.drift.small_samples import correct_counts, correct_numbers


def test_one_row_beyond_all_others_is_no_proof():
    before, now = np.arange(300.0), np.array([1000.0])
    asymptotic = float(ks_2samp(before, now, method="asymp").pvalue)
    assert asymptotic < 0.001
    assert correct_numbers(asymptotic, before, now) == pytest.approx(2 / 301)


def test_many_rows_keep_the_p_value_that_the_backend_gave(rng):
    assert correct_numbers(1e-9, rng.random(300), rng.random(100)) == 1e-9


def test_two_missing_values_among_seven_rows_are_counted_exactly():
    before, now = np.zeros(300, dtype=np.int64), np.array([1, 1, 0, 0, 0, 0, 0])
    chi_square = float(chi2_contingency([[300, 0], [5, 2]])[1])
    assert chi_square < 1e-8
    assert correct_counts(chi_square, before, now, 2) == pytest.approx(
        7 * 6 / (307 * 306)
    )  # both of two marks fall on the seven


def test_a_rare_level_is_held_to_fishers_test_for_each_level():
    before, now = np.repeat([0, 1, 2], [200, 92, 8]), np.repeat([0, 1, 2], [4, 1, 2])
    chi_square = float(chi2_contingency([[200, 92, 8], [4, 1, 2]])[1])
    corrected = correct_counts(chi_square, before, now, 3)
    assert chi_square < 0.001
    assert 0.01 < corrected < 0.1


def test_common_levels_keep_their_chi_square():
    before, now = np.repeat([0, 1], [150, 150]), np.repeat([0, 1], [90, 10])
    assert correct_counts(1e-9, before, now, 2) == 1e-9


@pytest.mark.parametrize("rows", [1, 2, 4, 12])
def test_a_handful_of_unchanged_rows_keeps_the_level(rows):
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng([rows, seed])
        alarms += detect(draw(rng, 300), draw(rng, rows), alpha=0.05, backend="scipy", seed=seed).drifted
    assert alarms <= 15  # P(Binomial(60, 0.05) > 15) < 1e-7


def draw(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    frame = pd.DataFrame(rng.standard_normal((rows, 6)), columns=list("abcdef"))
    frame["town"] = rng.choice(["Bern", "Graz", "Linz"], rows, p=[0.9, 0.07, 0.03])
    frame["f"] = frame["f"].where(rng.random(rows) > 0.02)
    return frame
