"""Each row's influence is the derivative of the score by the row's weight: compared with finite differences of the score itself."""

from __future__ import annotations

import numpy as np
import pytest

from gates.measures.model.metrics import METRICS

WITH_FORMULA = [metric for metric in METRICS.values() if metric.influence is not None]
N = 40


def draw(metric, k, seed):
    """Truth, answers with ties, and uneven weights with the mean 1."""
    rng = np.random.default_rng(seed)
    weights = rng.random(N) + 0.1
    weights /= weights.mean()
    if metric.needs == "values":
        return rng.normal(size=N), rng.normal(size=N), weights
    answers = np.round(rng.dirichlet(np.ones(k), N), 1) + 0.01
    return rng.integers(0, k, N), answers / answers.sum(axis=1, keepdims=True), weights


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("metric", WITH_FORMULA, ids=lambda metric: metric.name)
def test_the_influence_is_the_derivative_by_the_weight_of_the_row(metric, k):
    truth, answers, weights = draw(metric, k, seed=k)
    score, step = metric.prepare(truth, answers, k), 1e-6 * np.eye(N)
    derivative = (score(weights + step) - score(weights - step)) / 2e-6
    assert metric.influence(truth, answers, k, weights) == pytest.approx(N * weights * derivative, abs=1e-6)


@pytest.mark.parametrize("metric", WITH_FORMULA, ids=lambda metric: metric.name)
def test_influences_sum_to_nothing(metric):
    truth, answers, weights = draw(metric, 3, seed=9)
    assert metric.influence(truth, answers, 3, weights).sum() == pytest.approx(0, abs=1e-9)


def test_every_metric_of_numbers_and_probabilities_has_a_formula_but_the_median():
    assert {metric.name for metric in METRICS.values() if metric.needs != "labels" and metric.influence is None} == {
        "median_absolute_error"
    }


def test_a_class_that_no_row_has_moves_nothing_and_perfect_answers_have_no_influence_on_the_root():
    area = METRICS["roc_auc_ovr"]
    truth, answers, weights = draw(area, 3, seed=4)
    truth = np.where(truth == 2, 0, truth)
    assert np.isfinite(area.influence(truth, answers, 3, weights)).all()
    exact = np.arange(5.0)
    assert METRICS["rmse"].influence(exact, exact, 0, np.ones(5)).tolist() == [0.0] * 5
