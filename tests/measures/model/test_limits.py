"""The limits of a comparison, by values worked out by hand, and what they owe to rare classes, long tails and the order of rows."""

from __future__ import annotations

import math
import time
from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import t as student

from gates.measures.model.comparison import compare, describe
from gates.measures.model.mcnemar import bound_difference
from gates.measures.model.metrics import METRICS, Metric
from gates.measures.model.predictions import NotComparable
from gates.measures.model.rows_needed import to_approve_an_equal
from gates.measures.model.small_classes import FEWEST_ROWS

Z = NormalDist().inv_cdf(0.95)


def unseen(rows):
    return Z * Z / (rows + Z * Z)


def test_equal_answers_leave_balanced_accuracy_what_each_class_may_hide():
    y = np.repeat(["a", "b"], [100, 25])
    met = compare(y, y, y, metric="balanced_accuracy", margin=0.1)
    assert met.lower == pytest.approx(-math.hypot(unseen(100), unseen(25)) / 2, abs=1e-8)
    assert met.method == "Tango's paired intervals of the classes, combined"


def test_balanced_accuracy_adds_the_squares_of_the_distances_of_each_classs_limit():
    y = np.repeat(["a", "b"], [100, 25])
    new = y.copy()
    new[:7], new[-4:] = "b", "a"
    met = compare(y, y, new, metric="balanced_accuracy", margin=0.1)
    gaps = [-7 / 100 - bound_difference(0, 7, 100, z=Z), -4 / 25 - bound_difference(0, 4, 25, z=Z)]
    assert met.difference == pytest.approx(-(0.07 + 0.16) / 2)
    assert met.lower == pytest.approx(met.difference - math.hypot(*gaps) / 2, abs=1e-8)


def test_three_rows_won_of_three_are_no_proof_that_balanced_accuracy_is_better():
    """McNemar's exact test gives 0.125 for three wins, and Tango's limit of the class alone would exceed 0."""
    y = np.repeat(["a", "b"], [2692, 3])
    met = compare(y, np.full(2695, "a"), y, metric="balanced_accuracy", margin=0.0)
    assert (met.difference, met.decision) == (0.5, "inconclusive")


@pytest.mark.parametrize("metric", ["macro_f1", "macro_precision"])
def test_a_mean_over_classes_owes_what_its_rarest_class_may_hide(metric):
    y = np.repeat(["a", "b", "c"], [200, 100, 20])
    assert compare(y, y, y, metric=metric, margin=0.1).lower == pytest.approx(-unseen(20) / 3)


def test_the_limit_of_an_error_is_students_with_more_rows_like_the_worst():
    rng = np.random.default_rng(0)
    y, old = np.zeros(50), rng.normal(size=50)
    new = old + rng.normal(size=50)
    new[7] = 9.0
    gain = np.abs(old) - np.abs(new)
    centred = gain - gain.mean()
    share = (centred**2).max() / (centred**2).sum()
    assert share > 0.25
    guard = (1 + 8 * share) * np.abs(centred).max() / 50
    met = compare(y, old, new, metric="mae", margin=0.1)
    expected = gain.mean() - student.ppf(0.95, 49) * gain.std(ddof=1) / math.sqrt(50) - guard
    assert met.lower == pytest.approx(expected)
    assert met.upper == pytest.approx(gain.mean() + student.ppf(0.975, 49) * gain.std(ddof=1) / math.sqrt(50) + guard)
    assert met.method == "influence of each row, tail guarded"


def test_one_row_that_decides_alone_leaves_it_open():
    y = np.zeros(400)
    old = np.full(400, 1.0)
    new = old.copy()
    new[0] = 9.0
    assert compare(y, old, new, metric="rmse", margin=0.2).decision == "inconclusive"
    new[0] = 1.5  # the same row, too small a matter to decide
    assert compare(y, old, new, metric="rmse", margin=0.2).decision == "no_worse"


@pytest.mark.parametrize("metric", ["mae", "rmse", "r2", "brier", "roc_auc_ovr"])
def test_each_row_five_times_in_a_group_proves_no_more_than_each_row_once(metric):
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 60)
    old, new = (np.clip(0.5 * y + 0.25 + 0.2 * rng.normal(size=60), 0.01, 0.99) for _ in range(2))
    many = [np.repeat(part, 5) for part in (y, old, new)]
    task = METRICS[metric].task
    once = compare(y, old, new, metric=metric, margin=0.1, task=task)
    met = compare(*many, metric=metric, margin=0.1, task=task, groups=np.repeat(np.arange(60), 5))
    assert (met.lower, met.upper) == (pytest.approx(once.lower), pytest.approx(once.upper))
    assert met.needed_n == once.needed_n
    assert "60 groups" in met.method


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("metric", [*METRICS])
def test_the_order_of_the_rows_changes_nothing(metric, grouped, weighted):
    rng = np.random.default_rng(2)
    y = rng.integers(0, 3, 150)
    if METRICS[metric].needs == "probabilities":
        old, new = (np.round(rng.dirichlet(np.ones(3), 150), 2) + 0.01 for _ in range(2))
        old, new = old / old.sum(axis=1, keepdims=True), new / new.sum(axis=1, keepdims=True)
    else:
        old, new = (np.where(rng.random(150) < 0.7, y, rng.integers(0, 3, 150)) for _ in range(2))
    groups, weights = rng.integers(0, 25, 150), rng.integers(1, 4, 150) * 1.0
    about = {"metric": metric, "margin": 0.05, "task": METRICS[metric].task, "draws": 50}
    order = rng.permutation(150)

    def ask(rows):
        units = {
            **({"groups": groups[rows]} if grouped else {}),
            **({"weights": weights[rows]} if weighted else {}),
        }
        return compare(y[rows], old[rows], new[rows], **about, **units)

    assert ask(order) == ask(np.arange(150))


def test_a_class_of_few_rows_is_left_out_by_name_and_does_not_decide():
    y = np.repeat(["a", "b", "c"], [200, 100, 3])
    new = y.copy()
    new[-1] = "a"  # one row of three: a third of the class's recall
    met = compare(y, y, new, metric="balanced_accuracy", margin=0.05)
    assert (met.difference, met.decision) == (0.0, "no_worse")
    assert "left out of the mean, under 20 rows: 'c' (3)" in describe(met)
    whole = compare(y, y, new, metric="matthews", margin=0.5)
    assert "left out" not in describe(whole)


def test_a_small_class_whose_loss_is_proved_is_counted():
    y = np.repeat(["a", "b", "c"], [200, 100, FEWEST_ROWS - 1])
    lost = np.where(y == "c", "a", y)
    met = compare(y, y, lost, metric="macro_f1", margin=0.05)
    assert met.difference < -0.3
    assert met.decision == "worse"
    assert "left out" not in met.about


def test_where_fewer_than_two_classes_would_remain_none_is_left_out():
    y = np.repeat(["a", "b"], [200, 5])
    met = compare(y, y, y, metric="macro_f1", margin=0.05)
    assert "left out" not in met.about
    assert (met.decision, met.lower) == ("inconclusive", pytest.approx(-unseen(5) / 2))


def test_an_answer_that_no_row_has_costs_where_the_truth_lies_and_is_no_class_of_the_mean():
    y = np.repeat(["a", "b"], [100, 100])
    new = y.copy()
    new[0] = "c"
    met = compare(y, y, new, metric="macro_f1", margin=0.05)
    assert met.difference == pytest.approx((2 * 99 / 199 - 1) / 2)
    assert "'c' (0)" in met.about


def test_every_answer_says_what_may_be_in_none_of_its_rows():
    y = np.repeat(["a", "b"], 150)
    assert "a fault in under 1.00% of the rows may be in none of these" in describe(
        compare(y, y, y, metric="accuracy", margin=0.1)
    )
    groups = np.repeat(np.arange(30), 10)
    assert "under 10.00% of the groups" in describe(compare(y, y, y, metric="accuracy", margin=0.2, groups=groups))


def test_the_rows_needed_count_what_is_charged_besides_the_deviation():
    n = to_approve_an_equal(0.4, 0.05, level=0.95, unit=0.0, charged=6.0)
    assert 2.4864748605243863 * 0.4 / math.sqrt(n) + 6.0 / n == pytest.approx(0.05, rel=1e-3)
    assert n > to_approve_an_equal(0.4, 0.05, level=0.95, unit=0.0)


def test_a_metric_that_most_resamples_leave_undefined_is_refused():
    def prepare(truth, answered, k):
        asked = []

        def score(weights):
            asked.append(1)
            return np.full(len(weights), 0.5 if len(asked) == 1 else np.nan)  # once, of the rows as they are

        return score

    odd = Metric("odd", "classification", True, "labels", prepare)
    y = np.repeat(["a", "b"], 10)
    with pytest.raises(NotComparable, match="undefined in most resamples"):
        compare(y, np.roll(y, 1), np.roll(y, 3), metric=odd, margin=0.1, draws=50)


@pytest.mark.parametrize("metric", ["roc_auc_ovr", "average_precision"])
def test_ranking_two_hundred_thousand_rows_takes_moderate_time(metric):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200_000)
    old, new = (np.clip(0.3 * y + 0.7 * rng.random(y.size), 0, 1) for _ in range(2))
    begun = time.process_time()
    assert compare(y, old, new, metric=metric, margin=0.02).decision == "no_worse"
    assert time.process_time() - begun < 8
