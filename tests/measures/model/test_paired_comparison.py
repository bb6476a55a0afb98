"""The rule of promotion: what is proved, what is not, and that the answer says how many rows it needs."""

from __future__ import annotations

import time

import numpy as np
import pytest

from gates.measures.model.comparison import compare, describe

RNG = np.random.default_rng(3)
N = 600
Y = RNG.choice([0, 1, 2], N, p=[0.5, 0.3, 0.2])


def answer(share, seed, y=Y):
    """Labels that are right on about ``share`` of the rows."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(y)) < share, y, (y + rng.integers(1, 3, len(y))) % 3)


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "matthews"])
def test_the_same_answers_are_no_worse_and_not_better(metric):
    found = compare(Y, answer(0.7, 1), answer(0.7, 1), metric=metric, margin=0.02)
    assert (found.decision, found.difference, found.disagreements) == ("no_worse", 0.0, 0)
    assert found.lower < 0 < found.upper


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "matthews"])
def test_a_few_equal_rows_prove_nothing(metric):
    found = compare(Y[:12], answer(0.7, 1)[:12], answer(0.7, 1)[:12], metric=metric, margin=0.02)
    assert found.decision == "inconclusive"
    assert found.needed_n >= 133
    assert found.unproved_n == found.needed_n


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "macro_f1", "weighted_f1"])
def test_a_clearly_better_model_is_better_and_a_clearly_worse_one_is_worse(metric):
    good, bad = answer(0.9, 1), answer(0.6, 2)
    better, worse = (compare(Y, *pair, metric=metric, margin=0.02) for pair in ((bad, good), (good, bad)))
    assert (better.decision, worse.decision) == ("better", "worse")
    assert better.difference == pytest.approx(-worse.difference)
    assert worse.unproved_n is None


def test_a_small_loss_inside_the_margin_is_no_worse():
    champion = answer(0.9, 1)
    challenger = champion.copy()
    challenger[np.flatnonzero(champion == Y)[:6]] = 9  # one row in a hundred is lost
    assert compare(Y, champion, challenger, metric="accuracy", margin=0.06).decision == "no_worse"


def test_a_loss_that_is_proved_but_inside_the_margin_is_still_no_worse():
    """The promotion is asked first: ten wins fewer are significant here, and still smaller than what may be lost."""
    champion = answer(0.9, 1)
    challenger = champion.copy()
    challenger[np.flatnonzero(champion == Y)[:12]] = 9
    found = compare(Y, champion, challenger, metric="accuracy", margin=0.06)
    assert found.upper < 0
    assert found.decision == "no_worse"


def test_the_sentence_says_metric_difference_interval_margin_n_and_the_n_it_needs():
    champion, challenger = Y[:100].copy(), Y[:100].copy()
    champion[:10], challenger[10:20] = 9, 9
    found = compare(Y[:100], champion, challenger, metric="accuracy", margin=0.02)
    sentence = describe(found)
    assert found.decision == "inconclusive"
    for part in (
        "accuracy",
        f"{found.difference:+.4f}",
        f"{found.lower:+.4f} to {found.upper:+.4f}",
        "margin 0.02",
        "n = 100,",
    ):
        assert part in sentence
    assert sentence.endswith("not proved either way")


def test_a_proved_loss_says_what_an_equal_model_would_need():
    assert "proved worse; an equal model needs n = " in describe(
        compare(Y, answer(0.9, 1), answer(0.6, 2), metric="macro_f1", margin=0.02)
    )


def test_without_margin_and_difference_no_number_of_rows_would_do():
    found = compare(Y, answer(0.7, 1), answer(0.7, 1), metric="accuracy", margin=0.0)
    assert found.needed_n is None
    assert "no number of rows would settle this" in describe(found)


def test_the_same_seed_gives_the_same_interval_and_another_one_nearly_so():
    pair = answer(0.7, 1), answer(0.72, 2)
    first, again, other = (compare(Y, *pair, metric="macro_f1", margin=0.05, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first.lower == pytest.approx(other.lower, abs=0.01)
    assert first.lower != other.lower


def test_the_order_of_the_rows_does_not_matter_for_accuracy():
    order = np.random.default_rng(0).permutation(N)
    champion, challenger = answer(0.7, 1), answer(0.75, 2)
    assert compare(Y, champion, challenger, metric="accuracy", margin=0.02) == compare(
        Y[order], champion[order], challenger[order], metric="accuracy", margin=0.02
    )


def test_grouped_rows_count_as_their_groups():
    """Each row fifty times is no more news than each row once."""
    champion, challenger = answer(0.7, 1)[:60], answer(0.8, 2)[:60]
    many = [np.repeat(part, 50) for part in (Y[:60], champion, challenger)]
    once = compare(Y[:60], champion, challenger, metric="accuracy", margin=0.02)
    fooled = compare(*many, metric="accuracy", margin=0.02)
    grouped = compare(*many, metric="accuracy", margin=0.02, groups=np.repeat(np.arange(60), 50))
    assert fooled.lower > once.lower + 0.05
    assert grouped.lower == pytest.approx(once.lower, abs=0.03)
    assert "60 groups" in grouped.method


def test_text_groups_work_like_numbers():
    pair = answer(0.7, 1), answer(0.8, 2)
    numbers = np.arange(N) // 3
    first = compare(Y, *pair, metric="macro_f1", margin=0.02, groups=numbers)
    assert (first.n, first.rows) == (N // 3, N)
    assert first.lower == pytest.approx(
        compare(Y, *pair, metric="macro_f1", margin=0.02, groups=[f"g{g:04}" for g in numbers]).lower
    )


@pytest.mark.parametrize("metric", ["mae", "mse", "rmse", "r2", "median_absolute_error", "explained_variance"])
def test_regression_sees_a_better_and_a_worse_model(metric):
    truth = RNG.normal(10, 3, 500)
    near, far = truth + RNG.normal(0, 1, 500), truth + RNG.normal(0, 2, 500)
    assert compare(truth, far, near, metric=metric, margin=0.05).decision == "better"
    assert compare(truth, near, far, metric=metric, margin=0.05).decision == "worse"
    assert compare(truth, near, near, metric=metric, margin=0.1).decision == "no_worse"


@pytest.mark.parametrize("metric", ["log_loss", "brier", "roc_auc_ovr", "average_precision"])
def test_probabilities_see_a_better_and_a_worse_model(metric):
    def state(strength, seed):
        scores = np.random.default_rng(seed).normal(0, 1, (N, 3)) + strength * np.eye(3)[Y]
        raised = np.exp(scores)
        return raised / raised.sum(axis=1, keepdims=True)

    assert compare(Y, state(0.5, 1), state(2, 2), metric=metric, margin=0.02).decision == "better"
    assert compare(Y, state(2, 1), state(0.5, 2), metric=metric, margin=0.02).decision == "worse"


def test_a_class_that_only_one_model_answers_is_compared_all_the_same():
    challenger = answer(0.7, 1)
    challenger[:5] = 77
    assert compare(Y, answer(0.7, 1), challenger, metric="macro_f1", margin=0.05).difference < 0


def test_thousands_of_classes_and_groups_stay_affordable():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 5_000, 20_000)
    champion, challenger = (
        np.where(rng.random(y.size) < share, y, rng.integers(0, 5_000, y.size)) for share in (0.6, 0.8)
    )
    groups = np.arange(y.size) // 2
    begun = time.process_time()
    assert compare(y, champion, challenger, metric="macro_f1", margin=0.02, draws=50).decision == "better"
    assert (
        compare(y, champion, challenger, metric="accuracy", margin=0.02, groups=groups, draws=50).decision == "better"
    )
    assert time.process_time() - begun < 10


def test_many_rows_are_compared_in_moderate_time():
    y = np.random.default_rng(0).integers(0, 10, 100_000)
    rng = np.random.default_rng(1)
    champion, challenger = (
        np.where(rng.random(y.size) < share, y, rng.integers(0, 10, y.size)) for share in (0.70, 0.71)
    )
    begun = time.process_time()
    found = compare(y, champion, challenger, metric="macro_f1", margin=0.02)
    assert found.decision == "better"
    assert time.process_time() - begun < 3


def test_equal_answers_need_no_rows_where_there_is_no_margin_however_rare_a_class_is():
    y = np.array(["often"] * 97 + ["rare"] * 3)
    same = np.array(["often"] * 100)
    answer = compare(y, same, same, metric="macro_f1", margin=0.0)
    assert (answer.decision, answer.unproved_n) == ("inconclusive", None)
    assert "no number of rows would settle this difference" in describe(answer)
