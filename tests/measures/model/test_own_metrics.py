"""Metrics that a project declares itself are held to what every other is held to."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest
from sklearn.metrics import f1_score, fbeta_score, precision_score, recall_score

from gates.measures.model.comparison import compare, describe
from gates.measures.model.metrics import UnusableMetric
from gates.measures.model.own_metrics import Declared, make_metric
from gates.measures.model.paired_scores import score
from gates.measures.model.predictions import NotComparable

RNG = np.random.default_rng(3)
Y = RNG.choice(["ham", "spam", "news"], 300, p=[0.6, 0.3, 0.1])
POOR, GOOD = (np.where(RNG.random(300) < share, Y, "ham") for share in (0.5, 0.9))


@pytest.fixture
def write(monkeypatch):
    """Put a function into a module of the project and return the metric that it makes."""

    def put(function, *, better="lower", task="classification"):
        module = ModuleType("own_costs")
        module.per_mail = function
        monkeypatch.setitem(sys.modules, "own_costs", module)
        return make_metric(Declared("cost", function="own_costs:per_mail", better=better), task)

    return put


def cost(y_true, y_pred):
    """A letter that is lost costs 5, a spam that is read 1."""
    return float(np.mean(np.where(y_true == y_pred, 0, np.where(y_pred == "spam", 5, 1))))


def weighted_cost(y_true, y_pred, sample_weight=None):
    return float(np.average(y_true != y_pred, weights=sample_weight))


@pytest.mark.parametrize(
    ("declared", "reference"),
    [
        (Declared("p", of="precision", label="spam"), precision_score),
        (Declared("r", of="recall", label="spam"), recall_score),
        (Declared("f", of="f1", label="spam"), f1_score),
        (Declared("f2", of="f_beta", label="spam", beta=2.0), lambda *y, **k: fbeta_score(*y, beta=2.0, **k)),
        (Declared("half", of="f_beta", label="spam", beta=0.5), lambda *y, **k: fbeta_score(*y, beta=0.5, **k)),
    ],
)
def test_the_metrics_of_a_class_are_those_of_scikit_learn(declared, reference):
    metric, weights = make_metric(declared, "classification"), RNG.random(300)
    assert score(Y, POOR, metric=metric) == pytest.approx(reference(Y == "spam", POOR == "spam"))
    assert score(Y, POOR, metric=metric, weights=weights) == pytest.approx(
        reference(Y == "spam", POOR == "spam", sample_weight=weights)
    )


def test_a_class_that_is_a_number_or_a_truth_value_is_named_by_its_text():
    assert (
        score([0, 1, 1, 0], [0, 1, 0, 0], metric=make_metric(Declared("r", of="recall", label="1"), "classification"))
        == 0.5
    )
    truth = np.array([True, False, True, True])
    assert score(truth, ~truth, metric=make_metric(Declared("r", of="recall", label="True"), "classification")) == 0.0


def test_nobody_answering_the_class_is_a_precision_of_0():
    metric = make_metric(Declared("p", of="precision", label="spam"), "classification")
    assert score(Y, np.full(300, "ham"), metric=metric) == 0.0


def test_the_recall_of_a_class_is_compared_in_pairs():
    metric = make_metric(Declared("spam_recall", of="recall", label="spam"), "classification")
    assert compare(Y, POOR, GOOD, metric=metric, margin=0.05).decision == "better"
    assert compare(Y, GOOD, POOR, metric=metric, margin=0.05).decision == "worse"


def test_a_class_that_the_truth_does_not_have_is_refused():
    metric = make_metric(Declared("r", of="recall", label="Spam"), "classification")
    with pytest.raises(
        NotComparable, match="r is about the class 'Spam', and no row of y has it; y has 'ham', 'news', 'spam'"
    ):
        score(Y, GOOD, metric=metric)


def test_a_function_of_the_project_is_a_floor_and_a_comparison(write):
    metric = write(cost)
    assert score(Y, POOR, metric=metric) == pytest.approx(cost(Y, POOR))
    met = compare(Y, POOR, GOOD, metric=metric, margin=0.05)
    assert met.decision == "better"  # lower is better
    assert met.difference == pytest.approx(cost(Y, POOR) - cost(Y, GOOD))
    assert met.lower < met.difference < met.upper
    assert "cost 0." in describe(met)
    assert compare(Y, GOOD, POOR, metric=metric, margin=0.05).decision == "worse"


def test_the_direction_is_the_declared_one(write):
    assert compare(Y, POOR, GOOD, metric=write(cost, better="higher"), margin=0.05).decision == "worse"


def test_a_function_resamples_groups_and_takes_weights(write):
    met = compare(Y, POOR, GOOD, metric=write(cost), margin=0.05, groups=np.arange(300) // 5, draws=200)
    assert (met.n, met.decision) == (60, "better")
    weights = RNG.random(300)
    weighed = compare(Y, POOR, GOOD, metric=write(weighted_cost), margin=0.05, weights=weights, draws=200)
    assert weighed.champion == pytest.approx(np.average(Y != POOR, weights=weights))
    with pytest.raises(NotComparable, match="names a weight, and own_costs:per_mail has no parameter sample_weight"):
        compare(Y, POOR, GOOD, metric=write(cost), margin=0.05, weights=weights)


def test_a_function_measures_numbers_as_well(write):
    metric = write(lambda y_true, y_pred: float(np.max(np.abs(y_true - y_pred))), task="regression")
    assert score([1.0, 2.5, 3.0], [1.0, 2.0, 3.25], metric=metric, task="regression") == 0.5


def test_a_function_cannot_change_the_rows(write):
    def spoil(y_true, y_pred):
        y_true[:] = "ham"
        return cost(y_true, y_pred)

    before = Y.copy()
    score(Y, GOOD, metric=write(spoil))
    assert (before == Y).all()


def once():
    values = iter(range(1, 9999))
    return lambda y_true, y_pred: next(values)


def crash(y_true, y_pred):
    raise ZeroDivisionError("no mails")


FAULTS = {
    "NaN": (lambda y_true, y_pred: float("nan"), "returned nan on 300 rows; wanted a finite number"),
    "infinity": (lambda y_true, y_pred: float("inf"), "returned inf on 300 rows; wanted a finite number"),
    "nothing": (lambda y_true, y_pred: None, "returned None, a NoneType; wanted one number"),
    "a text": (lambda y_true, y_pred: "0.5", "returned '0.5', a str; wanted one number"),
    "a truth value": (lambda y_true, y_pred: True, "returned True, a bool; wanted one number"),
    "an array": (lambda y_true, y_pred: np.zeros(3), "a ndarray; wanted one number"),
    "another value each time": (once(), "returned 1.0 and then 2.0 for the same rows; fix its seed"),
    "a crash": (crash, "failed on 300 rows: ZeroDivisionError: no mails"),
    "too few parameters": (lambda y_true: 1.0, "failed on 300 rows: TypeError"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_function_that_gives_no_number_is_refused(write, fault):
    function, sentence = FAULTS[fault]
    with pytest.raises(NotComparable) as caught:
        score(Y, GOOD, metric=write(function))
    assert f"cost: own_costs:per_mail {sentence}" in str(caught.value) or sentence in str(caught.value)


def test_a_function_that_is_undefined_on_most_resamples_is_refused(write):
    metric = write(lambda y_true, y_pred: 1.0 if (y_true == Y).all() else np.nan)
    with pytest.raises(NotComparable, match="undefined in most resamples"):
        compare(Y, POOR, GOOD, metric=metric, margin=0.05, draws=100)


@pytest.mark.parametrize(
    ("declared", "task", "sentence"),
    [
        (Declared("accuracy", function="own_costs:per_mail"), "classification", "'accuracy' is a metric already"),
        (Declared("c", function="no_such_module:f"), "classification", "cannot be imported: ModuleNotFoundError"),
        (Declared("c", function="math:nothing"), "classification", "cannot be imported: AttributeError"),
        (Declared("c", function="math:pi"), "classification", "math:pi is a float, not a function"),
        (
            Declared("r", of="recall", label="spam"),
            "regression",
            "'r' is the recall of a class, and the task is regression",
        ),
    ],
)
def test_a_metric_that_cannot_be_used_is_a_fault_of_the_configuration(declared, task, sentence):
    with pytest.raises(UnusableMetric, match=sentence) as caught:
        make_metric(declared, task)
    assert caught.value.misconfigured
