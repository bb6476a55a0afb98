"""Training is seeded, its parameters are checked, and another function may stand in its place."""

from __future__ import annotations

import sys

import numpy
import pandas
import pytest
from sklearn.metrics import r2_score

from gates.errors import ConfigError
from gates.work.config.params import merge, parse
from gates.work.errors import DataError
from gates.work.model.load_fit import load_fit
from ml.training import fit

CLASSIFIERS = ["decision_tree", "logistic_regression", "random_forest", "hist_gradient_boosting"]
REGRESSORS = ["decision_tree", "ridge", "linear_regression", "random_forest", "hist_gradient_boosting"]
SMALL = {"random_forest": {"n_estimators": 5}, "hist_gradient_boosting": {"max_iter": 5}}


@pytest.fixture(scope="module")
def rows():
    draw = numpy.random.default_rng(3)
    X = pandas.DataFrame(
        {"a": draw.normal(size=120), "b": draw.normal(size=120), "c": draw.choice(["red", "blue"], 120)}
    )
    X.loc[:9, "b"] = numpy.nan
    y = pandas.Series(numpy.where(X["a"] + (X["c"] == "red") > 0.5, "yes", "no"))
    y[0] = "only one"
    return X, y


@pytest.mark.parametrize("estimator", CLASSIFIERS)
def test_every_classifier_takes_mixed_columns_gaps_and_a_class_of_one(rows, estimator):
    X, y = rows
    model = fit(X, y, {"estimator": estimator, "task": "classification", "seed": 1, **SMALL.get(estimator, {})})
    assert set(model.classes_) == {"yes", "no", "only one"}
    assert (model.predict(X) == y).mean() > 0.8


@pytest.mark.parametrize("estimator", REGRESSORS)
def test_every_regressor_takes_mixed_columns_and_gaps(rows, estimator):
    X, _ = rows
    y = X["a"] * 3 + (X["c"] == "red")
    model = fit(X, y, {"estimator": estimator, "task": "regression", "seed": 1, **SMALL.get(estimator, {})})
    assert r2_score(y, model.predict(X)) > 0.5


@pytest.mark.parametrize("estimator", CLASSIFIERS)
def test_training_twice_gives_the_same(rows, estimator):
    X, y = rows
    params = {"estimator": estimator, "task": "classification", "seed": 5, **SMALL.get(estimator, {})}
    assert numpy.array_equal(fit(X, y, params).predict_proba(X), fit(X, y, params).predict_proba(X))


def test_the_default_is_the_labs_tree(rows):
    X, y = rows
    assert fit(X[["a"]], y, {"max_depth": 2}).get_depth() == 2


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"estimator": "decison_tree"}, "did you mean 'decision_tree'?"),
        ({"estimator": 5}, "params.estimator is 5"),
        ({"estimator": "ridge"}, "cannot do classification"),
        ({"estimator": "logistic_regression", "task": "regression"}, "cannot do regression"),
        ({"max_deth": 5}, "max_deth is not a parameter of decision_tree"),
        ({"max_depth": "deep"}, "The 'max_depth' parameter"),
        ({"max_depth": -1}, "The 'max_depth' parameter"),
    ],
)
def test_a_wrong_parameter_is_named(rows, params, expected):
    X, y = rows
    with pytest.raises(ConfigError, match="params") as caught:
        fit(X[["a"]], y, params)
    assert expected in caught.value.message


def test_a_continuous_target_is_no_classification(rows):
    with pytest.raises(DataError, match="decision_tree cannot learn from these 120 rows"):
        fit(rows[0][["a"]], rows[0]["a"], {"task": "classification"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4", 4),
        ("-4", -4),
        ("0.5", 0.5),
        ("1e-3", 0.001),
        ("true", True),
        ("False", False),
        ("None", None),
        ("gini", "gini"),
        ("nan", "nan"),
        ("inf", "inf"),
        (" 7 ", 7),
    ],
)
def test_parameters_arrive_as_text(text, value):
    assert parse(text) == value
    assert type(parse(text)) is type(value)


def test_an_override_replaces_what_is_configured():
    assert merge({"estimator": "decision_tree", "max_depth": 5}, {"max_depth": "4"}) == (
        {"estimator": "decision_tree", "max_depth": 4},
        (),
    )


def test_another_estimator_leaves_the_configured_parameters_behind():
    params, notes = merge({"estimator": "decision_tree", "max_depth": 5}, {"estimator": "ridge", "alpha": "2"})
    assert params == {"estimator": "ridge", "alpha": 2}
    assert notes == ("left behind with estimator 'decision_tree': max_depth = 5",)


@pytest.mark.parametrize("overrides", [{"": "4"}, {"max_depth": " "}])
def test_an_override_without_name_or_value_is_refused(overrides):
    with pytest.raises(ConfigError, match="has no"):
        merge({}, overrides)


@pytest.mark.parametrize(
    ("import_string", "expected"),
    [
        ("nowhere.at_all:fit", "cannot be imported"),
        ("ml.training:fitt", "has no 'fitt'"),
        ("gates.work.config.settings:TASKS", "is a tuple, not a function"),
        ("broken_training:fit", "fails on import: RuntimeError: no"),
    ],
)
def test_a_training_function_that_is_not_there_is_named(tmp_path, monkeypatch, import_string, expected):
    (tmp_path / "broken_training.py").write_text("raise RuntimeError('no')\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    with pytest.raises(ConfigError, match="train = ") as caught:
        load_fit(import_string)
    assert expected in caught.value.message
