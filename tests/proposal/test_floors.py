"""A floor is above one answer for all, and below what an equally good model reaches; it is measured, not assumed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gates.proposal.floors import FOLDS, propose_floors
from gates.proposal.training import load_training, write_training

LINEAR = load_training(write_training("linear", "classification", categories=False, numbers=True))


def rows(n, noise, seed=0, positive=0.0):
    draw = np.random.default_rng(seed)
    X = pd.DataFrame(draw.normal(size=(n, 3)), columns=list("abc"))
    y = pd.Series(np.where(X["a"] + noise * draw.normal(size=n) > positive, "yes", "no"))
    return X, y


def test_a_floor_lies_between_one_answer_for_all_and_what_was_reached():
    X, y = rows(600, noise=0.5)
    for floor in propose_floors(LINEAR, X, y, task="classification", holdout_rows=300):
        assert floor.baseline < floor.floor <= floor.low < floor.reached < floor.high


def test_the_baseline_is_the_share_of_the_commonest_class():
    X, y = rows(500, noise=0.5, positive=0.8)
    accuracy, macro_f1 = propose_floors(LINEAR, X, y, task="classification", holdout_rows=250)
    share = (y == "no").mean()
    assert accuracy.baseline == pytest.approx(share)
    assert (
        macro_f1.baseline == 0.5 > share / (1 + share)
    )  # classes drawn by their shares; the commonest class for all reaches less


def test_a_metric_that_cannot_be_told_from_one_answer_for_all_gets_no_floor():
    X, y = rows(500, noise=30.0, positive=25.0)
    assert (y == "no").mean() > 0.75
    accuracy, _ = propose_floors(LINEAR, X, y, task="classification", holdout_rows=250)
    assert accuracy.floor is None


def test_an_equally_good_model_clears_the_floor_on_99_of_100_holdouts():
    """A model of the same recipe on 100 holdouts of the same source: a miss of the floor is as rare as it is said to be."""
    X, y = rows(600, noise=0.5)
    accuracy, _ = propose_floors(LINEAR, X, y, task="classification", holdout_rows=300)
    model = LINEAR(X, y, {"task": "classification"})
    scores = []
    for seed in range(1, 101):
        new, truth = rows(300, noise=0.5, seed=seed)
        scores.append((model.predict(new) == truth).mean())
    assert np.mean(np.asarray(scores) < accuracy.floor) <= 0.06


def test_a_regression_is_held_above_the_mean():
    draw = np.random.default_rng(1)
    X = pd.DataFrame({"a": draw.normal(size=400)})
    y = 2 * X["a"] + draw.normal(size=400)
    fit = load_training(write_training("linear", "regression", categories=False, numbers=True))
    (r2,) = propose_floors(fit, X, y, task="regression", holdout_rows=130)
    assert r2.baseline == pytest.approx(0.0, abs=1e-9)
    assert 0.4 < r2.floor < r2.reached < 0.95


def test_rows_of_one_group_are_never_parted():
    """A label that hangs on the patient alone and on nothing else: only a model that saw this patient knows it."""
    draw = np.random.default_rng(2)
    patients = np.repeat(np.arange(60), 10)
    of_patient = draw.integers(0, 2, 60)
    places = draw.normal(size=(60, 8))
    X = pd.DataFrame(places[patients] + 0.01 * draw.normal(size=(600, 8)), columns=list("abcdefgh"))
    y = pd.Series(of_patient[patients])
    nearest = load_training(
        "from sklearn.neighbors import KNeighborsClassifier\n\n\n"
        "def fit(X, y, params):\n    return KNeighborsClassifier(1).fit(X, y)\n"
    )
    groups = pd.Series(patients)
    parted, _ = propose_floors(nearest, X, y, task="classification", holdout_rows=200)
    whole, _ = propose_floors(nearest, X, y, task="classification", holdout_rows=200, groups=groups)
    assert parted.reached == 1.0
    assert whole.reached < 0.75
    assert whole.high - whole.low > 0.1  # 20 patients are few, however many rows they have


def test_fewer_rows_than_folds_are_an_error():
    X, y = rows(FOLDS - 1, noise=0.1)
    with pytest.raises(ValueError, match="n_splits"):
        propose_floors(LINEAR, X, y, task="classification", holdout_rows=2)


@pytest.mark.parametrize("estimator", ["linear", "boosting"])
@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("kinds", [(True, True), (True, False), (False, True)])
def test_every_training_that_can_be_written_fits_its_columns(estimator, task, kinds):
    categories, numbers = kinds
    draw = np.random.default_rng(0)
    columns = {}
    if numbers:
        columns["größe"] = np.where(draw.random(60) < 0.2, np.nan, draw.normal(size=60))
    if categories:
        columns["=x"] = np.where(draw.random(60) < 0.2, None, draw.choice(["a", "b"], 60))
    X = pd.DataFrame(columns)
    y = pd.Series(draw.integers(0, 2, 60) if task == "classification" else draw.normal(size=60))
    fit = load_training(write_training(estimator, task, categories=categories, numbers=numbers))
    assert len(fit(X, y, {"task": task}).predict(X)) == 60
