"""Dependence that nobody declared: it is seen in the order of the reference, and then a difference is no proof of drift."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gates.measures.drift import detect, detect_predictions
from gates.measures.drift.configured import compare_rows
from gates.measures.drift.declared import list_orders
from gates.measures.drift.exchangeable import Dependence, look_at_order
from gates.measures.drift.table import tabulate
from gates.work.records import ColumnRoles

ROLES = ColumnRoles("key", "y", "regression", ("a", "b", "c"))


def series(rng: np.random.Generator, rows: int, phi: float = 0.6) -> pd.DataFrame:
    """Three columns in which neighbouring rows correlate by ``phi``."""
    values = rng.normal(size=(rows + 100, 3)) * np.sqrt(1 - phi**2)
    for i in range(1, len(values)):
        values[i] += phi * values[i - 1]
    return pd.DataFrame(values[100:], columns=["a", "b", "c"]).assign(key=range(rows))


def look(frame: pd.DataFrame, *orders: np.ndarray) -> Dependence | None:
    values = frame.drop(columns=["key", "at"], errors="ignore")
    return look_at_order(tabulate(values, values[:10]), orders)


def test_independent_rows_hardly_ever_look_dependent(rng):
    seen = 0
    for _ in range(100):
        frame = pd.DataFrame(
            {"a": rng.standard_t(2, 200), "b": rng.poisson(0.5, 200), "c": rng.choice(list("xxyz"), 200)}
        )
        frame.loc[rng.random(200) < 0.1, "a"] = np.nan
        seen += look(frame) is not None
    assert seen <= 3  # 0.1 % of 100 is 0.1; P(more than 3) < 1e-5


@pytest.mark.parametrize("phi", [0.3, 0.6, 0.9])
def test_neighbours_that_correlate_are_seen(phi, rng):
    seen = look(series(rng, 400, phi))
    assert seen is not None
    assert seen.correlation == pytest.approx(phi, abs=0.2)
    assert "neighbouring rows correlate by +" in seen.detail
    assert look(series(rng, 400, phi).sample(frac=1, random_state=0)) is None


def test_a_level_that_changes_from_segment_to_segment_is_seen(rng):
    frame = pd.DataFrame({"a": rng.normal(size=800) + 0.7 * (np.arange(800) // 400)})
    seen = look(frame)
    assert seen is not None
    assert "differ in 'a'" in seen.detail


def test_a_run_of_a_category_and_of_missing_values_is_seen(rng):
    frame = pd.DataFrame({"c": np.repeat(["x", "y", "x", "y"], 50), "n": rng.normal(size=200)})
    assert look(frame) is not None
    frame = pd.DataFrame({"n": np.where(np.arange(200) < 60, np.nan, rng.normal(size=200))})
    assert look(frame) is not None


def test_wide_tables_few_rows_and_constant_columns_are_no_obstacle(rng):
    wide = pd.DataFrame(rng.normal(size=(120, 300)))
    assert look(wide) is None
    assert look(wide[:19]) is None
    assert look(pd.DataFrame({"a": [1.0] * 50})) is None
    assert look(pd.DataFrame({"a": [0.0] * 48 + [1.0, 1.0]})) is None  # two rows stand together by chance


def test_an_order_of_time_is_looked_at_beside_that_of_the_file(rng):
    frame = series(rng, 400).assign(at=pd.date_range("2026-01-01", periods=400, freq="h").astype(str))
    shuffled = frame.sample(frac=1, random_state=1, ignore_index=True)
    assert look(shuffled) is None
    (order,) = list_orders(shuffled, replace(ROLES, time="at"))
    assert shuffled["key"].to_numpy()[order].tolist() == list(range(400))
    assert look(shuffled, order) is not None
    assert list_orders(shuffled, replace(ROLES, time="at", order="none")) is None
    assert list_orders(shuffled.assign(at="noon"), replace(ROLES, time="at")) == ()
    assert list_orders(shuffled, replace(ROLES, time="absent")) == ()


def test_a_difference_of_rows_that_are_not_exchangeable_is_inconclusive_and_never_an_alarm(rng):
    frame = series(rng, 800, 0.9)
    before, now = frame[:600], frame[600:].assign(a=lambda side: side["a"] + 2)
    report = compare_rows(before, now, roles=ROLES, settings={"drift": {"backend": "scipy"}}, alpha=0.01)
    assert report.p_value < 0.01
    assert (report.drifted, report.inconclusive) == (False, True)
    assert "rows are not exchangeable" in report.sentence
    assert "declare what belongs together" in report.sentence
    given = {one.id: one for one in report.measured()}
    assert given["dependent_order"].kind == "violations"
    assert given["dependent_order"].value >= 1
    assert given["drift"].value == report.p_value
    assert given["drift"].needed_n > report.n_reference


def test_declared_to_mean_nothing_the_order_is_not_looked_at(rng):
    """A table sorted by its class is no series: without drift it passes, with drift it needs order = "none"."""
    label = np.sort(rng.integers(0, 3, 900))
    frame = pd.DataFrame(rng.normal(size=(900, 3)) + label[:, None], columns=["a", "b", "c"]).assign(key=range(900))
    before, now = frame[::2], frame[1::2]
    settings = {"drift": {"backend": "scipy"}}
    calm = compare_rows(before, now, roles=ROLES, settings=settings, alpha=0.01)
    assert (calm.drifted, calm.inconclusive) == (False, False)
    assert "a shift has to be larger" in calm.sentence
    assert not [one for one in calm.measured() if one.id == "dependent_order"]
    moved = now.assign(a=now["a"] + 1)
    assert compare_rows(before, moved, roles=ROLES, settings=settings, alpha=0.01).inconclusive
    assert compare_rows(before, moved, roles=replace(ROLES, order="none"), settings=settings, alpha=0.01).drifted


def test_a_column_that_is_gone_is_drift_whatever_the_order(rng):
    frame = series(rng, 600, 0.9)
    report = compare_rows(frame[:400], frame[400:].drop(columns="c"), roles=ROLES, settings={}, alpha=0.01)
    assert report.drifted


def test_answers_of_a_model_on_dependent_rows_are_no_proof_either(rng):
    values = series(rng, 900, 0.9)["a"].to_numpy()
    report = detect_predictions(values[:600], values[600:] + 2, backend="scipy")
    assert (report.drifted, report.inconclusive) == (False, True)
    assert "rows are not exchangeable" in report.sentence
    assert [one.id for one in report.measured()] == ["drift", "rows_share", "dependent_order"]
    assert detect_predictions(values[:600], values[600:] + 2, backend="scipy", orders=None).drifted


def test_dependent_rows_count_for_fewer():
    assert Dependence(1, "", 0.0).rows_needed(100) == 100
    assert Dependence(1, "", 0.6).rows_needed(100) == 400
    assert Dependence(1, "", 1.0).rows_needed(1) == 1999


def test_the_look_does_not_change_what_independent_rows_answer(draw):
    before, now = draw(300), draw(200)
    assert (
        detect(before, now, backend="scipy", seed=3).p_value
        == detect(before, now, backend="scipy", seed=3, orders=None).p_value
    )


def test_a_weak_correlation_of_neighbours_is_allowed_for_and_no_reason_to_say_nothing():
    weak = Dependence(1, "neighbouring rows correlate", 0.1, lasting=False)
    assert weak.discount(0.0) == 0.0
    assert weak.discount(1.0) == 1.0
    # z = 3.2905 of p = 0.001, times sqrt(0.9 / 1.1), is 2.9764: p = 0.002916
    assert weak.discount(0.001) == pytest.approx(0.002916, rel=1e-3)
    assert weak.discount(1e-320) < 1e-200


@pytest.mark.parametrize(
    "strong",
    [Dependence(1, "neighbours", 0.16, lasting=False), Dependence(2, "halves differ", 0.02, lasting=True)],
)
def test_beyond_that_no_difference_is_small_enough_to_prove_anything(strong):
    assert strong.discount(1e-12) == 1.0


def test_rows_with_a_weak_order_alarm_on_a_large_difference_alone():
    alarms, seen, weak = 0, 0, 0
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(size=(1_201, 3))
        values = pd.DataFrame(noise[1:] + 0.1 * noise[:-1], columns=list("abc"))
        reference, current = values[:800], values[800:]
        calm, moved = (detect(reference, one, backend="scipy") for one in (current, current.add([1.0, 0.0, 0.0])))
        alarms += calm.drifted
        if calm.dependence is not None and calm.dependence.discount(0.0) == 0.0:
            weak += 1
            seen += moved.drifted
    assert weak >= 6
    assert seen == weak
    assert alarms <= 2  # of 20 at 1 %
