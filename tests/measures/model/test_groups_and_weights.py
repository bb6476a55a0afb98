"""Rows that belong together are one piece of evidence, and rows count as much as their weight says."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, roc_auc_score

from gates.measures.model.comparison import compare, describe
from gates.measures.model.leakage import seen_share
from gates.measures.model.measure import compare_models, score
from gates.measures.model.paired_scores import score as score_answers
from gates.measures.model.predictions import NotComparable
from gates.measures.model.row_units import FEWEST_GROUPS, groups_of, measure_mean, weights_of
from gates.measures.model.slices import classes_against_champion

RNG = np.random.default_rng(11)
ROLES = SimpleNamespace(
    id="id",
    target="y",
    task="classification",
    features=(),
    time=None,
    slices=(),
    group="patient",
    weight=None,
    split="id",
)


class Told:
    classes = ("a", "b")

    def __init__(self, answers):
        self._answers = np.asarray(answers)

    def predict(self, X):
        return self._answers


def make_rows(y, **columns):
    frame = pd.DataFrame({"y": y, **columns})
    return SimpleNamespace(X=frame, y=frame["y"], frame=frame)


def grouped(groups: int, each: int = 10, *, seed: int = 0):
    """Truth, and answers of a model that is right or wrong on whole groups: it has one chance a group, not ten."""
    rng = np.random.default_rng(seed)
    y = np.repeat(rng.choice(["a", "b"], groups), each)
    wrong = np.repeat(rng.random(groups) < 0.5, each)
    return y, np.where(wrong, np.where(y == "a", "b", "a"), y), np.repeat(np.arange(groups), each)


def test_ten_equal_rows_of_a_group_prove_no_more_than_one():
    y, answers, groups = grouped(60)
    other = grouped(60, seed=5)[1]
    loose = compare(y, other, answers, metric="accuracy", margin=0.05)
    held = compare(y, other, answers, metric="accuracy", margin=0.05, groups=groups)
    single = compare(y[::10], other[::10], answers[::10], metric="accuracy", margin=0.05, groups=groups[::10])
    assert held.upper - held.lower > 2.5 * (loose.upper - loose.lower)  # root of ten
    assert held.upper - held.lower == pytest.approx(single.upper - single.lower, rel=0.05)
    assert (held.n, held.rows, held.clusters) == (60, 600, 60)
    assert "n = 60 groups of 600 rows" in describe(held)


def test_the_rows_needed_count_groups():
    y, answers, groups = grouped(60)
    other = grouped(60, seed=5)[1]
    held = compare(y, other, answers, metric="accuracy", margin=0.05, groups=groups)
    single = compare(y[::10], other[::10], answers[::10], metric="accuracy", margin=0.05, groups=groups[::10])
    assert held.needed_n == pytest.approx(single.needed_n, rel=0.1)
    assert held.needed_n > 60


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_under_twenty_groups_nothing_is_decided(metric):
    y, _, groups = grouped(FEWEST_GROUPS - 1)
    met = compare(y, np.where(y == "a", "b", "a"), y, metric=metric, margin=0.9, groups=groups)
    assert met.decision == "inconclusive"
    assert met.lower <= -0.9
    assert met.unproved_n >= FEWEST_GROUPS
    assert "19 groups are too few for an interval, wanted 20" in describe(met)


def test_twenty_groups_are_enough_for_a_clear_answer():
    y, _, groups = grouped(FEWEST_GROUPS)
    wrong = np.where(np.arange(len(y)) % 10 < 9, np.where(y == "a", "b", "a"), y)
    assert compare(y, wrong, y, metric="accuracy", margin=0.05, groups=groups).decision == "better"


def test_equal_models_on_grouped_rows_are_not_called_better_more_often_than_the_level_says():
    called = 0
    for seed in range(150):
        y, answers, groups = grouped(40, seed=seed)
        other = grouped(40, seed=seed + 5000)[1]
        called += (
            compare(y, other, answers, metric="accuracy", margin=0.0, groups=groups, draws=400).decision == "better"
        )
    assert called <= 15  # 5 % of 150 is 7.5; without groups it is 47


def test_the_names_and_the_order_of_groups_do_not_matter():
    y, answers, groups = grouped(30)
    other = grouped(30, seed=5)[1]
    named = np.array([f"p{99 - group}" for group in groups])
    first, second = (compare(y, other, answers, metric="macro_f1", margin=0.05, groups=g) for g in (groups, named))
    assert (first.lower, first.upper) == (second.lower, second.upper)


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        ("accuracy", lambda y, a, w: accuracy_score(y, a, sample_weight=w)),
        ("macro_f1", lambda y, a, w: f1_score(y, a, sample_weight=w, average="macro")),
    ],
)
def test_weighted_scores_are_those_of_scikit_learn(metric, reference):
    y, answers = RNG.choice(list("abc"), 300), RNG.choice(list("abc"), 300)
    weights = RNG.random(300) * 5
    assert score_answers(y, answers, metric=metric, weights=weights) == pytest.approx(reference(y, answers, weights))


def test_weighted_scores_of_numbers_and_probabilities_are_those_of_scikit_learn():
    y, answers, weights = RNG.normal(size=200), RNG.normal(size=200), RNG.random(200)
    assert score_answers(y, answers, metric="mae", weights=weights) == pytest.approx(
        mean_absolute_error(y, answers, sample_weight=weights)
    )
    labels, shares = RNG.choice([0, 1], 200), RNG.random(200)
    assert score_answers(labels, shares, metric="roc_auc_ovr", weights=weights) == pytest.approx(
        roc_auc_score(labels, shares, sample_weight=weights)
    )


def test_equal_weights_change_no_score_and_a_row_without_weight_does_not_count():
    y, answers = RNG.choice(list("ab"), 100), RNG.choice(list("ab"), 100)
    plain = score_answers(y, answers, metric="macro_f1")
    assert score_answers(y, answers, metric="macro_f1", weights=np.full(100, 7.0)) == pytest.approx(plain)
    some = np.arange(100) < 60
    assert score_answers(y, answers, metric="macro_f1", weights=some.astype(float)) == pytest.approx(
        score_answers(y[some], answers[some], metric="macro_f1")
    )


def test_a_model_that_loses_where_the_weight_lies_is_not_no_worse():
    y = np.repeat(["a", "b"], 200)
    lost = np.where(np.arange(400) % 20 == 0, "z", y)
    heavy = np.where(np.arange(400) % 20 == 0, 50.0, 1.0)
    assert compare(y, y, lost, metric="accuracy", margin=0.1).decision == "no_worse"
    weighed = compare(y, y, lost, metric="accuracy", margin=0.1, weights=heavy)
    assert weighed.decision == "worse"
    assert weighed.difference == pytest.approx(-1000 / 1380)
    assert "weighted" in weighed.method


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ([1.0] * 99, "weights names 99 rows and there are 100"),
        ([np.nan] * 100, "missing or infinite"),
        ([-1.0] * 100, "100 negative entries"),
        ([0.0] * 100, "every weight is 0"),
        (["much"] * 100, "no numbers"),
    ],
)
def test_weights_that_are_none_are_refused(weights, sentence):
    y = np.repeat(["a", "b"], 50)
    with pytest.raises(NotComparable, match=sentence):
        compare(y, y, y, metric="accuracy", margin=0.05, weights=weights)


def test_the_roles_name_the_columns_of_groups_and_weights():
    y, answers, groups = grouped(30)
    rows = make_rows(y, patient=groups, w=np.where(groups < 15, 3.0, 1.0))
    roles = SimpleNamespace(**{**vars(ROLES), "weight": "w"})
    assert score("accuracy", Told(answers), rows, roles) == pytest.approx(
        accuracy_score(y, answers, sample_weight=rows.frame["w"])
    )
    met = compare_models("accuracy", Told(y), Told(answers), rows, ROLES, limit=-0.05)
    assert (met.n, met.rows) == (30, 300)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({}, "have no column 'patient', which .* names as group"),
        ({"patient": [None] * 4}, "4 of 4 rows have no 'patient'"),
    ],
)
def test_a_column_of_groups_that_is_not_there_is_refused(columns, sentence):
    with pytest.raises(NotComparable, match=sentence):
        groups_of(make_rows(list("abab"), **columns), ROLES)
    with pytest.raises(NotComparable, match=r"have no column 'w', which .* names as weight"):
        weights_of(make_rows(list("abab")), SimpleNamespace(group=None, weight="w"))


def test_the_error_of_a_mean_is_that_of_independent_units():
    values = RNG.normal(size=50)
    mean, error, n = measure_mean(np.repeat(values, 4), np.repeat(np.arange(50), 4), None)
    assert (mean, n) == (pytest.approx(values.mean()), 50)
    assert error == pytest.approx(values.std(ddof=1) / np.sqrt(50))
    assert measure_mean(values, None, None)[1] == pytest.approx(values.std(ddof=1) / np.sqrt(50))
    assert measure_mean(values, np.zeros(50, dtype=int), None)[1] == float("inf")


def test_a_class_that_fell_in_a_few_groups_alone_is_not_proved_to_have_collapsed():
    groups = np.repeat(np.arange(40), 10)
    y = np.where(groups % 2 == 0, "a", "b")
    lost = np.where(groups < 3, "b", y)  # two of twenty patients of class a, all their visits
    loose = SimpleNamespace(**{**vars(ROLES), "group": None})
    rows = make_rows(y, patient=groups)
    assert classes_against_champion(Told(y), Told(lost), rows, loose, margin=0.02, minimum=20).worst < 0.01
    held = classes_against_champion(Told(y), Told(lost), rows, ROLES, margin=0.02, minimum=20)
    assert held.worst > 0.1
    assert (held.n, held.minimum) == (40, 20)


def test_a_class_in_too_few_groups_is_not_tested_however_many_rows_it_has():
    groups = np.repeat(np.arange(40), 10)
    y = np.where(groups < 5, "a", "b")
    held = classes_against_champion(Told(y), Told(y), make_rows(y, patient=groups), ROLES, margin=0.05, minimum=20)
    assert [part.name for part in held.tested] == ["class b"]
    assert "not tested, under 20 groups: class a (5)" in held.describe()


def signed(**about):
    known = {"id": "id", "holdout_share": 0.33, "group": None, "split": "id", "newest": None, "identified_by": ()}
    return SimpleNamespace(signature=SimpleNamespace(**{**known, **about}))


def test_without_a_key_other_columns_are_another_split():
    rows = make_rows(list("ab"))
    old, new = signed(identified_by=("a", "b")), signed(identified_by=("a", "b", "c"))
    share, detail = seen_share(old, new, rows, ROLES)
    assert share == 1.0
    assert "was split by the content of the columns 'a', 'b' and the challenger by" in detail
    many = tuple(f"c{n:02}" for n in range(40))
    assert seen_share(signed(identified_by=many), signed(identified_by=(*many[:-1], "d")), rows, ROLES)[0] == 1.0
    assert seen_share(new, new, rows, ROLES)[0] == 0.0
    assert seen_share(*(signed(group="patient", identified_by=by) for by in (("a",), ("b",))), rows, ROLES)[0] == 0.0


def test_a_champion_that_parted_the_groups_may_have_seen_everything():
    rows = make_rows(list("ab"))
    share, detail = seen_share(signed(), signed(group="patient"), rows, ROLES)
    assert share == 1.0
    assert detail.startswith(
        "the champion was split by 'id' and the challenger by group 'patient': nobody knows which rows it has seen"
    )
    for way in ("write the split back as it was", "give the project another name in [tool.ml]", "waive this check"):
        assert way in detail
    assert seen_share(signed(group="patient"), signed(group="patient"), rows, ROLES)[0] == 0.0


@pytest.mark.parametrize(
    ("newest", "share"),
    [
        ("2026-01-02T00:00:00+00:00", 0.5),
        ("2025-12-31T00:00:00+00:00", 0.0),
        ("2026-03-01T00:00:00+00:00", 1.0),
        (None, 1.0),
    ],
)
def test_by_time_a_row_is_seen_that_is_not_newer_than_what_was_learned_from(newest, share):
    rows = make_rows(list("abab"), at=["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"])
    roles = SimpleNamespace(**{**vars(ROLES), "time": "at"})
    assert seen_share(signed(split="time", newest=newest), signed(split="time"), rows, roles)[0] == share
