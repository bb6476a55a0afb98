"""What cannot be scored is refused by name: missing, infinite, unequal, empty, of mixed kinds, no probabilities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gates.measures.model.comparison import compare
from gates.measures.model.predictions import NotComparable, order_classes

Y = [0, 1, 0, 1, 1, 0]
A = [0, 1, 1, 1, 0, 0]


def refuse(match, y=Y, champion=A, challenger=A, **named):
    with pytest.raises(NotComparable, match=match):
        compare(y, champion, challenger, **{"metric": "accuracy", "margin": 0.1, **named})


@pytest.mark.parametrize("gap", [np.nan, None, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["y", "champion", "challenger"])
def test_a_missing_or_infinite_entry_is_refused_wherever_it_stands(gap, where):
    refuse(f"{where} holds 1 missing or infinite of 6 entries", **{where: [gap, *Y[1:]]})


@pytest.mark.parametrize("gap", [pd.NA, pd.NaT, None, float("nan")])
def test_a_missing_label_among_texts_is_refused(gap):
    refuse("y holds 1 missing", y=pd.Series(["a", "b", gap], dtype=object), champion=["a"] * 3, challenger=["a"] * 3)


def test_unequal_lengths_are_refused_with_each_length():
    refuse("y has 6, champion has 6, challenger has 5", challenger=A[:5])


def test_nothing_is_refused():
    refuse("there are 0 rows", y=[], champion=[], challenger=[])


def test_one_row_is_refused():
    refuse("there is 1 row; a comparison needs at least two", y=[1], champion=[1], challenger=[0])


def test_a_table_as_truth_is_refused():
    refuse(r"y has the shape \(6, 2\)", y=np.zeros((6, 2)))


def test_text_is_never_compared_with_numbers():
    refuse("labels are numbers and text", challenger=[str(label) for label in A])


def test_a_column_of_mixed_labels_is_refused():
    refuse("a mixture", y=pd.Series([0, "1", 0, 1, 1, 0], dtype=object))


def test_numbers_are_compared_whatever_their_width():
    floats = np.asarray(A, dtype=np.float32)
    assert compare(Y, A, floats, metric="accuracy", margin=0.9).disagreements == 0


def test_probabilities_that_do_not_add_up_are_refused():
    refuse("6 rows whose probabilities do not add up to 1", metric="log_loss", champion=[[0.5, 0.2]] * 6)


def test_scores_outside_0_to_1_are_no_probabilities():
    refuse("values from -3 to 4", metric="log_loss", champion=[[-3.0, 4.0]] * 6)


def test_missing_probabilities_are_refused():
    refuse(
        "challenger holds 6 missing or infinite probabilities",
        metric="brier",
        champion=[[0.5, 0.5]] * 6,
        challenger=[[np.nan, 0.5]] * 6,
    )


def test_labels_where_probabilities_are_needed_are_refused():
    refuse("no numbers; this metric needs class probabilities", metric="brier", champion=list("ababab"))


def test_different_numbers_of_columns_are_refused():
    refuse(
        "the champion knows 2 classes and the challenger 3",
        metric="brier",
        champion=[[0.5, 0.5]] * 6,
        challenger=[[0.5, 0.25, 0.25]] * 6,
    )


def test_a_label_without_a_column_is_refused():
    halves = [[0.5, 0.5]] * 6
    refuse("labels without a probability column: 1", metric="brier", champion=halves, challenger=halves, classes=(0, 7))


def test_columns_that_nobody_can_name_are_refused():
    with pytest.raises(NotComparable, match="there are 3 probability columns for 2 labels"):
        order_classes(np.array(["a", "b"]), 3, None)


def test_a_class_named_twice_is_refused():
    with pytest.raises(NotComparable, match="1 different classes are named for 2"):
        order_classes(np.array([0, 1]), 2, (1, 1))


def test_probabilities_become_labels_where_labels_are_compared():
    certain = np.eye(2)[Y]
    assert compare(Y, A, certain, metric="accuracy", margin=0.1).challenger == 1.0


@pytest.mark.parametrize("margin", [-0.01, np.nan, np.inf])
def test_a_margin_that_is_none_is_refused(margin):
    refuse("wanted what may be lost", margin=margin)


@pytest.mark.parametrize("level", [0.5, 1.0, 95, np.nan])
def test_a_level_that_is_none_is_refused(level):
    refuse("wanted a share between 0.5 and 1", level=level)


def test_groups_of_another_length_are_refused():
    refuse("groups names 2 rows and there are 6", groups=[1, 2])


def test_a_single_group_is_refused():
    refuse("all rows belong to one group", groups=["x"] * 6)


def test_class_numbers_are_noticed_where_no_task_was_said():
    with pytest.raises(ValueError, match="computes with the numbers of the classes"):
        compare([3, 1, 2, 3], [3, 1, 1, 2], [3, 1, 2, 2], metric="mse", margin=0.1)


def test_whole_numbers_are_allowed_where_the_task_is_said_to_be_regression():
    assert (
        compare([3, 1, 2, 3], [3, 1, 1, 2], [3, 1, 2, 3], metric="mse", margin=0.1, task="regression").difference == 0.5
    )


def test_text_in_a_regression_is_refused():
    refuse(
        "champion holds .* entries that are no numbers",
        metric="mae",
        y=[0.5] * 6,
        champion=list("abcdef"),
        challenger=[0.5] * 6,
    )
