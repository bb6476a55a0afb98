"""What the checks hand to the statistics: the right columns, the right rows, the alpha of the bound, the options of the policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from gates.measures.drift import DriftFault
from gates.measures.drift.configured import Options, compare_answers, compare_rows, read_options
from gates.measures.drift.selection import leave_out, require_window, select_columns


@dataclass(frozen=True)
class Roles:
    id: str = "key"
    target: str = "y"
    task: str = "classification"
    features: tuple[str, ...] = ("a", "b")
    time: str | None = "seen_at"
    group: str | None = None
    weight: str | None = None
    split: str = "id"
    slices: tuple[str, ...] = ()
    block: str | None = None
    season: str | None = None
    order: str = "file"


class Leaning:
    """Two classes; the first is as probable as column ``a`` says."""

    classes = ("no", "yes")

    def predict(self, X):
        return np.where(X["a"] > 0, "no", "yes")

    def predict_proba(self, X):
        share = 1 / (1 + np.exp(-X["a"].to_numpy()))
        return np.column_stack([share, 1 - share])


def rows(rng: np.random.Generator, n: int, first: int, shift: float = 0.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "key": [f"k{i}" for i in range(first, first + n)],
            "seen_at": np.arange(first, first + n, dtype=float),
            "a": rng.standard_normal(n) + shift,
            "b": rng.standard_normal(n),
            "y": rng.integers(0, 3, n),
        }
    )


SCIPY = {"drift": {"backend": "scipy"}}


def test_the_id_and_the_time_are_never_compared(rng):
    frame = select_columns(rows(rng, 5, 0), Roles(features=("a", "b", "seen_at", "key")), with_target=True)
    assert list(frame) == ["a", "b", "y"]
    assert isinstance(frame["y"].dtype, pd.CategoricalDtype)
    assert list(select_columns(rows(rng, 5, 0), Roles(), with_target=False)) == ["a", "b"]


def test_the_target_of_a_regression_stays_a_number(rng):
    assert pd.api.types.is_numeric_dtype(
        select_columns(rows(rng, 5, 0), Roles(task="regression"), with_target=True)["y"]
    )


def test_a_time_that_grows_is_no_drift_but_a_feature_that_moves_is(rng):
    report = compare_rows(rows(rng, 400, 0), rows(rng, 200, 400), roles=Roles(), settings=SCIPY, alpha=0.01)
    assert not report.drifted
    assert report.compared == 3
    assert compare_rows(
        rows(rng, 400, 0), rows(rng, 200, 400, shift=1), roles=Roles(), settings=SCIPY, alpha=0.01
    ).drifted


def test_rows_of_the_window_do_not_count_as_reference_too(rng):
    everything = rows(rng, 600, 0)
    report = compare_rows(everything, everything[400:], roles=Roles(), settings=SCIPY, alpha=0.01)
    assert (report.n_reference, report.n_current) == (400, 200)
    assert not report.drifted


def test_a_window_without_target_is_compared_by_its_features(rng):
    report = compare_rows(
        rows(rng, 400, 0), rows(rng, 200, 400).drop(columns="y"), roles=Roles(), settings=SCIPY, alpha=0.01
    )
    assert not report.drifted
    assert report.compared == 2


def test_a_window_without_a_feature_is_named(rng):
    report = compare_rows(
        rows(rng, 400, 0), rows(rng, 200, 400).drop(columns="b"), roles=Roles(), settings=SCIPY, alpha=0.01
    )
    assert report.drifted
    assert "column 'b' is missing from current" in report.sentence


def test_predictions_on_rows_that_the_model_learned_from_are_left_out(rng):
    held_out, window = rows(rng, 300, 0), rows(rng, 400, 1_000)
    drift = compare_answers(
        Leaning(), held_out, window, learned=window["key"][:250], roles=Roles(), settings=SCIPY, alpha=0.01
    )
    assert (drift.n_reference, drift.n_current) == (300, 150)
    assert not drift.drifted
    moved = rows(rng, 400, 1_000, shift=1)
    assert compare_answers(
        Leaning(), held_out, moved, learned=pd.Series([]), roles=Roles(), settings=SCIPY, alpha=0.01
    ).drifted


def test_a_window_of_learned_rows_only_cannot_be_judged(rng):
    window = rows(rng, 40, 0)
    with pytest.raises(DriftFault, match="0 current rows are left"):
        compare_answers(
            Leaning(), rows(rng, 40, 50), window, learned=window["key"], roles=Roles(), settings={}, alpha=0.01
        )


def test_without_a_bound_there_is_no_alpha(rng):
    with pytest.raises(DriftFault, match="wanted the bound of the drift evidence"):
        compare_rows(rows(rng, 9, 0), rows(rng, 9, 9), roles=Roles(), settings={}, alpha=None)


def test_options_are_read_and_nonsense_is_named():
    assert read_options({}) == Options()
    assert read_options({"drift": {"smallest_shift": 1, "effect_floor": False}}) == Options(
        smallest_shift=1.0, effect_floor=False
    )
    with pytest.raises(DriftFault, match="wanted a table with the keys backend, smallest_shift"):
        read_options({"drift": {"backhand": "scipy"}})
    with pytest.raises(DriftFault, match=r"drift.seed is 'x', wanted a int"):
        read_options({"drift": {"seed": "x"}})
    with pytest.raises(DriftFault, match=r"drift.seed is True"):
        read_options({"drift": {"seed": True}})


def test_rows_are_left_out_by_id(rng):
    frame = rows(rng, 4, 0)
    assert leave_out(frame, pd.Series(["k1", "k9"]), Roles())["key"].tolist() == ["k0", "k2", "k3"]
    assert len(leave_out(frame.drop(columns="key"), pd.Series(["k1"]), Roles())) == 4


def test_the_holdout_is_no_window(rng):
    left = []
    frame = rows(rng, 4, 0)
    assert require_window(frame, rows(rng, 4, 9), lambda *said: left.append(said)) is frame
    assert not left
    require_window(frame, frame.copy(), lambda *said: left.append(said))
    assert left[0][0] == "no_current_window"


def test_patients_who_differ_from_each_other_are_no_drift(rng):
    """600 visits of 60 patients against those of 40 others: the patients are of one kind, the visits of each are alike."""
    alarms = {True: 0, False: 0}
    for _ in range(5):
        patient = np.repeat(np.arange(100), 10)
        values = rng.normal(size=(100, 2))[patient] + 0.01 * rng.normal(size=(1000, 2))
        frame = pd.DataFrame(
            {"key": [f"k{n}" for n in range(1000)], "p": patient, "a": values[:, 0], "b": values[:, 1], "y": 0}
        )
        for grouped in alarms:
            roles = Roles(group="p" if grouped else None)
            drift = compare_rows(frame[:600], frame[600:], roles=roles, settings=SCIPY, alpha=0.01)
            alarms[grouped] += drift.p_value < 0.01
    assert alarms[True] <= 1
    assert alarms[False] >= 4
