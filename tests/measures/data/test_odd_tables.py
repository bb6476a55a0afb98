"""The three functions of the data gate and the drift test, asked by someone who means them no good."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from gates.measures.data.profile import profile, violations
from gates.measures.drift import DriftFault, detect
from gates.measures.drift.table import tabulate


def table(seed: int, rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.standard_normal((rows, 3)), columns=["a", "b", "c"])


def test_columns_whose_names_are_no_text_are_compared_all_the_same():
    names = {"a": 0, "b": (1, 2), "c": None}
    before, now = (table(seed).rename(columns=names) for seed in (1, 2))
    suite = profile(before)
    assert violations(suite, before, now) == ()
    copied = pd.concat([before.head(30), now.tail(90)], ignore_index=True)
    assert [one.found for one in violations(suite, before, copied) if one.expectation == "expect_rows_to_be_new"] == [
        "30 rows are equal to rows of the reference"
    ]


def test_names_like_formulas_and_other_scripts_are_names():
    names = {"a": "=1+1", "b": "ä ö 研究", "c": "line\nbreak"}
    before, now = (table(seed).rename(columns=names) for seed in (1, 2))
    assert violations(profile(before), before, now) == ()
    shifted = now.assign(**{"=1+1": now["=1+1"] + 3})
    assert detect(before, shifted, backend="scipy").columns[0].name == "=1+1"


def test_a_name_that_stands_twice_is_refused_by_both():
    before, now = table(1), table(2)
    twice = now.set_axis(["a", "a", "c"], axis=1)
    assert "stands more than once in the header" in str(violations(profile(before), before, twice)[0])
    with pytest.raises(DriftFault, match="current has more than one column named 'a': rename or drop one"):
        detect(before, twice)


@pytest.mark.parametrize("what", [None, {"a": [1]}, np.zeros((3, 3)), pd.Series([1.0])])
def test_what_is_no_table_is_refused_in_one_sentence(what):
    wanted = f"a {type(what).__name__}, wanted a pandas DataFrame: give the rows as a table with column names"
    with pytest.raises(ValueError, match=wanted):
        profile(what)
    with pytest.raises(ValueError, match=wanted):
        violations(profile(table(1)), table(1), what)
    with pytest.raises(DriftFault, match=wanted):
        detect(table(1), what)


def test_a_reference_without_rows_teaches_nothing():
    with pytest.raises(ValueError, match="the reference has 0 rows and 3 columns; a suite is learnt from data"):
        profile(table(1).head(0))


def test_numbers_kept_as_objects_are_compared_as_numbers():
    before, now = table(1).astype(object), table(2).astype(object)
    assert [one.name for one in tabulate(before, now).numbers] == ["a", "b", "c"]
    assert detect(before, now.assign(a=now["a"].astype(float) + 2), backend="scipy").drifted


def test_one_infinite_value_among_words_is_named():
    before, now = (table(seed).assign(mixed=["x", 1.5, "y"] * 40) for seed in (1, 2))
    now.loc[7, "mixed"] = math.inf
    report = detect(before, now, backend="scipy")
    assert report.drifted
    assert report.reasons[0] == "column 'mixed' holds 1 infinite values (reference 0)"


@pytest.mark.parametrize(
    ("values", "kind", "compared"),
    [(1j * np.arange(120), "complex numbers", 3), (pd.date_range("2026", periods=120), "dates", 4)],
)
def test_a_column_that_cannot_be_compared_in_full_is_named(values, kind, compared):
    before, now = (table(seed).assign(odd=values) for seed in (1, 2))
    (skipped,) = tabulate(before, now).skipped
    assert skipped.sentence.startswith(f"column 'odd' holds {kind}")
    assert detect(before, now, backend="scipy").compared == compared


def test_whole_numbers_beyond_all_floats_are_words():
    huge = pd.Series([10**400] * 120, dtype=object)
    assert tabulate(table(1).assign(huge=huge), table(2).assign(huge=huge)).categories[0].name == "huge"
