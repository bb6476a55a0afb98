"""The whole answer: it alarms on drift, not without, says when it cannot tell, and is never silent about broken input."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from beside import needs_lab

from gates.measures.drift import DriftFault, DriftReport, detect


def look(reference: pd.DataFrame, current: pd.DataFrame, **options) -> DriftReport:
    return detect(reference, current, backend="scipy", **options)


def test_the_same_source_is_no_drift(draw):
    report = look(draw(400), draw(200))
    assert not report.drifted
    assert not report.inconclusive
    assert report.p_value >= report.alpha == 0.01
    assert report.reasons == ()
    assert "400 rows, current 200 rows, 6 columns; largest difference" in report.sentence


def test_a_shifted_column_is_named_first_with_its_effect(draw):
    current = draw(200)
    current["c3"] += 0.8 * current["c3"].std()
    report = look(draw(400), current)
    assert report.drifted
    assert report.columns[0].name == "c3"
    assert report.columns[0].drifted
    assert "'c3' moved by +" in report.sentence


@needs_lab
def test_a_reversed_sign_and_swapped_columns_of_the_lab_file_are_seen(lab):
    flipped, swapped = lab[600:].copy(), lab[600:].copy()
    flipped["7"] = -flipped["7"]
    swapped[["7", "8"]] = swapped[["8", "7"]].to_numpy()
    assert look(lab[:600], flipped).drifted
    assert look(lab[:600], swapped).drifted


@needs_lab
def test_a_shuffled_column_keeps_its_distribution_and_is_still_seen(lab):
    current = lab[600:].copy()
    current["7"] = np.random.default_rng(0).permutation(current["7"].to_numpy())
    report = look(lab[:600], current)
    assert report.drifted
    assert not report.drifted_columns
    assert "given the others" in report.sentence


def test_too_few_rows_are_inconclusive_with_the_number_that_is_needed(draw):
    report = look(draw(400), draw(12))
    assert not report.drifted
    assert report.inconclusive
    assert report.needed_n > 12
    assert f"12 rows on the smaller side are too few to see drift: {report.needed_n:,} are needed" in report.sentence
    assert report.rows_share < 1
    assert not look(draw(400), draw(report.needed_n)).inconclusive


def test_drift_that_is_plain_needs_no_more_rows(draw):
    report = look(draw(400), draw(12) + 50.0)
    assert report.drifted
    assert not report.inconclusive
    assert report.rows_share < 1, "what is signed is the share that there was"


@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("side", ["reference", "current"])
def test_one_infinite_value_on_either_side_is_a_named_failure(draw, value, side):
    frames = {"reference": draw(400), "current": draw(200)}
    frames[side].iloc[3, 2] = value
    report = look(**frames)
    assert report.drifted
    assert report.infinite == 1
    assert "column 'c2' holds" in report.sentence


def test_one_missing_value_is_neither_an_alarm_nor_a_way_past(draw):
    current = draw(200)
    current.iloc[0, 0] = np.nan
    assert not look(draw(400), current).drifted
    current["c0"] += 5 * current["c0"].std()
    assert look(draw(400), current).drifted


def test_missing_values_that_were_not_there_are_drift(draw):
    current = draw(200)
    current.iloc[:40, 1] = np.nan
    report = look(draw(400), current)
    assert report.drifted
    assert "'c1' is missing in 20.0% of rows, was 0.0%" in report.sentence


def test_a_column_that_is_missing_altogether_is_drift(draw):
    current = draw(200)
    current["c1"] = np.nan
    assert look(draw(400), current).drifted


def test_columns_that_come_or_go_are_drift(draw):
    assert "column 'c1' is missing from current" in look(draw(400), draw(200).drop(columns="c1")).reasons
    assert "column 'extra' is not in the reference" in look(draw(400), draw(200).assign(extra=1.0)).reasons


def test_shares_of_a_category_that_change_are_drift(draw, rng):
    before = draw(400).assign(town=rng.choice(["Bern", "Graz"], 400))
    now = draw(200).assign(town=rng.choice(["Bern", "Graz"], 200, p=[0.2, 0.8]))
    report = look(before, now)
    assert report.drifted
    assert report.columns[0].name == "town"


@pytest.mark.parametrize(("before", "now"), [(0, 10), (10, 0), (0, 0)])
def test_no_rows_is_inconclusive_and_says_so(draw, before, now):
    report = look(draw(before), draw(now))
    assert report.inconclusive
    assert not report.drifted
    assert report.n == 0
    assert "has no rows" in report.sentence


def test_nothing_to_compare_is_inconclusive(draw):
    report = look(pd.DataFrame({"a": [np.nan] * 300}), pd.DataFrame({"a": [np.nan] * 300}))
    assert report.inconclusive
    assert report.compared == 0
    assert "no column could be compared; column 'a' has no value on either side" in report.sentence


@pytest.mark.parametrize("rows", [1, 2, 3, 6])
def test_a_handful_of_rows_does_not_crash(draw, rows):
    for report in (look(draw(rows), draw(rows)), look(draw(300), draw(rows)), look(draw(rows, 1), draw(300, 1))):
        assert report.inconclusive or report.drifted
        assert 0 <= report.p_value <= 1


def test_constant_columns_are_no_drift_until_the_constant_changes(draw):
    before, now = draw(400).assign(k=3.0), draw(200).assign(k=3.0)
    assert not look(before, now).drifted
    assert look(before, now.assign(k=4.0)).drifted
    alone = look(before[["k"]], now[["k"]])
    assert not alone.drifted
    assert alone.p_value == 1.0


def test_one_column_alone_is_enough(rng):
    before, now = (pd.DataFrame({"a": rng.standard_normal(n)}) for n in (400, 200))
    assert not look(before, now).drifted
    assert look(before, now + 0.6).drifted


@pytest.mark.parametrize(
    "make",
    [
        lambda rng, n: rng.standard_cauchy((n, 5)),
        lambda rng, n: np.floor(rng.exponential(0.7, (n, 5))),
        lambda rng, n: np.repeat(rng.standard_normal((n, 1)), 5, axis=1) + 1e-9 * rng.standard_normal((n, 5)),
        lambda rng, n: rng.random((n, 5)) < 0.03,
        lambda rng, n: np.exp(30 * rng.standard_normal((n, 5))),
    ],
    ids=["cauchy", "discrete", "nearly equal columns", "rare flags", "fifty orders of magnitude"],
)
def test_unpleasant_columns_keep_the_level(make):
    rng = np.random.default_rng(12)
    alarms = 0
    for seed in range(40):
        before, now = (pd.DataFrame(np.asarray(make(rng, n), dtype=float)).add_prefix("c") for n in (100, 50))
        report = look(before, now, alpha=0.05, seed=seed)
        assert math.isfinite(report.p_value)
        alarms += report.drifted
    assert alarms <= 13  # P(Binomial(40, 0.05) > 13) < 1e-7


def test_five_thousand_columns_are_compared(rng):
    before, now = (pd.DataFrame(rng.standard_normal((n, 5_000)).astype(np.float32)).add_prefix("c") for n in (40, 20))
    report = look(before, now)
    assert report.compared == 5_000
    assert not report.drifted
    assert look(before.iloc[:, :600], now.iloc[:, :600] + 0.5).drifted


@needs_lab
def test_the_lab_file_split_at_random_is_quiet(lab):
    alarms = 0
    for seed in range(8):
        order = np.random.default_rng(seed).permutation(len(lab))
        alarms += look(lab.iloc[order[:600]], lab.iloc[order[600:800]], seed=seed).drifted
    assert alarms <= 3  # P(Binomial(8, 0.01) > 3) < 1e-6


def test_the_answer_is_repeatable_and_does_not_touch_its_input(draw):
    before, now = draw(300), draw(150)
    copies = before.copy(), now.copy()
    assert look(before, now, seed=3) == look(before, now, seed=3)
    pd.testing.assert_frame_equal(before, copies[0])
    pd.testing.assert_frame_equal(now, copies[1])


@pytest.mark.parametrize(
    "wrong",
    [{"alpha": 0.0}, {"alpha": 1.0}, {"alpha": math.nan}, {"smallest_shift": 0.0}, {"smallest_shift": math.nan}],
)
def test_arguments_without_sense_are_refused(draw, wrong):
    with pytest.raises(DriftFault, match="wanted"):
        look(draw(20), draw(20), **wrong)


def test_the_alarm_is_held_to_the_alpha_that_was_asked_for(draw):
    current = draw(200)
    current["c1"] += 0.35 * current["c1"].std()
    strict, lax = (look(draw(400), current, alpha=alpha) for alpha in (1e-6, 0.2))
    assert lax.drifted
    assert not strict.drifted
