"""Copies across a line are counted; nothing compared is never nothing found."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from gates.measures.data.freshness import measure_ages
from gates.measures.data.label_consistency import agreement
from gates.measures.data.leakage import find_leaks, find_recycled
from gates.measures.data.relabelling import find_relabelled, measure_label_change

ROLES = SimpleNamespace(
    id="cord_uid", target="cluster", task="classification", features=(), time=None, group=None, weight=None
)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_leaks_are_counted_exactly_and_nearly(papers):
    holdout, training = papers.iloc[:100].copy(), papers.iloc[100:]
    assert find_leaks(holdout, training, ROLES).count == 0
    holdout.iloc[0, 1:-1] = training.iloc[5, 1:-1]
    holdout.iloc[1, 1:-1] = training.iloc[6, 1:-1].astype(float) + 1e-9
    assert find_leaks(holdout, training, ROLES).count == 1
    assert find_leaks(holdout, training, ROLES, nearly=True).count == 2


@pytest.mark.parametrize("side", ["holdout", "training"])
def test_a_side_without_rows_is_no_proof_of_cleanliness(side, papers):
    empty = papers.iloc[:0]
    found = find_leaks(empty, papers, ROLES) if side == "holdout" else find_leaks(papers, empty, ROLES)
    assert found.rows == 0
    assert found.measured().n == 0, "a measurement on no row keeps no bound"


def test_recycled_rows_are_told_apart_from_new_ones(papers):
    assert find_recycled(papers.iloc[200:], papers.iloc[:200], ROLES).count == 0
    assert find_recycled(papers.iloc[190:].assign(cord_uid="n"), papers.iloc[:200], ROLES).count == 10


def test_relabelled_rows_are_counted_by_key(papers):
    changed = papers.sample(frac=1.0, random_state=1)
    assert find_relabelled(changed, papers, ROLES).count == 0
    changed["cluster"] = changed["cluster"].where(changed["cord_uid"] != "p00003", 7)
    assert find_relabelled(changed, papers, ROLES).count == 1
    assert find_relabelled(changed.drop(columns="cluster"), papers, ROLES).share == 1.0


def test_clean_labels_follow_the_features_and_shuffled_ones_do_not(papers):
    before, new = papers.iloc[:250], papers.iloc[250:]
    assert measure_label_change(before, new, ROLES).loss == 0.0
    shuffled = new.assign(cluster=np.random.default_rng(4).permutation(new["cluster"]))
    assert measure_label_change(before, shuffled, ROLES).loss > 0.2


def test_agreement_is_the_same_on_both_sides_of_clean_data(papers):
    found = agreement(papers.iloc[:250], papers.iloc[250:], key="cord_uid", target="cluster")
    assert found is not None
    assert found.hits / found.rows > 0.9
    assert found.hits_before / found.rows_before > 0.9


def test_labels_without_numbers_to_follow_are_not_called_unchanged(mixed):
    words = mixed[["id", "plan", "churned"]]
    roles = SimpleNamespace(
        id="id", target="churned", task="classification", features=(), time=None, group=None, weight=None
    )
    assert measure_label_change(words, words, roles).loss == 1.0


def test_the_age_is_that_of_the_newest_row():
    ages = measure_ages(pd.DataFrame({"day": ["2026-02-01", "2026-02-19T00:00:00Z", None, "soon"]}), "day", now=NOW)
    assert (ages.newest, ages.unreadable, ages.future) == (10.0, 2, 0)


def test_the_future_is_counted_and_makes_nothing_fresh():
    ages = measure_ages(pd.DataFrame({"day": ["2025-03-01", "2027-01-01"]}), "day", now=NOW)
    assert (ages.newest, ages.future) == (365.0, 1)


@pytest.mark.parametrize("cells", [["soon", None], [1.0, 2.0], [None, None]])
def test_a_column_without_times_has_no_age(cells):
    ages = measure_ages(pd.DataFrame({"day": cells}), "day", now=NOW)
    assert np.isnan(ages.newest)
    assert ages.unreadable == 2


def test_a_missing_time_column_has_no_age():
    assert np.isnan(measure_ages(pd.DataFrame({"a": [1]}), "day", now=NOW).newest)
