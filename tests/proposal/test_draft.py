"""A draft says what the gates will meet in a table, and a table that cannot be gated is refused in one sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from first_tables import bundled, churn, sales

from gates.errors import ConfigError, GatesError
from gates.proposal.draft import make_draft
from gates.work.errors import DataError
from gates.work.records import ColumnRoles

NOW = datetime(2026, 11, 27, tzinfo=UTC)
CHURN = ColumnRoles("customer_id", "churned", "classification")


def test_every_column_that_is_no_feature_has_its_reason():
    made = make_draft(churn(400), CHURN, NOW)
    assert dict(made.left_out) == {
        "customer_id": "it identifies the row",
        "churned": "it is what is predicted",
        "remarks": "400 distinct texts, at most 50 make a category",
        "birthday": dict(made.left_out)["birthday"],
    }
    assert set(made.features) | set(dict(made.left_out)) == set(churn(400).columns)
    assert made.training_rows + made.holdout_rows == made.rows == 400


def test_the_age_of_the_newest_row_is_measured():
    made = make_draft(sales(300), ColumnRoles("sale_id", "price", "regression", time="sold_at"), NOW)
    assert made.age_days == pytest.approx((NOW - datetime(2026, 2, 7, 9, tzinfo=UTC)).total_seconds() / 86400)
    assert made.floors[-1].floor > 0


def test_few_rows_are_counted_against_those_that_drift_needs():
    made = make_draft(bundled("iris").assign(id=range(150)), ColumnRoles("id", "target", "classification"), NOW)
    rows, needed = made.drift_rows
    assert rows == made.holdout_rows < needed


def test_equal_rows_on_both_sides_are_counted():
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"id": [f"r{row}" for row in range(300)], "a": draw.integers(0, 3, 300), "b": draw.integers(0, 3, 300)}
    )
    frame["y"] = (frame["a"] > 1).astype(int)
    made = make_draft(frame, ColumnRoles("id", "y", "classification"), NOW)
    assert made.leaks[0] > 50


def test_boosting_is_drafted_where_a_line_cannot_do_it():
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(draw.normal(size=(500, 2)), columns=["a", "b"])
    frame["y"] = np.where(frame["a"].abs() > 0.67, "far", "near")
    frame["id"] = [f"r{row}" for row in range(500)]
    made = make_draft(frame, ColumnRoles("id", "y", "classification"), NOW)
    assert (made.estimator, "HistGradientBoosting" in made.training) == ("boosting", True)


def spoilt(**columns):
    return churn(200).assign(**columns)


REFUSED = {
    "no such column": (churn(200), replace(CHURN, id="kunde"), ConfigError, "names 'kunde', which is no column"),
    "one column twice": (churn(200), ColumnRoles("churned", "churned", "classification"), ConfigError, "two roles name one column"),
    "few rows": (churn(60), CHURN, DataError, "the data have 60 rows, and the data gate wants 100 at least"),
    "one row": (churn(1), CHURN, DataError, "the data have 1 rows"),
    "a key with gaps": (
        spoilt(customer_id=[None, *map(str, range(199))]), CHURN, DataError, "1 of 200 rows have no 'customer_id'",
    ),
    "a key that repeats": (spoilt(customer_id=["x"] * 200), CHURN, DataError, "199 of 200 values of 'customer_id' repeat"),
    "a target with gaps": (spoilt(churned=[None, "yes"] * 100), CHURN, DataError, "100 of 200 rows have no 'churned', the target"),
    "one class": (spoilt(churned=["no"] * 200), CHURN, DataError, "the target 'churned' is 'no' in every row"),
    "words as numbers": (
        churn(200), ColumnRoles("customer_id", "churned", "regression"), DataError, "is not numeric, as a regression needs",
    ),
    "no time": (
        churn(200), replace(CHURN, time="remarks"), DataError, "holds values that are no times",
    ),
    "nothing to learn from": (
        churn(200)[["customer_id", "remarks", "churned"]], CHURN, DataError, "no column is left to learn from",
    ),
    "infinite numbers": (spoilt(größe=[np.inf] * 200), CHURN, DataError, "infinite values"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_table_that_cannot_be_gated_is_refused(case):
    frame, roles, kind, sentence = REFUSED[case]
    with pytest.raises(kind) as refused:
        make_draft(frame, roles, NOW)
    assert sentence in refused.value.message
    assert isinstance(refused.value, GatesError)
    assert refused.value.remedy
