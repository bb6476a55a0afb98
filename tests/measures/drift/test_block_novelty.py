"""Values and dates that the reference lacks, where whole blocks change sides."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gates.measures.drift.block_novelty import set_past_apart
from gates.measures.drift.block_tests import compare_blocks
from gates.measures.drift.blocks import Blocks
from gates.measures.drift.table import tabulate

ROWS = 20  # of a block


def _blocks(before: int, now: int, seasons: int = 1) -> Blocks:
    count = before + now
    of_row = np.repeat(np.arange(count), ROWS)
    return Blocks(of_row, np.arange(count) >= before, np.arange(count) % seasons)


def _codes(rng: np.random.Generator, blocks: int, prefix: str = "C") -> pd.DataFrame:
    """A code of thousands of levels that is the same in a whole block: a new block brings a new value."""
    return pd.DataFrame({"code": np.repeat([f"{prefix}{rng.integers(10**6):06d}" for _ in range(blocks)], ROWS)})


def test_a_new_code_in_each_block_is_no_drift_where_each_block_of_the_reference_had_one_too():
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        table = tabulate(_codes(rng, 30), _codes(rng, 30))
        columns, p_value = compare_blocks(table, _blocks(30, 30), alpha=0.05, seed=seed)
        assert [one.name for one in columns if one.kind == "unseen values"] == ["code"]
        alarms += p_value < 0.05
    assert alarms <= 6  # of 40 at 5 %: more than 6 have a probability under 0.4 %


def test_values_that_are_all_new_are_seen_where_the_reference_repeats_its_own():
    rng = np.random.default_rng(0)
    known = [f"K{i:04d}" for i in range(400)]
    reference = pd.DataFrame({"code": rng.choice(known, 60 * ROWS)})
    current = pd.DataFrame({"code": [f"N{value}" for value in rng.choice(known, 60 * ROWS)]})
    columns, p_value = compare_blocks(tabulate(reference, current), _blocks(60, 60), alpha=0.01, seed=0)
    worst = next(one for one in columns if one.kind == "unseen values")
    assert p_value < 0.01
    assert worst.drifted
    assert worst.effect.startswith("has 1,200 of 1,200 values that the reference lacks (100.0%, expected ")


@pytest.mark.parametrize("seasons", [1, 7])
def test_dates_of_another_century_are_seen(seasons):
    days = pd.Series(pd.date_range("2024-01-01", periods=70 * ROWS, freq="h"))
    reference, current = (pd.DataFrame({"day": days.to_numpy()}) for _ in range(2))
    current["day"] = current["day"] - pd.Timedelta(days=54 * 365)
    columns, p_value = compare_blocks(tabulate(reference, current), _blocks(70, 70, seasons), alpha=0.01, seed=0)
    assert p_value < 0.01
    assert ("day", "dates") in [(one.name, one.kind) for one in columns if one.drifted]


def test_half_of_the_blocks_of_each_season_are_the_past_and_none_of_current():
    blocks = _blocks(21, 14, seasons=7)
    rest, places, of_past = set_past_apart(blocks, seed=3)
    assert int(of_past.sum()) == 7 * ROWS
    assert not of_past[21 * ROWS :].any()
    assert (rest.n_reference, rest.n_current) == (14, 14)
    assert len(places) == len(rest.of_row) == 28 * ROWS
    assert sorted(np.bincount(rest.stratum)) == [4] * 7
    assert np.array_equal(np.unique(rest.of_row), np.arange(28))


def test_one_block_a_side_has_no_past_and_nothing_is_claimed():
    rng = np.random.default_rng(0)
    table = tabulate(_codes(rng, 1), _codes(rng, 1))
    columns, p_value = compare_blocks(table, _blocks(1, 1), alpha=0.01, seed=0)
    assert "unseen values" not in [one.kind for one in columns]
    assert p_value > 0.01
