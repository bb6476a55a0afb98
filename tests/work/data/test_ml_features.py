"""What a model may look at is chosen openly: what is left out says so, what is damaged fails by name."""

from __future__ import annotations

import numpy
import pandas
import pytest

from gates.work.data.features import choose, normalise, refuse_infinite
from gates.work.errors import DataError
from gates.work.records import ColumnRoles
from ml.encoding import encoder

ROLES = ColumnRoles("id", "y", "classification", time="day")


def frame_of(**columns):
    size = len(next(iter(columns.values())))
    return pandas.DataFrame(
        {"id": [f"r{n}" for n in range(size)], **columns, "day": pandas.Timestamp("2026-01-01"), "y": range(size)}
    )


def test_numbers_truth_values_and_few_texts_are_features():
    frame = frame_of(n=[1, 2, 3, 4], f=[1.5, None, 2.5, 3.5], b=[True, False, True, None], c=["a", "b", None, "a"])
    chosen = choose(frame, ROLES)
    assert [(f.name, f.kind, f.nullable, f.categories) for f in chosen.features] == [
        ("n", "number", False, ()),
        ("f", "number", True, ()),
        ("b", "boolean", True, ()),
        ("c", "category", True, ("a", "b")),
    ]
    assert chosen.notes == ()


def test_free_text_and_dates_are_left_out_with_a_sentence():
    frame = frame_of(
        n=range(200), text=[f"note {n}" for n in range(200)], seen=pandas.date_range("2026-01-01", periods=200)
    )
    chosen = choose(frame, ROLES)
    assert chosen.names == ("n",)
    assert chosen.notes == (
        "text was left out: 200 distinct texts, at most 50 make a category",
        "seen was left out: it holds dates",
    )


def test_declared_features_keep_their_order_even_when_textual():
    frame = frame_of(n=range(60), text=[f"note {n}" for n in range(60)], other=range(60))
    chosen = choose(frame, ColumnRoles("id", "y", "classification", features=("text", "n")))
    assert [(f.name, f.kind) for f in chosen.features] == [("text", "category"), ("n", "number")]


def test_a_declared_feature_that_is_absent_is_named():
    with pytest.raises(DataError, match="1 declared features are not in the data: hight; did you mean 'height'"):
        choose(frame_of(height=[1, 2]), ColumnRoles("id", "y", "classification", features=("hight",)))


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(DataError, match="no column is left to learn from: text was left out"):
        choose(frame_of(text=[f"note {n}" for n in range(200)]), ROLES)


def test_a_damaged_number_stays_a_number_and_fails_by_name():
    frame = frame_of(n=["1.5", "oops", "2.5", "3"])
    chosen = choose(frame, ROLES)
    assert chosen.features[0].kind == "number"
    with pytest.raises(DataError, match="column 'n' holds 1 values that are not numbers, like 'oops' in row 1"):
        normalise(frame, chosen.features)


def test_infinity_is_named():
    with pytest.raises(DataError, match="column 'n' holds 2 infinite values"):
        refuse_infinite(pandas.DataFrame({"m": [1.0, 2.0, 3.0], "n": [1.0, numpy.inf, -numpy.inf]}))


def test_columns_are_taken_by_name_and_brought_to_one_form():
    frame = frame_of(n=[1, 2], b=[True, None], c=["a", None])
    features = choose(frame, ROLES).features
    X = normalise(frame[["y", "c", "b", "n"]], features)
    assert list(X.columns) == ["n", "b", "c"]
    assert X["b"].tolist()[0] == 1.0
    assert numpy.isnan(X["b"].tolist()[1])
    assert X["c"].tolist() == ["a", None]


def test_a_missing_column_is_named():
    frame = frame_of(n=[1, 2], m=[1, 2])
    with pytest.raises(DataError, match="1 of 2 columns that the model needs are missing: m"):
        normalise(frame[["n"]], choose(frame, ROLES).features)


def test_the_encoder_takes_categories_it_never_saw():
    X = pandas.DataFrame({"n": [1.0, 2.0, numpy.nan], "c": ["a", None, "b"]})
    encode = encoder(X, fill=True, scale=True).fit(X)
    unseen = encode.transform(pandas.DataFrame({"n": [1.5], "c": ["zebra"]}))
    assert unseen.shape == (1, 4)
    assert numpy.allclose(unseen[0, 1:], 0.0)


def test_plain_numbers_need_no_encoder():
    assert encoder(pandas.DataFrame({"n": [1.0, 2.0]})) is None
