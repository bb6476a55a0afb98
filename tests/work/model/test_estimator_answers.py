"""What an estimator gives back is looked at before it is signed: one sentence with the cause, and a remedy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gates.work.errors import TrainingError
from gates.work.model.estimator_answers import check_answers, name_classes
from gates.work.records import Feature, ModelSignature

HOLDOUT = pd.DataFrame({"x": np.linspace(-1, 1, 40)})
Y = pd.Series(["a", "b"] * 30)
SHARES = np.tile([0.7, 0.3], (40, 1))


class Given:
    """A fitted estimator that gives back what the test says."""

    def __init__(self, answers=None, shares=SHARES, classes=("a", "b"), says=""):
        self.classes_ = classes
        self._answers = (
            answers if callable(answers) else lambda X: np.array(["a"] * len(X)) if answers is None else answers
        )
        self._shares, self._says = shares, says

    def predict(self, X):
        print(self._says, end="")
        return self._answers(X)

    def predict_proba(self, X):
        return self._shares


def sign(classes=("a", "b"), *, probabilities=True):
    return ModelSignature(
        model="m", task="regression" if classes is None else "classification", id="id", target="y",
        features=(Feature("x", "number", "float64"),), classes=classes, probabilities=probabilities, train="m:fit", params={},
        seed=0, holdout_share=0.3, training_rows=60, data="", versions={},
    )  # fmt: skip


@pytest.mark.parametrize("classes", [np.array(["a", "b"]), ["a", "b"], ("a", "b")])
def test_classes_may_be_an_array_or_a_list(classes):
    assert name_classes(Given(classes=classes), "m:fit") == ("a", "b")
    (number,) = name_classes(Given(classes=np.array([np.int64(3)])), "m:fit")
    assert type(number) is int


CLASSES = {
    "none": (None, "returned Given without classes_"),
    "of several targets": ([np.array([0, 1]), np.array([0, 1])], "whose classes_ are those of several targets"),
    "in two dimensions": (np.zeros((2, 2)), "whose classes_ are those of several targets"),
    "twice": (["a", "a"], "whose classes_ name 2 labels, 1 of them different"),
    "empty": ([], "whose classes_ name 0 labels"),
}


@pytest.mark.parametrize("fault", CLASSES)
def test_classes_that_cannot_be_signed_are_refused(fault):
    classes, sentence = CLASSES[fault]
    with pytest.raises(TrainingError) as caught:
        name_classes(Given(classes=classes), "m:fit")
    assert sentence in caught.value.message
    assert caught.value.remedy


def once():
    """Answers that are others at each call."""
    calls = iter(range(9))
    return lambda X: np.array(["ab"[next(calls) % 2]] * len(X))


def fail(X):
    raise KeyError("width")


ANSWERS = {
    "none": (Given(lambda X: None), "Given.predict returned None"),
    "a column for each class": (
        Given(np.zeros((40, 2))),
        "Given.predict returned 2 columns for one target, the shape (40, 2)",
    ),
    "too few": (Given(np.array(["a"] * 39)), "Given.predict returned the shape (39,) for 40 rows"),
    "one": (Given("a"), "Given.predict returned the shape () for 40 rows"),
    "ragged": (Given([["a"], ["a", "b"]] * 20), "Given.predict returned rows of different lengths"),
    "the numbers of classes": (Given(np.zeros(40, dtype=int)), "Given.predict answers 0, which classes_ does not name"),
    "nothing for a row": (
        Given(np.array(["a"] * 39 + [None], dtype=object)),
        "Given.predict answers None, which classes_",
    ),
    "another answer each time": (Given(once()), "gives 40 of 40 rows another answer the second time"),
    "a failure": (Given(fail), "Given.predict fails on rows of the holdout: KeyError: 'width'"),
    "shares of three classes": (
        Given(shares=np.ones((40, 3)) / 3),
        "predict_proba returned the shape (40, 3), wanted (40, 2)",
    ),
    "shares of each target": (Given(shares=[SHARES, SHARES]), "predict_proba returned 2 tables, one a target"),
    "shares that are NaN": (Given(shares=SHARES * np.nan), "returned 40 of 40 rows that are no probabilities"),
    "shares above one": (Given(shares=SHARES * 2), "returned 40 of 40 rows that are no probabilities, like [1.4, 0.6]"),
    "shares that are words": (Given(shares=[["much", "little"]] * 40), "predict_proba returned no numbers"),
    "no shares": (Given(shares=None), "predict_proba returned"),
}


@pytest.mark.parametrize("fault", ANSWERS)
def test_answers_that_cannot_be_served_are_refused_with_a_remedy(fault):
    estimator, sentence = ANSWERS[fault]
    with pytest.raises(TrainingError) as caught:
        check_answers(estimator, sign(), HOLDOUT, Y)
    assert sentence in caught.value.message
    assert caught.value.remedy


def test_labels_of_another_kind_than_the_target_are_refused():
    with pytest.raises(
        TrainingError, match="names '0', '1', and no training row has one of these: the target holds 0, 1"
    ):
        check_answers(Given(np.array(["0"] * 40)), sign(("0", "1")), HOLDOUT, pd.Series([0, 1] * 30))


def test_a_column_of_answers_and_floats_for_whole_labels_are_fine():
    assert check_answers(Given(np.array([["a"]] * 40)), sign(), HOLDOUT, Y) == ()
    assert check_answers(Given(np.zeros(40)), sign((0, 1)), HOLDOUT, pd.Series([0, 1] * 30)) == ()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (np.array(["3"] * 40), "returned <U1 entries, wanted numbers"),
        (np.full(40, np.nan), "returned 40 of 40 numbers that are not finite"),
        (np.zeros((40, 2)), "returned 2 columns for one target"),
    ],
)
def test_a_regression_gives_finite_numbers(answers, sentence):
    with pytest.raises(TrainingError) as caught:
        check_answers(Given(answers), sign(None, probabilities=False), HOLDOUT, pd.Series([1.0, 2.0]))
    assert sentence in caught.value.message


def test_printing_is_noticed_and_kept_out_of_the_output(capsys):
    (note,) = check_answers(Given(says="row 1 of Ada"), sign(), HOLDOUT, Y)
    assert "writes to standard output, 24 characters" in note
    assert "take the print out" in note
    assert capsys.readouterr().out == ""


def test_probabilities_in_another_order_than_the_classes_are_noticed():
    (note,) = check_answers(Given(shares=SHARES[:, ::-1]), sign(), HOLDOUT, Y)
    assert "are the columns in the order of classes_?" in note
