"""Rows in blocks: what is exchanged, how many blocks are needed, and that the level holds where rows depend on each other."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gates.measures.drift import DriftFault, detect, detect_predictions
from gates.measures.drift.block_tests import compare_blocks, inspect_blocks
from gates.measures.drift.blocks import Blocks, measure_design
from gates.measures.drift.configured import compare_rows
from gates.measures.drift.declared import divide_into_blocks
from gates.measures.drift.needed_blocks import needed_blocks, reaches
from gates.measures.drift.pool import pool_rows
from gates.measures.drift.table import tabulate
from gates.work.records import ColumnRoles

ROLES = ColumnRoles("key", "y", "regression", ("a", "b"))
SCIPY = {"drift": {"backend": "scipy"}}


def equal_blocks(before: int, now: int, size: int = 1, stratum: np.ndarray | None = None) -> Blocks:
    count = before + now
    seasons = np.zeros(count, dtype=np.int64) if stratum is None else stratum
    return Blocks(np.repeat(np.arange(count), size), np.arange(count) >= before, seasons)


def days(first: int, count: int, rows: int = 2, **columns: object) -> pd.DataFrame:
    """``rows`` rows on each of ``count`` days; day 0 is Monday, 5 January 2026."""
    day = np.repeat(np.arange(first, first + count), rows)
    at = pd.Timestamp("2026-01-05") + pd.to_timedelta(day, unit="D")
    return pd.DataFrame({"key": np.arange(len(day)) + 10_000 * first, "at": at.astype(str), "a": 1.0 * day, **columns})


def test_labellings_are_a_product_of_binomials():
    assert equal_blocks(7, 1).labellings == 8
    assert equal_blocks(3, 3).labellings == 20
    seasons = np.array([0, 0, 1, 1, 0, 1])
    assert equal_blocks(4, 2, stratum=seasons).labellings == 9
    assert equal_blocks(2_000, 2_000).labellings == math.inf


def test_each_season_keeps_its_number_of_current_blocks_and_blocks_stay_whole(rng):
    blocks = equal_blocks(6, 3, stratum=np.array([0, 0, 0, 1, 1, 1, 0, 0, 1]))
    labels = blocks.draw(200, rng)
    assert (labels[:, blocks.stratum == 0].sum(axis=1) == 2).all()
    assert (labels[:, blocks.stratum == 1].sum(axis=1) == 1).all()
    assert len(np.unique(labels, axis=0)) > 25  # of 10 * 4 = 40


def test_a_sample_thins_every_block_alike(rng):
    sizes = np.array([40, 3, 40, 40, 40])
    blocks = Blocks(np.repeat(np.arange(5), sizes), np.array([False, False, False, True, True]), np.zeros(5, dtype=int))
    kept = blocks.sample(60, rng)
    assert np.bincount(blocks.of_row[kept]).tolist() == [28, 3, 28, 28, 28]
    assert (np.diff(kept) > 0).all()
    assert blocks.sample(1_000, rng).tolist() == list(range(163))
    one_each = Blocks(np.arange(500), np.arange(500) >= 400, np.zeros(500, dtype=int)).sample(100, rng)
    assert (one_each < 400).sum() == 100
    assert (one_each >= 400).sum() == 100


def test_the_current_rows_of_a_pool_of_unequal_blocks_are_those_expected(rng):
    sizes = np.array([10, 10, 10, 30])
    blocks = Blocks(np.repeat(np.arange(4), sizes), np.array([False, False, False, True]), np.zeros(4, dtype=int))
    frame = pd.DataFrame({"a": rng.normal(size=60)})
    pool = pool_rows(tabulate(frame[:30], frame[30:]), rng=rng, blocks=blocks)
    assert pool is not None
    assert (pool.n_current, int(pool.is_current.sum())) == (15, 30)


def test_the_design_is_one_for_single_rows_and_for_constant_blocks_and_falls_with_the_root_of_the_block(rng):
    blocks = equal_blocks(100, 50, size=16)
    assert measure_design(rng.normal(size=(150, 1)), equal_blocks(100, 50)) == pytest.approx(1.0)
    assert measure_design(np.repeat(rng.normal(size=(150, 1)), 16, axis=0), blocks) == pytest.approx(1.0, abs=0.02)
    assert measure_design(rng.normal(size=(2400, 1)), blocks) == pytest.approx(0.25, abs=0.04)
    assert measure_design(np.full((2400, 1), np.nan), blocks) == 1.0


def test_as_many_blocks_are_needed_as_reach_alpha_and_see_the_shift():
    sunday = equal_blocks(7, 1)
    assert not reaches(sunday, 0.01)
    assert needed_blocks(sunday, 1, alpha=0.01, shift=50.0, design=1.0) == 3  # 10 over 3 is 120, 9 over 2 only 36
    assert reaches(equal_blocks(7, 3), 0.01)
    few, many = (needed_blocks(equal_blocks(400, 10), 4, alpha=0.01, shift=0.5, design=one) for one in (0.25, 1.0))
    assert 4 <= few < many / 8


def test_a_block_of_rows_is_never_shorter_than_declared():
    before, now = (pd.DataFrame({"key": range(n), "a": range(n)}) for n in (107, 30))
    _, _, blocks = divide_into_blocks(before, now, replace(ROLES, block="50 rows"))
    assert blocks is not None
    assert (blocks.n_reference, blocks.n_current, blocks.name) == (2, 1, "blocks of 50 rows")
    assert np.bincount(blocks.of_row).tolist() == [54, 53, 30]


def test_blocks_of_rows_follow_the_time_where_there_is_one():
    frame = days(0, 4, rows=1).iloc[[2, 0, 3, 1]]
    _, _, blocks = divide_into_blocks(frame, frame, replace(ROLES, block="2 rows", time="at"))
    assert blocks is not None
    assert blocks.of_row.tolist() == [1, 0, 1, 0, 3, 2, 3, 2]


def test_a_block_on_both_sides_is_one_of_each_and_a_row_without_group_stands_alone():
    before = pd.DataFrame({"p": ["x", "x", "y", None, None]})
    _, _, blocks = divide_into_blocks(before, before[:3], replace(ROLES, group="p"))
    assert blocks is not None
    assert (blocks.n_reference, blocks.n_current) == (4, 2)
    assert divide_into_blocks(before[["p"]].rename(columns={"p": "q"}), before, replace(ROLES, group="p"))[2] is None
    assert divide_into_blocks(before, before, ROLES)[2] is None


def test_a_season_leaves_out_the_weekdays_of_one_side_alone():
    daily = replace(ROLES, time="at", block="1d", season="weekday")
    before, now, blocks = divide_into_blocks(days(0, 14), days(20, 2), daily)  # Sunday and Monday
    assert blocks is not None
    assert (len(before), len(now), blocks.n_reference, blocks.n_current) == (8, 4, 4, 2)
    assert blocks.labellings == 9
    assert (
        blocks.left_out
        == "20 rows of Tuesday, Wednesday, Thursday, Friday, Saturday are on one side alone and left out"
    )
    assert blocks.stratum.tolist() == [0, 6, 0, 6, 6, 0]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"block": "weekly"}, "wanted a length of time like '1d' or a number of rows like '50 rows'"),
        ({"block": "1d"}, "no time column is named"),
        ({"block": "1d", "time": "when"}, "the reference has no column 'when', which is named as time"),
        ({"block": "1d", "time": "a"}, "28 of 28 rows of the reference have no readable time in column 'a'"),
        ({"block": "5h", "season": "weekday", "time": "at"}, "wanted a block that divides a day"),
        ({"season": "weekday", "time": "at"}, "wanted a block that divides a day"),
        ({"block": "1d", "season": "tide", "time": "at"}, "season is 'tide', wanted 'weekday'"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(changed, sentence):
    with pytest.raises(DriftFault, match=sentence):
        divide_into_blocks(days(0, 14), days(14, 2), replace(ROLES, **changed))


def test_a_sunday_against_seven_weeks_is_too_few_sundays(rng):
    """Eight labellings can never be 1 in 100, whatever the Sunday looks like."""
    daily = replace(ROLES, time="at", block="1d", season="weekday")
    before, now = days(0, 49, rows=10), days(55, 1, rows=10)
    report = compare_rows(
        before.assign(a=rng.normal(size=490)), now.assign(a=50.0), roles=daily, settings=SCIPY, alpha=0.01
    )
    assert report.inconclusive
    assert not report.drifted
    assert (report.n, report.blocks.labellings) == (1, 8)
    assert report.p_value >= 0.1
    assert "1 blocks of 1d within weekdays on the smaller side are too few" in report.sentence
    share = next(one for one in report.measured() if one.id == "rows_share")
    assert (share.n, share.needed_n) == (1, report.needed_n)
    assert share.value < 1


def test_dependent_rows_hold_the_level_in_blocks_and_a_shift_is_seen(rng):
    """Forty against twenty customers of ten rows that are nearly the same: one run of 20 is expected to alarm at 5 %."""
    alarms = 0
    for run in range(20):
        who = np.repeat(rng.normal(size=(60, 2)), 10, axis=0) + 0.1 * rng.normal(size=(600, 2))
        before, now = pd.DataFrame(who[:400], columns=["a", "b"]), pd.DataFrame(who[400:], columns=["a", "b"])
        alarms += detect(
            before, now, alpha=0.05, backend="scipy", seed=run, blocks=equal_blocks(40, 20, size=10)
        ).drifted
    assert alarms <= 6  # P(Binomial(20, 0.05) > 6) < 1e-4
    now["a"] += 2.0
    report = detect(before, now, alpha=0.05, backend="scipy", blocks=equal_blocks(40, 20, size=10))
    assert report.drifted
    assert report.columns[0].name == "a"
    assert report.columns[0].drifted
    assert "'a' moved by" in report.sentence


def test_columns_of_every_kind_are_tested_by_exchanging_blocks(rng):
    blocks = equal_blocks(30, 15, size=4)
    whole = pd.DataFrame(
        {
            "n": rng.normal(size=180),
            "c": rng.choice(["x", "y"], 180),
            "m": np.where(rng.random(180) < 0.1, np.nan, rng.normal(size=180)),
            "gone": np.nan,
        }
    )
    before, now = whole[:120], whole[120:].copy()
    columns, p_value = compare_blocks(tabulate(before, now), blocks, alpha=0.01, seed=0)
    assert p_value > 0.01
    assert sorted((one.name, one.kind) for one in columns) == [
        ("c", "categories"), ("m", "missing values"), ("m", "numbers"), ("n", "numbers"),
    ]  # fmt: skip
    now["c"] = "x"
    now["m"] = np.nan
    columns, p_value = compare_blocks(tabulate(before, now), blocks, alpha=0.01, seed=0)
    assert p_value < 0.01
    assert {one.name for one in columns if one.drifted} == {"c", "m"}
    empty = tabulate(before[["gone"]], now[["gone"]])
    assert compare_blocks(empty, blocks, alpha=0.01, seed=0) == ((), 1.0)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda now, before: now.assign(a=0.0), "'a' is 0 in 100.0% of rows"),
        (lambda now, before: pd.concat([now[:30]] * 2, ignore_index=True), "of the current rows repeat an earlier one"),
        (lambda now, before: before[:60].reset_index(drop=True), "of the current rows are also in the reference"),
    ],
)
def test_rows_that_repeat_are_seen_by_exchanging_blocks(damage, sentence, rng):
    blocks = equal_blocks(30, 15, size=4)
    whole = pd.DataFrame(rng.normal(size=(180, 2)), columns=["a", "b"])
    whole["a"] = whole["a"].round(1)
    before, now = whole[:120], whole[120:].reset_index(drop=True)
    assert inspect_blocks(tabulate(before, now), blocks, alpha=0.01, seed=0).p_value > 0.01
    seen = inspect_blocks(tabulate(before, damage(now, before)), blocks, alpha=0.01, seed=0)
    assert seen.p_value < 0.01
    assert sentence in seen.detail


def test_answers_of_a_model_are_compared_in_blocks(rng):
    blocks = equal_blocks(40, 20, size=10)
    score = np.repeat(rng.normal(size=60), 10) + 0.1 * rng.normal(size=600)
    same = detect_predictions(score[:400], score[400:], backend="scipy", blocks=blocks)
    moved = detect_predictions(score[:400], score[400:] + 3, backend="scipy", blocks=blocks)
    assert (same.drifted, moved.drifted) == (False, True)
    assert same.n == 20
    few = detect_predictions(score[:400], score[400:], backend="scipy", blocks=equal_blocks(4, 2, size=100))
    assert few.inconclusive
    assert "2 blocks on the smaller side are too few" in few.sentence
