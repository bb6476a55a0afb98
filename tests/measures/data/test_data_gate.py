"""The data checks, run by pytest as users run them: silent on clean data, and each seen to fail on the damage it exists for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

PROFILED = 'expectations = "data_checks/expectations/covid19articles.json"'


def without_file(policy: str) -> str:
    """The policy of a project that has described nothing yet."""
    assert PROFILED in policy
    return policy.replace(PROFILED, "")


@pytest.fixture
def undescribed(gate_policy: str) -> str:
    return without_file(gate_policy)


def spoil(frame: pd.DataFrame, damage: str) -> pd.DataFrame:
    """``frame`` damaged in one way; the input is not changed."""
    frame = frame.copy()
    if damage == "column missing":
        return frame.drop(columns="17")
    if damage == "column renamed":
        return frame.rename(columns={"17": "seventeen"})
    if damage == "some nulls":
        frame.loc[: len(frame) // 5 - 1, "17"] = np.nan
    elif damage == "all null":
        frame["17"] = np.nan
    elif damage == "text":
        frame["17"] = frame["17"].astype(object)
        frame.loc[3, "17"] = "broken"
    elif damage == "times a thousand":
        frame.loc[frame["17"].abs().idxmax(), "17"] *= 1000
    elif damage == "infinite":
        frame.loc[3, "17"] = np.inf
    elif damage == "nulls as zero":
        frame.loc[: len(frame) // 5 - 1, "17"] = 0.0
    elif damage == "stuck":
        frame["17"] = frame["17"].iloc[0]
    elif damage == "rounded":
        frame["17"] = frame["17"].round(2)
    elif damage == "repeated keys":
        frame.loc[5:9, "cord_uid"] = frame.loc[0, "cord_uid"]
    elif damage == "missing key":
        frame.loc[5, "cord_uid"] = None
    elif damage == "duplicate rows":
        return pd.concat([frame, frame.iloc[:40]], ignore_index=True)
    elif damage == "copies under new keys":
        copies = frame.iloc[:40].assign(cord_uid=[f"new{at}" for at in range(40)])
        return pd.concat([frame, copies], ignore_index=True)
    elif damage == "near copies":
        copies = frame.iloc[:40].assign(cord_uid=[f"new{at}" for at in range(40)])
        copies[[str(at) for at in range(128)]] += 1e-9
        return pd.concat([frame, copies], ignore_index=True)
    elif damage == "unknown class":
        frame.loc[3, "cluster"] = 42
    elif damage == "one class":
        frame["cluster"] = 2
    elif damage == "contradiction":
        copies = frame.iloc[:40].assign(cord_uid=[f"new{at}" for at in range(40)], cluster=9)
        return pd.concat([frame, copies], ignore_index=True)
    elif damage == "one row":
        return frame.iloc[:1]
    elif damage == "header only":
        return frame.iloc[:0]
    else:
        raise ValueError(damage)
    return frame


DAMAGES = {
    "column missing": ("test_every_column_is_there_and_none_is_unexpected", "column '17' is missing"),
    "column renamed": ("test_every_column_is_there_and_none_is_unexpected", "column 'seventeen' is unexpected"),
    "some nulls": ("test_no_value_is_missing", "column '17' has 80 nulls"),
    "all null": ("test_no_value_is_missing", "column '17' is all null, 400 rows"),
    "text": ("test_every_column_keeps_its_kind", "column '17' holds 1 value that is no number, like 'broken'"),
    "times a thousand": ("test_every_number_is_in_range", "column '17' has 1 value out of range"),
    "infinite": ("test_every_number_is_finite", "column '17' has 1 infinite value"),
    "nulls as zero": ("test_no_value_takes_over_a_column", "column '17' holds 0 in 80 of 400 rows"),
    "stuck": ("test_no_value_takes_over_a_column", "column '17' holds only"),
    "rounded": ("test_no_column_loses_its_decimals", "column '17' has 400 values rounded"),
    "repeated keys": (
        "test_every_row_has_a_key_of_its_own",
        "column 'cord_uid' has 5 rows that repeat a key ('p00000')",
    ),
    "missing key": ("test_every_row_has_a_key_of_its_own", "column 'cord_uid' has 1 row without a key"),
    "duplicate rows": ("test_no_row_repeats_another", "40 rows are equal to an earlier row"),
    "copies under new keys": ("test_no_row_repeats_another", "40 rows are equal to an earlier row"),
    "near copies": ("test_no_row_nearly_repeats_another", "rows are nearly equal to an earlier row"),
    "unknown class": ("test_every_category_is_known", "column 'cluster' has 1 row of an unknown category ('42')"),
    "one class": ("test_there_is_more_than_one_label", "column 'cluster' has 1 different value ('2' in every row)"),
    "contradiction": ("test_equal_rows_carry_equal_labels", "column 'cluster' differs in 80 rows"),
    "one row": ("test_there_are_enough_rows", "the table has 1 row"),
    "header only": ("test_the_agreement_was_really_evaluated", "the table has no rows"),
}


def outcome(result: pytest.RunResult) -> tuple[dict[str, int], str]:
    return result.parseoutcomes(), result.stdout.str()


def test_a_clean_first_batch_is_accepted(papers, run_checks):
    run_checks(papers).assert_outcomes(passed=19, skipped=7)


def test_a_clean_batch_is_accepted_beside_the_last_one(papers, run_checks):
    run_checks(papers, previous=papers.iloc[:300]).assert_outcomes(passed=24, skipped=2)


def test_a_clean_batch_is_accepted_by_what_the_last_one_teaches(papers, run_checks, undescribed):
    run_checks(papers, previous=papers.iloc[:300], policy=undescribed).assert_outcomes(passed=24, skipped=2)


def test_a_first_batch_that_nobody_described_is_held_to_what_holds_for_any_table(papers, run_checks, undescribed):
    run_checks(papers, policy=undescribed).assert_outcomes(passed=15, skipped=11)


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_is_refused_with_its_column_and_count(damage, papers, run_checks):
    check, sentence = DAMAGES[damage]
    result = run_checks(spoil(papers, damage))
    counts, shown = outcome(result)
    assert counts.get("failed", 0) >= 1
    assert f"::{check}" in shown
    assert sentence in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("damage", ["some nulls", "times a thousand", "stuck", "one row"])
def test_what_was_only_learnt_refuses_too(damage, papers, run_checks, undescribed):
    counts, _ = outcome(run_checks(spoil(papers, damage), previous=papers, policy=undescribed))
    assert counts["failed"] >= 1


@pytest.mark.parametrize("damage", ["all null", "text", "infinite", "one class", "one row"])
def test_what_holds_for_any_table_refuses_the_worst(damage, papers, run_checks, undescribed):
    counts, _ = outcome(run_checks(spoil(papers, damage), policy=undescribed))
    assert counts["failed"] >= 1


@pytest.mark.parametrize("column", ["cord_uid", "cluster"])
def test_a_missing_key_or_target_crashes_no_check_of_the_suite(column, papers, run_checks):
    result = run_checks(papers.drop(columns=column), "--deselect=checks/test_leakage.py")
    counts, shown = outcome(result)
    assert counts["failed"] >= 2
    assert "errors" not in counts
    assert f"column {column!r} is missing" in shown


def test_relabelled_rows_are_refused(papers, run_checks):
    changed = papers.assign(cluster=np.random.default_rng(3).permutation(papers["cluster"]))
    result = run_checks(changed, previous=papers)
    result.stdout.fnmatch_lines(
        ["*share of rows with another label than before = *rows of 400 known ones carry another label*"]
    )


def test_new_rows_with_shuffled_labels_are_refused(papers, run_checks):
    new = papers.iloc[200:].copy()
    new["cluster"] = np.random.default_rng(3).permutation(new["cluster"])
    result = run_checks(pd.concat([papers.iloc[:200], new]), previous=papers.iloc[:200])
    result.stdout.fnmatch_lines(["*FAILED*test_labels_still_follow_the_features*"])


def test_old_rows_under_new_keys_are_refused(papers, run_checks):
    again = papers.iloc[:50].assign(cord_uid=[f"n{at}" for at in range(50)])
    result = run_checks(pd.concat([papers.iloc[200:], again], ignore_index=True), previous=papers.iloc[:200])
    result.stdout.fnmatch_lines(
        ["*new rows equal to an old row = 50 *50 new rows equal to a row of the last batch under another id*"]
    )


def test_a_batch_that_shrank_is_refused(papers, run_checks):
    result = run_checks(papers.iloc[:120], previous=papers)
    result.stdout.fnmatch_lines(
        ["*ratio of rows to the last batch = 0.3 (required >= 0.5*120 rows here, 400 in the last batch*"]
    )


def test_a_leak_into_the_holdout_is_refused(papers, run_checks):
    papers.iloc[1, 1:-1] = papers.iloc[0, 1:-1]
    result = run_checks(papers)
    result.stdout.fnmatch_lines(
        ["*holdout rows equal to a training row = 1 *1 holdout row equal in all 128 features to a training row*"]
    )


def test_a_fresh_batch_passes_and_a_stale_one_does_not(papers, run_checks):
    now = datetime.now(UTC)
    days = [str(now - timedelta(days=at % 300 + 40)) for at in range(400)]
    result = run_checks(papers.assign(day=days), time="day")
    result.stdout.fnmatch_lines(["*age of the newest row = 40 days (required <= 31*"])


def test_a_time_from_the_future_is_refused(papers, run_checks):
    now = datetime.now(UTC)
    days = [str(now - timedelta(days=1)) for _ in range(399)] + [str(now + timedelta(days=3))]
    result = run_checks(papers.assign(day=days), time="day")
    result.stdout.fnmatch_lines(["*times in the future = 1 (required <= 0*"])


def test_an_expectation_that_a_project_added_is_held_too(papers, run_checks, gate_policy, pytester):
    folder = pytester.mkdir("agreed")
    (folder / "own.json").write_text(
        '{"schema": 1, "expectations": [{"type": "expect_column_mean_to_be_between", "column": "17", "max_value": -9}]}'
    )
    policy = gate_policy.replace(PROFILED, 'expectations = "agreed/own.json"')
    result = run_checks(papers, policy=policy)
    result.stdout.fnmatch_lines(["*other expectations broken = 1*column '17'*"])


def test_an_unusable_suite_file_fails_with_its_sentence(papers, run_checks, gate_policy, pytester):
    (pytester.path / "broken.json").write_text('{"schema": 9}')
    result = run_checks(papers, policy=gate_policy.replace(PROFILED, 'expectations = "broken.json"'))
    counts, shown = outcome(result)
    assert "has schema 9" in shown
    assert counts["errors"] >= 10
    assert counts.get("passed", 0) <= 3  # those that need no suite: keys, rows, and groups that nobody declared


def test_regression_leaves_out_what_only_classes_have(run_checks, undescribed):
    random = np.random.default_rng(5)
    frame = pd.DataFrame(random.normal(size=(300, 4)), columns=list("abcd"))
    frame = frame.assign(y=frame["a"] * 3 + random.normal(size=300)).assign(id=[f"r{at}" for at in range(300)])
    roles = {"id": "id", "target": "y", "task": "regression"}
    run_checks(frame, previous=frame.iloc[:200], policy=undescribed, **roles).assert_outcomes(passed=20, skipped=6)
