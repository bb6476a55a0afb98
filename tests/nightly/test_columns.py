"""The effects of a night's columns: named where they stand out, on one scale every night, and read with suspicion."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from gates.errors import SubjectError
from gates.measures.drift import detect
from gates.measures.model.nightly_columns import write_columns
from gates.measures.model.nightly_residuals import find_residual_shifts
from gates.nightly.columns import Columns, read_columns

NAMES = [f"c{i}" for i in range(6)]


def rows(count, seed, **shifts):
    """Six columns that are nearly one another's sum: the residual of each is small."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((count, 1))
    frame = pd.DataFrame(common + 0.3 * rng.standard_normal((count, 6)), columns=NAMES)
    return frame.assign(**{name: frame[name] + by for name, by in shifts.items()})


def told(reference, current, tmp_path):
    write_columns(detect(reference, current, alpha=0.002, backend="scipy"), reference, current, tmp_path / "c.json")
    return read_columns(tmp_path / "c.json")


def test_a_shift_is_named_with_its_size(tmp_path):
    found = told(rows(600, 1), rows(300, 2, c3=1.0), tmp_path)
    assert found.worst[0].column.startswith("c3")
    assert found.worst[0].drifted
    assert found.effects["c3"][0] == pytest.approx(1.0, abs=0.15)
    assert (found.reference_rows, found.rows) == (600, 300)


def test_a_shift_too_small_for_the_column_alone_is_named_given_the_others(tmp_path):
    reference, current = rows(600, 1), rows(300, 2, c3=0.12)
    found = told(reference, current, tmp_path)
    assert found.worst[0].column == "c3 given the others"
    assert found.worst[0].drifted
    assert not any(one.drifted for one in found.worst if one.column == "c3")


def test_the_p_value_of_a_residual_is_no_smaller_than_it_should_be():
    shares = [
        one.p_value < 0.05
        for seed in range(40)
        for one in find_residual_shifts(rows(600, 2 * seed), rows(200, 2 * seed + 1), NAMES).values()
    ]
    assert len(shares) == 240
    assert sum(shares) <= 30, "5 % of 240 are 12; more than 30 has a probability below one in a million if independent"


@pytest.mark.parametrize(
    "current",
    [
        pytest.param(rows(3, 2), id="few rows"),
        pytest.param(rows(50, 2).assign(c1=np.nan), id="a column of nothing"),
        pytest.param(rows(50, 2).assign(c1=np.inf), id="infinite"),
        pytest.param(rows(50, 2).assign(c1=3.0), id="constant"),
        pytest.param(rows(50, 2).assign(c1=lambda frame: frame["c2"]), id="twice the same"),
    ],
)
def test_odd_columns_crash_nothing_and_give_finite_numbers(current, tmp_path):
    found = told(rows(200, 1), current, tmp_path)
    assert all(np.isfinite(number) for numbers in found.effects.values() for number in numbers)


def test_constant_reference_columns_and_categories_have_a_distance(tmp_path):
    reference = rows(200, 1).assign(c1=1.0, colour=["red", "blue"] * 100)
    found = told(reference, rows(200, 2).assign(c1=1.0, colour=["red"] * 200), tmp_path)
    assert len(found.effects["c1"]) == 1
    assert found.effects["colour"] == (0.5,)


def test_no_file_says_nothing(tmp_path):
    assert read_columns(tmp_path / "none.json") == Columns()


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"worst": [{"column": 1, "effect": "", "p_value": 0.1, "drifted": True}]},
        {"worst": [{"column": "a", "effect": "", "p_value": True, "drifted": True}]},
        {"worst": 3},
        {"effects": {"a": []}},
        {"effects": {"a": [0.1, 0.2, 0.3]}},
        {"effects": {"a": ["0.1"]}},
        {"n_current": -1},
        {"n_current": 2.5},
    ],
)
def test_another_form_is_refused(change, tmp_path):
    sound = {"schema": 1, "n_reference": 1, "n_current": 1, "worst": [], "effects": {"a": [0.1]}}
    path = tmp_path / "c.json"
    path.write_text(json.dumps(sound))
    assert read_columns(path).effects == {"a": (0.1,)}
    path.write_text(json.dumps({**sound, **change}))
    with pytest.raises(SubjectError, match="is not what the checks of a night write"):
        read_columns(path)


def test_a_name_cannot_drive_a_terminal(tmp_path):
    path = tmp_path / "c.json"
    path.write_text(
        json.dumps(
            {
                "schema": 1,
                "n_reference": 1,
                "n_current": 1,
                "effects": {},
                "worst": [{"column": "\x1b[2J", "effect": "\x07", "p_value": 0.1, "drifted": True}],
            }
        )
    )
    (worst,) = read_columns(path).worst
    assert "\x1b" not in worst.sentence
    assert "\x07" not in worst.sentence
