"""The rank of the truth: exact, never zero, repeatable, and not decided by rounding or by the order of the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gates.measures.drift.omnibus import rank_everything
from gates.measures.drift.permutation import LOOK, MOST, count_permutations, rank_truth, score_tails
from gates.measures.drift.table import tabulate


def test_a_p_value_is_never_zero():
    truth = np.arange(100) >= 60
    ranked = rank_truth(
        truth, [lambda labels: {"truth": labels @ truth}], permutations=199, rng=np.random.default_rng(0)
    )
    assert ranked.p_value == 1 / 200
    assert ranked.permutations == 199


def test_a_statistic_that_says_nothing_gives_one():
    truth = np.arange(100) >= 60
    ranked = rank_truth(
        truth, [lambda labels: {"nothing": np.zeros(len(labels))}], permutations=199, rng=np.random.default_rng(0)
    )
    assert ranked.p_value == 1.0
    assert ranked.permutations == LOOK  # a clear answer stops early


def test_p_values_of_random_truths_are_uniform_or_above():
    rng = np.random.default_rng(4)
    values = rng.standard_normal((90, 3)).astype(np.float32)
    p = []
    for seed in range(400):
        truth = np.random.default_rng(seed).permutation(90) >= 60
        measures = [lambda labels: {"mean": np.abs(labels @ values).max(axis=1), "sum": (labels @ values).sum(axis=1)}]
        p.append(rank_truth(truth, measures, permutations=199, rng=np.random.default_rng(1000 + seed)).p_value)
    for level, most in ((0.01, 18), (0.05, 44), (0.5, 250)):  # binomial, each missed with probability below 1e-6
        assert sum(one <= level for one in p) <= most


def test_enough_permutations_are_drawn_for_the_level():
    for alpha in (0.05, 0.01, 1 / 365):
        assert 4 / (count_permutations(alpha) + 1) < alpha or count_permutations(alpha) == LOOK
    assert count_permutations(1e-9) == MOST


def test_a_huge_value_does_not_widen_its_own_yardstick():
    statistics = np.random.default_rng(0).standard_normal((100, 1))
    statistics[0] = 1e6
    tails = score_tails(statistics)
    assert np.isfinite(tails).all()
    assert tails[0, 0] > 50 * tails[1:, 0].max()


def test_the_same_seed_gives_the_same_answer_and_another_seed_another_one():
    rng = np.random.default_rng(8)
    table = tabulate(pd.DataFrame(rng.standard_normal((80, 4))), pd.DataFrame(rng.standard_normal((40, 4)) + 0.3))
    first, again, other = (rank_everything(table, alpha=0.01, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first is not None
    assert other is not None
    assert first.ranked.statistics != other.ranked.statistics


def test_ties_do_not_tell_which_side_a_row_came_from():
    rng = np.random.default_rng(6)
    alarms = 0
    for seed in range(60):
        before, now = (pd.DataFrame(rng.integers(0, 2, (n, 5)).astype(float)) for n in (80, 40))
        found = rank_everything(tabulate(before, now), alpha=0.05, seed=seed, permutations=99)
        assert found is not None
        alarms += found.ranked.p_value <= 0.05
    assert alarms <= 16  # P(Binomial(60, 0.05) > 16) < 1e-7


def test_beyond_two_thousand_rows_a_side_the_sample_is_declared():
    rng = np.random.default_rng(2)
    table = tabulate(pd.DataFrame({"a": rng.standard_normal(3_000)}), pd.DataFrame({"a": rng.standard_normal(50)}))
    found = rank_everything(table, alpha=0.01, seed=0)
    assert found is not None
    assert found.sampled == (2_000, 50)
    assert "2,000 + 50 rows" in found.detail
