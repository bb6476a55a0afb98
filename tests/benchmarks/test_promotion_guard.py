"""A short seeded form of the promotion table: the bounds are missed by a correct rule with probability under 1e-6.

The long form is ``python -m benchmarks.verdicts --only promotion``. In the first three tests exactly one of two models is
right on 12 % of the rows, as with two retrainings of one recipe, and one is truly better by a known number of points.
"""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.verdicts import promotion, promotion_slices, promotion_variance, promotion_weeks
from benchmarks.verdicts.promotion_rules import OURS, PEERS
from benchmarks.verdicts.promotion_world import make_world
from gates.measures.model.comparison import compare

RUNS, DISAGREE, MARGIN = 400, 0.12, 0.02


def promoted(gain, n, *, seed=0):
    """The number of `RUNS` holdouts on which a challenger that is truly better by ``gain`` is promoted."""
    rng, count = np.random.default_rng([seed, n, round(1000 * abs(gain))]), 0
    for _ in range(RUNS):
        y, luck = rng.integers(0, 2, n), rng.random(n)
        wins, losses = (DISAGREE + gain) / 2, (DISAGREE - gain) / 2
        champion = np.where((luck < wins) | (luck > 0.85), 1 - y, y)
        challenger = np.where(((luck >= wins) & (luck < wins + losses)) | (luck > 0.85), 1 - y, y)
        count += compare(y, champion, challenger, metric="accuracy", margin=MARGIN).decision in ("better", "no_worse")
    return count


@pytest.mark.parametrize("n", [330, 1_000])
def test_a_model_worse_by_three_and_a_half_points_is_hardly_ever_promoted(n):
    """The rate is 0.7 % at n = 330 (normal approximation, z = 2.4) and less beyond. 20 or more of 400 have the probability
    2.6e-7 even if it were 1.25 %.
    """
    assert promoted(-0.035, n) < 20


@pytest.mark.parametrize(("n", "least"), [(330, 316), (1_000, 388)])
def test_a_model_better_by_three_and_a_half_points_is_promoted_as_often_as_the_table_demands(n, least):
    """79 % at n = 330, where the rate is 89 %: 316 or fewer of 400 have the probability 2.4e-7 even if it were 88 %. At n =
    1,000 the rate is 99.96 % (z = 3.4): 388 or fewer of 400 have the probability 6e-11 even if it were 99.8 %.
    """
    assert promoted(0.035, n) > least


def test_a_model_worse_by_the_margin_is_promoted_in_a_twentieth_at_most():
    """5 % by construction; 46 or more of 400 have the probability 1.9e-7 if it is exactly that."""
    assert promoted(-MARGIN, 1_000) < 46


def test_without_an_anchor_quality_seeps_away_and_with_one_it_does_not():
    """Four half-years at n = 5,000 lose 16.3 points each without an anchor (standard deviation 1.9) and 1.7 with it (0.5):
    the mean difference of 14.6 has a standard error of 1.0, and 8 points are more than six of these away.
    """
    alone, anchored = (
        [promotion_weeks.decay(5_000, loss=0.01, anchor_margin=margin, seed=seed)[0] for seed in range(4)]
        for margin in (None, MARGIN)
    )
    assert np.mean(alone) - np.mean(anchored) > 0.08


def test_the_table_is_counted_for_every_rule_column_and_number_of_rows():
    world = make_world(None, pool=3_000)
    counts = promotion.count_promotions(world, (330,), runs=1)
    assert {rule for rule, _ in counts} == {*PEERS, *OURS, promotion.BOTH}
    assert sum(counts[promotion.BOTH, column][0].runs for column in promotion.BINS) == 72
    assert counts[promotion.BOTH, "better >= 5"][0].share > 0.9  # the truth of these is never in doubt
    assert counts[promotion.BOTH, "worse >= 5"][0].hits == 0


def test_the_other_tables_of_the_page_are_counted():
    rates = promotion_slices.count_blocked(1_000, runs=5)
    assert {rate.runs for rate in rates.values()} == {5}
    assert rates["point"].hits == 5
    assert set(promotion_weeks.inflate(330, seed=0)) == {"stored", "same rows", "new rows"}
    found = promotion_variance.count(make_world(None, pool=6_000), 330, runs=1)
    assert {sign for _, sign in found} == {-1, 1}
    assert all(rate.runs >= 1 for rate in found.values())
