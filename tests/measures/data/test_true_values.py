"""A signed evidence is true: an expectation gives what it measured, and what breaks it as a count of violations of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gates.measures.data.expectations.categories import ExpectCategoryShares, ExpectKnownCategories
from gates.measures.data.expectations.copies import ExpectDistinctRows
from gates.measures.data.expectations.labels import ExpectConsistentLabels, ExpectSeveralLabels
from gates.measures.data.expectations.numbers import ExpectPrecision
from gates.measures.data.expectations.presence import ExpectNullShares
from gates.measures.data.expectations.variety import ExpectModalShares
from gates.measures.data.survey import survey
from gates.measures.measurement import VIOLATIONS


def table(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns)


HALF = ["a"] * 50 + ["b"] * 50
TOLERATED = {
    "nulls that the reference had as well": (
        ExpectNullShares(seen={"x": 10}, rows=100),
        table(x=[None] * 10 + list(range(90))),
        "null_share",
        0.1,
    ),
    "nulls up to a cap": (ExpectNullShares(columns=["x"], at_most=0.2), table(x=[None, *range(9)]), "null_share", 0.1),
    "rounded values as before": (
        ExpectPrecision(seen={"x": 50}, rows=100),
        table(x=[0.25] * 50 + list(np.linspace(0.111, 0.999, 50) + 0.00012345)),
        "rounded_share",
        0.5,
    ),
    "a value as common as before": (
        ExpectModalShares(seen={"x": [(1.0, 50)]}, rows=100),
        table(x=[1.0] * 50 + list(np.arange(50) + 2.5)),
        "modal_share",
        0.5,
    ),
    "as many new categories as before": (
        ExpectKnownCategories(categories={"x": ["a", "b"]}, seen_once={"x": 5}, rows=100),
        table(x=[*HALF[:49], "new", *HALF[51:], "b"]),
        "unknown_share",
        0.01,
    ),
    "shares that moved by chance": (
        ExpectCategoryShares(counts={"x": {"a": 50, "b": 50}}),
        table(x=["a"] * 55 + ["b"] * 45),
        "share_distance",
        0.05,
    ),
    "rows that repeat as before": (
        ExpectDistinctRows(seen=10, rows=100),
        table(x=[0] * 11 + list(range(1, 90))),
        "duplicate_share",
        0.1,
    ),
    "as many contradictions as before": (
        ExpectConsistentLabels(column="y", seen=4, rows=100),
        table(x=[0, 0, *range(1, 99)], y=["a", "b", *HALF[:98]]),
        "conflicting_label_share",
        0.02,
    ),
    "two labels": (ExpectSeveralLabels(column="y"), table(y=HALF), "labels", 2),
}


@pytest.mark.parametrize(("expectation", "frame", "id", "value"), TOLERATED.values(), ids=list(TOLERATED))
def test_what_is_tolerated_is_still_measured(expectation, frame, id, value):
    result = expectation.judge(survey(frame))
    given = {one.id: one for one in result.measured()}
    assert given[VIOLATIONS].value == 0, result.detail
    assert given[id].value == pytest.approx(value)
    assert given[id].n == len(frame)


def test_what_is_beyond_what_was_learnt_counts_as_violations_beside_the_measurement():
    result = ExpectNullShares(seen={"x": 1}, rows=100).judge(survey(table(x=[None] * 40 + list(range(60)))))
    given = {one.id: one for one in result.measured()}
    assert given[VIOLATIONS].value == 40
    assert given["null_share"].value == pytest.approx(0.4)


def test_an_expectation_that_could_evaluate_nothing_claims_no_measurement():
    result = ExpectSeveralLabels(column="gone").judge(survey(table(x=[1, 2])))
    given = {one.id: one for one in result.measured()}
    assert given[VIOLATIONS].value >= 1


LARGE = 20_000


@pytest.mark.parametrize(
    ("make", "frame"),
    [
        (
            lambda **more: ExpectPrecision(seen={"x": LARGE // 2}, rows=LARGE, **more),
            table(x=[0.25] * (LARGE * 53 // 100) + list(np.linspace(1.0, 9.0, LARGE * 47 // 100) + 0.00012345)),
        ),
        (
            lambda **more: ExpectModalShares(seen={"x": [(1.0, LARGE // 2)]}, rows=LARGE, **more),
            table(x=[1.0] * (LARGE * 53 // 100) + list(np.arange(LARGE * 47 // 100) + 2.5)),
        ),
        (
            lambda **more: ExpectCategoryShares(counts={"x": {"a": LARGE // 2, "b": LARGE // 2}}, **more),
            table(x=["a"] * (LARGE * 53 // 100) + ["b"] * (LARGE * 47 // 100)),
        ),
    ],
    ids=["precision", "modal-share", "category-shares"],
)
def test_a_sure_change_of_three_percent_counts_where_it_is_noticeable(make, frame):
    def counted(expectation):
        (violations,) = (one.value for one in expectation.judge(survey(frame)).measured() if one.id == VIOLATIONS)
        return violations

    assert counted(make(noticeable=0.04)) == 0
    assert counted(make(noticeable=0.02)) > 0
