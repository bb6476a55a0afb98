"""The worked example: the lab's exercise (max_depth 5 -> 4) improves its own metric and is refused by ours, with every
reason.
"""

from __future__ import annotations

import warnings

import pytest
from beside import needs_lab

from gates.measures.model.comparison import compare, describe
from gates.measures.model.metrics import UnusableMetric, resolve
from gates.measures.model.paired_scores import score

MARGINS = {"accuracy": 0.06, "macro_f1": 0.05}


@pytest.fixture(scope="module")
def lab(lab_file):
    """Truth, and the answers of depth 5, depth 4 and logistic regression, on the lab's own split."""
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    frame = pd.read_csv(lab_file)
    X, y = frame.drop(columns=["cord_uid", "cluster"]), frame["cluster"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.33, random_state=8)
    models = {
        "depth 5": DecisionTreeClassifier(max_depth=5, random_state=0),
        "depth 4": DecisionTreeClassifier(max_depth=4, random_state=0),
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return y_test, {name: model.fit(X_train, y_train).predict(X_test) for name, model in models.items()}


@needs_lab
def test_the_labs_rule_promotes_the_worse_tree(lab):
    y, answers = lab
    before, after = (score(y, answers[name], metric="mse", task="regression") for name in ("depth 5", "depth 4"))
    assert (round(before, 2), round(after, 2)) == (13.46, 13.12)
    assert after < before  # the lab promotes when this falls


@needs_lab
def test_our_rule_refuses_it_and_says_why(lab):
    y, answers = lab
    found = {
        name: compare(y, answers["depth 5"], answers["depth 4"], metric=name, margin=margin)
        for name, margin in MARGINS.items()
    }
    assert {name: one.decision for name, one in found.items()} == dict.fromkeys(MARGINS, "inconclusive")
    assert (round(found["accuracy"].champion, 3), round(found["accuracy"].challenger, 3)) == (0.482, 0.455)
    # Over the seven classes of 20 rows and more: of the others, one row of three would decide.
    assert (round(found["macro_f1"].champion, 3), round(found["macro_f1"].challenger, 3)) == (0.370, 0.331)
    sentence = describe(found["macro_f1"])
    for part in (
        "macro_f1 0.3701 -> 0.3313",
        "difference -0.0389",
        "interval",
        "margin 0.05",
        "n = 330",
        "left out of the mean, under 20 rows: 1 (3), 4 (14), 7 (10)",
        "not proved either way",
    ):
        assert part in sentence


def test_the_labs_metric_is_a_configuration_error_for_its_task():
    with pytest.raises(UnusableMetric, match="give the same classes other numbers and another model wins"):
        resolve("mse", "classification")


@needs_lab
def test_without_a_task_the_labs_metric_is_refused_on_its_labels(lab):
    y, answers = lab
    with pytest.raises(UnusableMetric, match="'mse' computes with the numbers of the classes"):
        compare(y, answers["depth 5"], answers["depth 4"], metric="mse", margin=0.0)


@needs_lab
@pytest.mark.parametrize("metric", MARGINS)
def test_a_model_that_is_better_passes(lab, metric):
    y, answers = lab
    assert (
        compare(y, answers["depth 5"], answers["logistic"], metric=metric, margin=MARGINS[metric]).decision == "better"
    )


@needs_lab
@pytest.mark.parametrize("metric", MARGINS)
def test_the_same_tree_is_no_worse_than_itself(lab, metric):
    y, answers = lab
    assert (
        compare(y, answers["depth 5"], answers["depth 5"], metric=metric, margin=MARGINS[metric]).decision == "no_worse"
    )
