"""Metrics are found by name, agree with scikit-learn, and are refused where they cannot judge."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from gates.measures.model.metrics import METRICS, UnusableMetric, find, resolve
from gates.measures.model.paired_scores import score
from gates.measures.model.predictions import NotComparable

RNG = np.random.default_rng(0)
TRUTH = RNG.choice(["ape", "bee", "cat", "dog"], 200, p=[0.5, 0.3, 0.19, 0.01])
ANSWERS = np.where(RNG.random(200) < 0.6, TRUTH, RNG.choice(["ape", "bee", "cat", "emu"], 200))
SHARES = RNG.dirichlet(np.ones(4), 200)
NUMBERS = RNG.normal(5, 2, 200)
GUESSES = NUMBERS + RNG.normal(0.3, 1, 200)
CLASSES = ("ape", "bee", "cat", "dog")
COLUMNS = np.array(CLASSES) == TRUTH[:, None]

EXPECTED = {
    "accuracy": lambda: sklearn_metrics.accuracy_score(TRUTH, ANSWERS),
    "balanced_accuracy": lambda: sklearn_metrics.recall_score(
        TRUTH, ANSWERS, labels=np.unique(TRUTH), average="macro", zero_division=0
    ),
    "macro_f1": lambda: sklearn_metrics.f1_score(TRUTH, ANSWERS, average="macro", zero_division=0),
    "weighted_f1": lambda: sklearn_metrics.f1_score(TRUTH, ANSWERS, average="weighted", zero_division=0),
    "macro_precision": lambda: sklearn_metrics.precision_score(TRUTH, ANSWERS, average="macro", zero_division=0),
    "matthews": lambda: sklearn_metrics.matthews_corrcoef(TRUTH, ANSWERS),
    "log_loss": lambda: sklearn_metrics.log_loss(TRUTH, SHARES, labels=list(CLASSES)),
    "brier": lambda: ((SHARES - COLUMNS) ** 2).sum(axis=1).mean() / 2,
    "roc_auc_ovr": lambda: sklearn_metrics.roc_auc_score(TRUTH, SHARES, multi_class="ovr", average="macro"),
    "average_precision": lambda: sklearn_metrics.average_precision_score(COLUMNS, SHARES, average="macro"),
    "r2": lambda: sklearn_metrics.r2_score(NUMBERS, GUESSES),
    "explained_variance": lambda: sklearn_metrics.explained_variance_score(NUMBERS, GUESSES),
    "mae": lambda: sklearn_metrics.mean_absolute_error(NUMBERS, GUESSES),
    "mse": lambda: sklearn_metrics.mean_squared_error(NUMBERS, GUESSES),
    "rmse": lambda: np.sqrt(sklearn_metrics.mean_squared_error(NUMBERS, GUESSES)),
    "median_absolute_error": lambda: sklearn_metrics.median_absolute_error(NUMBERS, GUESSES),
}


def test_every_metric_has_an_expectation_here():
    assert set(EXPECTED) == set(METRICS)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_metric_agrees_with_scikit_learn(name):
    inputs = {"labels": (TRUTH, ANSWERS), "probabilities": (TRUTH, SHARES), "values": (NUMBERS, GUESSES)}
    assert score(*inputs[METRICS[name].needs], metric=name) == pytest.approx(EXPECTED[name](), abs=1e-12)


def test_two_class_ranking_agrees_with_scikit_learn_also_with_ties():
    truth = np.array([0, 1, 1, 0, 1, 0, 0, 1])
    risk = np.array([0.1, 0.9, 0.4, 0.4, 0.4, 0.2, 0.9, 0.7])
    assert score(truth, risk, metric="roc_auc") == pytest.approx(sklearn_metrics.roc_auc_score(truth, risk))
    assert score(truth, risk, metric="average_precision") == pytest.approx(
        sklearn_metrics.average_precision_score(truth, risk)
    )


@pytest.mark.parametrize("name", [known.name for known in METRICS.values() if known.task == "regression"])
def test_a_metric_of_class_numbers_is_refused_for_classification_and_says_why(name):
    with pytest.raises(UnusableMetric, match="computes with the numbers of the classes, which are only names"):
        resolve(name, "classification")


@pytest.mark.parametrize("name", ["mean_squared_error", "neg_mean_squared_error", "mean_absolute_error", "r2_score"])
def test_it_is_refused_under_scikit_learns_name_too(name):
    with pytest.raises(UnusableMetric, match="another model wins"):
        resolve(name, "classification")


@pytest.mark.parametrize("name", [known.name for known in METRICS.values() if known.task == "classification"])
def test_renumbering_the_classes_changes_no_metric_of_classification(name):
    renumbered = {"ape": 7, "bee": -2, "cat": 900, "dog": 0, "emu": 3}
    truth = np.array([renumbered[label] for label in TRUTH])
    answers = np.array([renumbered[label] for label in ANSWERS])
    classes = [renumbered[label] for label in CLASSES]
    if METRICS[name].needs == "probabilities":
        assert score(truth, SHARES, metric=name, classes=classes) == pytest.approx(score(TRUTH, SHARES, metric=name))
    else:
        assert score(truth, answers, metric=name) == pytest.approx(score(TRUTH, ANSWERS, metric=name))


def test_an_unknown_metric_is_refused_with_the_nearest_spelling():
    with pytest.raises(UnusableMetric, match="did you mean 'macro_f1'"):
        find("macro_f11")


def test_a_classification_metric_is_refused_for_regression():
    with pytest.raises(UnusableMetric, match="legal: explained_variance, mae"):
        resolve("accuracy", "regression")


def test_an_unknown_task_is_refused():
    with pytest.raises(UnusableMetric, match="there is no task 'clustering'"):
        resolve("accuracy", "clustering")


@pytest.mark.parametrize("name", ["roc_auc_ovr", "accuracy", "log_loss"])
def test_one_class_in_the_truth_is_a_named_failure(name):
    with pytest.raises(NotComparable, match=r"all 4 rows of y are 1; .* needs at least two classes"):
        score([1, 1, 1, 1], [[0.2, 0.8]] * 4, metric=name)


def test_a_truth_that_does_not_vary_has_no_explained_variance():
    with pytest.raises(NotComparable, match="the truth does not vary"):
        score([2.5, 2.5, 2.5], [2.0, 2.5, 2.6], metric="r2")
