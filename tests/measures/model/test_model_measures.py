"""Measures of one model: what must not matter, fidelity of the file, leaks, cost, and the dummy."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from gates.measures.model import invariance
from gates.measures.model.comparison import describe
from gates.measures.model.cost import Clocks, time_per_row, time_single_row
from gates.measures.model.dummy import Dummy
from gates.measures.model.fidelity import (
    count_unknown_labels,
    list_mismatches,
    probability_gap,
    replay,
    replay_probabilities,
)
from gates.measures.model.leakage import count_shared_ids, seen_share
from gates.measures.model.measure import compare_models, compare_with_dummy, read_margin, score
from gates.measures.model.metrics import UnusableMetric
from gates.measures.model.predictions import NotComparable

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame({"id": range(200), "x": RNG.normal(0, 1, 200), "count": RNG.integers(0, 9, 200)})
ROLES = SimpleNamespace(id="id", target="y", task="classification", features=("x", "count"), slices=(),
    time=None, group=None, weight=None, split="id")  # fmt: skip


def make_rows(y=None, frame=FRAME):
    y = pd.Series(np.where(frame["x"] > 0, "up", "down")) if y is None else pd.Series(y)
    return SimpleRows(frame, y)


class SimpleRows:
    def __init__(self, frame, y):
        self.frame, self.X, self.y, self.ids = frame, frame[["x", "count"]], y, frame["id"]

    def __len__(self):
        return len(self.frame)


class Model:
    """Answers by the sign of ``x``; ``rule`` may answer otherwise."""

    def __init__(self, rule=None, classes=("down", "up"), sure=0.9, **said):
        self._rule = rule or (lambda X: np.where(X["x"] > 0, "up", "down"))
        self.classes, self.features, self.size, self._sure = classes, ("x", "count"), 1, sure
        about = {"id": "id", "target": "y", "task": "classification", "holdout_share": 0.33, "training_rows": 200,
                 "group": None, "split": "id", "weight": None, "newest": None, "identified_by": ()}  # fmt: skip
        self.signature = SimpleNamespace(**{**about, **said})

    def predict(self, X):
        return self._rule(X)

    def predict_proba(self, X):
        if self.classes is None:
            return None
        right = np.array(self.classes) == self.predict(X)[:, None]
        return np.where(right, self._sure, (1 - self._sure) / (len(self.classes) - 1))


def test_a_model_that_looks_at_values_alone_changes_under_nothing():
    rows, model = make_rows(), Model()
    assert invariance.under_noise(model, rows, size=1e-6).count == 0
    assert invariance.under_row_order(model, rows).count == 0
    assert invariance.under_column_order(model, rows).count == 0
    assert invariance.under_repetition(model, rows).count == 0
    assert invariance.under_single_rows(model, rows, most=7) == invariance.Changed(0, 7, "0 of 7 rows change")


def test_noise_that_is_not_tiny_is_seen_and_whole_numbers_are_left_alone():
    by_count = Model(lambda X: np.where(X["count"] > 4, "up", "down"))
    assert invariance.under_noise(Model(), make_rows(), size=1.0).share > 0.1
    assert invariance.under_noise(by_count, make_rows(), size=1.0).count == 0


def test_a_missing_number_stays_missing_under_noise():
    frame = FRAME.assign(x=FRAME["x"].mask(FRAME["id"] == 3))
    assert invariance.under_noise(Model(), make_rows(frame=frame), size=1e-6).count == 0


@pytest.mark.parametrize(
    ("measure", "rule"),
    [
        (invariance.under_row_order, lambda X: np.where(np.arange(len(X)) < 100, "up", "down")),
        (invariance.under_column_order, lambda X: np.where(X.iloc[:, 0] > 0, "up", "down")),
        (invariance.under_repetition, lambda X: np.repeat("up" if len(X) == 200 else "down", len(X))),
        (
            lambda model, rows: invariance.under_single_rows(model, rows, most=5),
            lambda X: np.repeat("up" if len(X) > 1 else "down", len(X)),
        ),
    ],
)
def test_what_depends_on_order_or_company_is_seen(measure, rule):
    assert measure(Model(rule), make_rows()).count > 0


def test_answers_of_another_length_count_as_changed_on_every_row():
    changed = invariance.compare_answers(np.array([1, 2, 3]), np.array([1, 2]), pd.Series([7, 8, 9]))
    assert changed == invariance.Changed(3, 3, "2 answers for 3 rows")


def test_numbers_that_are_not_finite_count_as_changed():
    changed = invariance.compare_answers(
        np.array([1.0, 2.0, np.nan]), np.array([1.0, np.nan, np.nan]), pd.Series([7, 8, 9])
    )
    assert changed == invariance.Changed(2, 3, "2 of 3 rows change: 8, 9")


def test_no_rows_have_no_share():
    assert np.isnan(invariance.Changed(0, 0, "").share)


def test_golden_rows_are_replayed():
    golden = SimpleNamespace(
        rows=({"x": 1.0, "count": 2}, {"x": -1.0, "count": 2}),
        predictions=("up", "up"),
        probabilities=((0.1, 0.9), (0.9, 0.1)),
    )
    assert replay(Model(), golden).where == "1 of 2 rows change: row 1"
    assert replay_probabilities(Model(), golden) == pytest.approx(0)
    assert replay_probabilities(Model(sure=0.8), golden) == pytest.approx(0.1)


def test_probabilities_on_one_side_only_are_an_infinite_gap():
    some = np.array([[0.5, 0.5]])
    assert probability_gap(None, None) == 0
    assert (
        probability_gap(some, None)
        == probability_gap(None, some)
        == probability_gap(some, np.array([[1.0]]))
        == float("inf")
    )


def test_labels_that_the_model_cannot_answer_are_counted_and_named():
    count, detail = count_unknown_labels(Model(), make_rows(["up"] * 197 + ["left", "left", "right"]))
    assert (count, detail) == (3, "labels that it has never seen: left (2), right (1)")
    assert count_unknown_labels(Model(), make_rows())[0] == 0


def test_a_fitting_signature_has_no_mismatch():
    assert list_mismatches(Model(), ROLES, make_rows()) == ()


def test_every_mismatch_of_the_signature_is_told():
    model = Model(target="z", task="regression", id="key", training_rows=5)
    model.features = ("x", "ghost")
    told = "; ".join(list_mismatches(model, ROLES, make_rows()))
    for part in (
        "no columns of the data: ghost",
        "not used: count",
        "id is 'key'",
        "target is 'z'",
        "task is 'regression'",
        "from 5 rows",
    ):
        assert part in told
    model.features = ()
    assert "it names no feature" in list_mismatches(model, ROLES, make_rows())


def test_ids_on_both_sides_are_counted():
    assert count_shared_ids(make_rows(), make_rows(frame=FRAME.assign(id=FRAME["id"] + 198), y=["up"] * 200)) == (
        2,
        "2 ids on both sides: 198, 199",
    )


def test_a_champion_with_a_smaller_holdout_has_seen_a_share_of_ours():
    assert seen_share(Model(holdout_share=0.33), Model(), make_rows(), ROLES)[0] == 0
    assert seen_share(Model(holdout_share=0.5), Model(), make_rows(), ROLES)[0] == 0
    assert seen_share(Model(holdout_share=0.11), Model(), make_rows(), ROLES)[0] == pytest.approx(2 / 3)


def test_a_champion_split_by_another_id_may_have_seen_everything():
    share, detail = seen_share(Model(id="key"), Model(), make_rows(), ROLES)
    assert share == 1.0
    assert "nobody knows" in detail


class Machine:
    """Clocks of the test's own: a prediction takes ``took`` seconds, and others have the processor ``busy`` of the time."""

    def __init__(self, took, *, busy=0.0, interrupted=False):
        self.now, self.used, self.switches, self.reads = 0.0, 0.0, 0, 0
        self.took, self.busy, self.interrupted = took, busy, interrupted
        self.clocks = Clocks(self._wall, self._processor, lambda: self.switches)

    def _wall(self):
        return self.now

    def _processor(self):
        self.reads += 1
        if self.reads % 2 == 0:  # the work lies between two reads
            self.used += 0.001
            self.now += 0.001 / (1 - self.busy)
        return self.used

    def predict(self, X):
        self.now += self.took
        self.switches += self.interrupted
        return np.full(len(X), "up")


def test_time_is_measured_in_milliseconds_and_its_repetitions_are_counted():
    machine = Machine(0.4)
    timing = time_single_row(machine, make_rows(), repetitions=4, clocks=machine.clocks)
    assert (timing.n, timing.measured, timing.needed_n) == (4, 4, None)
    assert (timing.median, timing.slowest) == (pytest.approx(400), pytest.approx(400))
    assert "median of 4 quiet repetitions of 4" in timing.describe()
    batch = time_per_row(machine, make_rows(), repetitions=3, clocks=machine.clocks)
    assert (batch.n, batch.median) == (3, pytest.approx(2))


@pytest.mark.parametrize("disturbed", [{"busy": 0.5}, {"interrupted": True}], ids=["others run", "it was interrupted"])
def test_on_a_busy_machine_no_time_is_proved_too_long(disturbed):
    machine = Machine(0.4, **disturbed)
    timing = time_single_row(machine, make_rows(), repetitions=15, clocks=machine.clocks)
    assert (timing.n, timing.measured, timing.needed_n) == (1, 60, 8)
    assert "the machine was busy" in timing.describe()


def test_a_little_company_is_no_busy_machine():
    machine = Machine(0.4, busy=0.15)
    assert time_single_row(machine, make_rows(), repetitions=15, clocks=machine.clocks).needed_n is None


def test_the_clocks_of_this_machine_run():
    timing = time_single_row(Model(), make_rows(), repetitions=4)
    assert 0 < timing.median <= timing.slowest
    assert 4 <= timing.measured <= 16


def test_a_label_that_is_known_from_training_is_one_where_no_row_of_the_holdout_has_it():
    """500 classes: the commonest class of the training side may have no row in the holdout."""
    names = [f"class {number:03}" for number in range(500)]
    training = pd.Series([*names, *["class 007"] * 5])
    y = [name for name in names if name != "class 007"][:200]
    model = Model(lambda X: np.array(y), classes=tuple(names))
    met = compare_with_dummy("macro_f1", model, make_rows(training.tolist()), make_rows(y), ROLES, limit=0.0)
    assert met.decision == "better"
    assert "200 answers of the dummy are no label of the truth" in describe(met)


def test_answers_that_nobody_knows_are_refused_by_the_name_of_the_model():
    stray = Model(lambda X: np.full(len(X), "neither"))
    with pytest.raises(NotComparable, match="no answer of the dummy is a label of y: it says 'neither'"):
        compare_models("macro_f1", stray, Model(), make_rows(), ROLES, limit=0.0, names=("dummy", "challenger"))


def test_the_dummy_answers_the_largest_class_with_the_shares():
    dummy = Dummy(pd.Series(list("abbb")), "classification")
    assert dummy.predict(FRAME).tolist() == ["b"] * 200
    assert dummy.predict_proba(FRAME)[0].tolist() == [0.25, 0.75]


def test_the_dummy_of_a_regression_answers_the_mean_or_the_median():
    y = pd.Series([0.0, 1.0, 8.0])
    assert Dummy(y, "regression").predict(FRAME)[0] == 3
    assert Dummy(y, "regression", median=True).predict(FRAME)[0] == 1
    assert Dummy(y, "regression").predict_proba(FRAME) is None


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "brier", "log_loss", "roc_auc_ovr"])
def test_a_model_is_scored_and_beats_a_dummy(metric):
    rows = make_rows()
    assert compare_with_dummy(metric, Model(), rows, rows, ROLES, limit=0.0).decision == "better"
    assert np.isfinite(score(metric, Model(), rows, ROLES))


def test_the_margin_is_the_bound_of_the_evidence():
    assert read_margin("accuracy", -0.06) == 0.06
    assert read_margin("accuracy", 0.01) == 0.0
    with pytest.raises(NotComparable, match="has no bound; give its evidence one"):
        read_margin("accuracy", None)


def test_models_that_know_different_classes_are_compared_over_all_of_them():
    old, new = Model(classes=("down", "up")), Model(classes=("up", "left", "down"))
    assert compare_models("brier", old, new, make_rows(), ROLES, limit=-0.05).difference == pytest.approx(
        0.0025, abs=1e-9
    )


def test_a_metric_of_probabilities_without_any_is_refused():
    with pytest.raises(UnusableMetric, match="needs probabilities, and the model gives none"):
        score("brier", Model(classes=None), make_rows(), ROLES)


def test_a_metric_of_the_other_task_is_refused_for_the_roles():
    with pytest.raises(UnusableMetric, match="which are only names"):
        score("mse", Model(), make_rows(), ROLES)
