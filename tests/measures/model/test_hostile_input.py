"""What people hand to `compare` that is not what it asks for: every kind is taken for what it is, or refused with a sentence."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest

from gates.measures.model.comparison import compare
from gates.measures.model.metrics import UnusableMetric
from gates.measures.model.predictions import NotComparable

N = 200
RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, N)
OLD, NEW = (np.where(RNG.random(N) < share, Y, (Y + 1) % 3) for share in (0.7, 0.9))
NAMES = np.array(["\u03b1", "\u03b2", "\u03b3"])
SHARES = RNG.dirichlet(np.ones(3), N)
BETTER = 0.3 * SHARES + 0.7 * np.eye(3)[Y]
NUMBERS = RNG.normal(size=N)
QUESTION = {"metric": "accuracy", "margin": 0.05}


def ask(y, old, new, **more):
    return compare(y, old, new, **{**QUESTION, **more})


SPELLINGS = {
    "lists": lambda labels: labels.tolist(),
    "tuples": tuple,
    "one column": lambda labels: labels[:, None],
    "a frame": lambda labels: pd.DataFrame({"x": labels}),
    "a series with another index": lambda labels: pd.Series(labels, index=np.arange(N)[::-1]),
    "nullable integers": lambda labels: pd.Series(labels, dtype="Int64"),
    "floats": lambda labels: labels * 1.0,
    "small integers": lambda labels: labels.astype(np.int8),
    "integers beyond 64 bits": lambda labels: [label + 2**70 for label in labels.tolist()],
    "letters": lambda labels: NAMES[labels],
    "objects": lambda labels: NAMES[labels].astype(object),
    "pandas text": lambda labels: pd.Series(NAMES[labels], dtype="string"),
    "categories": lambda labels: pd.Categorical(NAMES[labels]),
    "dates": lambda labels: pd.date_range("2026-01-01", periods=3)[labels],
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_labels_may_be_spelt_in_many_ways_and_mean_the_same(spelling):
    spell, plain = SPELLINGS[spelling], ask(Y, OLD, NEW)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ask(spell(Y), spell(OLD), spell(NEW)) == plain


@pytest.mark.parametrize("dtype", [bool, int, object])
def test_true_is_a_label_like_any_other(dtype):
    assert ask(Y == 0, (OLD == 0).astype(dtype), (NEW == 0).astype(dtype)).decision == "better"


@pytest.mark.parametrize(
    "spell", [np.ndarray.tolist, pd.DataFrame, lambda p: p.astype("f4"), lambda p: p.astype(object)]
)
def test_probabilities_may_be_spelt_in_many_ways(spell):
    found = ask(NAMES[Y], spell(SHARES), spell(BETTER), metric="log_loss")
    assert found.difference == pytest.approx(ask(Y, SHARES, BETTER, metric="log_loss").difference, abs=1e-6)


def with_one(values, entry):
    return np.array([entry, *values.tolist()[1:]], dtype=object)


REFUSED = {
    "nan": ((Y, OLD, with_one(NEW, math.nan)), {}, "challenger holds 1 missing or infinite of 200"),
    "none": ((with_one(Y, None), OLD, NEW), {}, "y holds 1 missing"),
    "pandas' NA": ((Y, pd.Series([None, *OLD[1:]], dtype="Int64"), NEW), {}, "champion holds 1 missing"),
    "inf": ((Y, OLD, np.where(np.arange(N) == 3, np.inf, NEW)), {}, "challenger holds 1 missing or infinite"),
    "masked": ((np.ma.array(Y, mask=np.arange(N) < 5), OLD, NEW), {}, "y holds 5 masked entries"),
    "bytes": ((NAMES[Y], [name.encode() for name in NAMES[OLD]], NAMES[NEW]), {}, "champion holds bytes; wanted text"),
    "text beside numbers": ((Y.astype(str), OLD, NEW), {}, "labels are numbers and text; wanted one kind"),
    "text among numbers": ((with_one(Y, "1"), with_one(OLD, "1"), with_one(NEW, "1")), {}, "labels of several types"),
    "another alphabet": (
        (NAMES[Y], np.array(list("abc"))[OLD], NAMES[NEW]),
        {},
        "no answer of the champion is a label of y",
    ),
    "scores for labels": ((Y == 0, SHARES[:, 0], BETTER[:, 0]), {}, "give labels spelt as in y, or probabilities"),
    "integers that floats mix up": ((Y + 2**60, (OLD + 2**60) * 1.0, NEW), {}, "whole numbers beyond 2^53"),
    "one class": ((np.zeros(N), OLD, NEW), {}, "needs at least two classes"),
    "one row": ((Y[:1], OLD[:1], NEW[:1]), {}, "there is 1 row"),
    "no rows": (([], [], []), {}, "there are 0 rows"),
    "a row too few": ((Y, OLD[1:], NEW), {}, "y has 200, champion has 199, challenger has 200"),
    "scalars": ((1, 1, 1), {}, "there are 0 rows"),
    "a set": ((set(Y.tolist()), OLD, NEW), {}, "the rows differ"),
    "two columns of truth": ((np.c_[Y, Y], OLD, NEW), {}, "y has the shape (200, 2)"),
    "rows of different lengths": (([[1], [1, 2]] * 100, OLD, NEW), {}, "y is no array"),
    "doubled shares": (
        (Y, SHARES * 2, BETTER),
        {"metric": "log_loss"},
        "needs class probabilities in 0..1",
    ),
    "halved shares": ((Y, SHARES / 2, BETTER), {}, "champion has 200 rows whose probabilities do not add up to 1"),
    "negative shares": ((Y, SHARES - 0.2, BETTER), {"metric": "brier"}, "needs class probabilities in 0..1"),
    "shares that are missing": (
        (Y, SHARES * np.nan, BETTER),
        {"metric": "brier"},
        "600 missing or infinite probabilities",
    ),
    "shares as text": ((Y, SHARES.astype(str), BETTER), {"metric": "brier"}, "entries that are no numbers"),
    "a class too few": (
        (Y, SHARES[:, :2] / SHARES[:, :2].sum(1, keepdims=True), BETTER),
        {"metric": "brier"},
        "knows 2 classes",
    ),
    "shares of shares": ((Y, SHARES[..., None], BETTER), {"metric": "brier"}, "champion has the shape (200, 3, 1)"),
    "classes that are not there": (
        (NAMES[Y], SHARES, BETTER),
        {"metric": "brier", "classes": ["\u03b1", "\u03b2", "x"]},
        "labels without a probability column",
    ),
    "numbers as text": ((NUMBERS.astype(str), NUMBERS, NUMBERS), {"metric": "mae"}, "entries that are no numbers"),
    "numbers as objects of text": (
        (NUMBERS, NUMBERS.astype(str).astype(object), NUMBERS),
        {"metric": "mae"},
        "entries that are no numbers",
    ),
    "complex numbers": ((NUMBERS + 1j, NUMBERS, NUMBERS), {"metric": "mae"}, "entries that are no numbers"),
    "dates as numbers": (
        (pd.date_range("2026", periods=N), NUMBERS, NUMBERS),
        {"metric": "mae"},
        "entries that are no numbers",
    ),
    "numbers beyond a float": (
        (NUMBERS * 1e200, NUMBERS * 1.1e200, NUMBERS * 1e200),
        {"metric": "mse"},
        "beyond what a float can hold",
    ),
    "truth that does not vary": ((np.ones(N), NUMBERS, NUMBERS), {"metric": "r2"}, "the truth does not vary"),
    "one group": ((Y, OLD, NEW), {"groups": np.zeros(N)}, "all rows belong to one group"),
    "groups that are missing": ((Y, OLD, NEW), {"groups": with_one(Y, None)}, "groups holds 1 missing"),
    "groups too few": ((Y, OLD, NEW), {"groups": [1, 2]}, "groups names 2 rows and there are 200"),
    "a margin below zero": ((Y, OLD, NEW), {"margin": -0.01}, "the margin is -0.01"),
    "a margin that is text": ((Y, OLD, NEW), {"margin": "0.1"}, "the margin is '0.1'"),
    "a margin that is nan": ((Y, OLD, NEW), {"margin": math.nan}, "the margin is nan"),
    "a margin that is true": ((Y, OLD, NEW), {"margin": True}, "the margin is True"),
    "a level in percent": ((Y, OLD, NEW), {"level": 95}, "the level is 95"),
    "no level": ((Y, OLD, NEW), {"level": None}, "the level is None"),
    "no seed": ((Y, OLD, NEW), {"seed": None}, "the seed is None"),
    "a seed below zero": ((Y, OLD, NEW), {"seed": -1}, "the seed is -1"),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_what_cannot_be_compared_is_refused_with_a_sentence(what):
    answers, more, sentence = REFUSED[what]
    with pytest.raises(NotComparable) as refused:
        ask(*answers, **more)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"margin": 2}, "the margin is 2, and no accuracy can fall by that much: every model would pass"),
        ({"metric": None}, "the metric is None; wanted a name"),
        ({"metric": "Accuracy"}, "did you mean 'accuracy'?"),
        ({"metric": "mse"}, "computes with the numbers of the classes"),
    ],
)
def test_a_question_that_makes_no_sense_is_an_error_of_usage(more, sentence):
    with pytest.raises(UnusableMetric) as refused:
        ask(Y, OLD, NEW, **more)
    assert sentence in str(refused.value)
    assert refused.value.misconfigured


def test_two_groups_ask_for_more_groups_and_not_for_one_row_more():
    found = ask(Y, OLD, NEW, groups=np.arange(N) % 2)
    assert found.decision == "inconclusive"
    assert (found.n, found.needed_n) == (2, 52)  # groups, not rows


def test_groups_of_one_row_are_rows():
    rows, groups = ask(Y, OLD, NEW, metric="macro_f1"), ask(Y, OLD, NEW, metric="macro_f1", groups=np.arange(N))
    assert (rows.decision, groups.decision) == ("better", "better")
    assert groups.lower == pytest.approx(rows.lower, abs=0.02)


def test_two_rows_are_the_fewest_and_prove_nothing():
    assert ask([0, 1], [0, 1], [0, 1]).decision == "inconclusive"


def test_equal_answers_have_a_difference_of_plain_zero():
    assert str(ask(NUMBERS, NUMBERS, NUMBERS, metric="mae").difference) == "0.0"
