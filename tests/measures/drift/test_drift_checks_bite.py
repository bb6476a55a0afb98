"""The drift checks as users run them, on rows that are as before and on rows that are not. A check never seen to fail is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
CHECKS = (
    "data_checks/test_batch_drift.py",
    "model_checks/test_challenger_drift.py",
    "model_checks/test_prediction_drift.py",
)

FREE = """
[tool.gates]
work = "nothing:here"
first_model = "floors"
[tool.gates.model]
suite = "suite"
[tool.gates.model.checks]
"x.py::test_x" = {}
[tool.gates.endpoint]
suite = "suite"
[tool.gates.endpoint.checks]
"x.py::test_x" = {}
"""

BOUNDS = {
    "data": {
        "test_batch_drift.py::test_new_rows_look_like_those_the_champion_learned_from": {
            "columns_compared": ">= 1",
            "not_compared_share": "<= 1",
            "infinite_values": "== 0",
            "drift": ">= 0.01",
            "rows_share": ">= 1",
        }
    },
    "drift": {
        "test_challenger_drift.py::test_training_rows_still_look_like_the_current_window": {
            "columns_compared": ">= 1",
            "not_compared_share": "<= 1",
            "infinite_values": "== 0",
            "drift": ">= 0.01",
            "rows_share": ">= 1",
        },
        "test_prediction_drift.py::test_challenger_answers_as_on_its_holdout": {
            "drift": ">= 0.01",
            "rows_share": ">= 1",
        },
        "test_prediction_drift.py::test_champion_answers_as_on_its_holdout": {
            "drift": ">= 0.01",
            "rows_share": ">= 1",
        },
    },
}


def write_policy() -> str:
    lines = [FREE]
    for gate, checks in BOUNDS.items():
        lines.append(
            f'[tool.gates.{gate}]\nsuite = "suite"\n[tool.gates.{gate}.settings]\ndrift = {{ backend = "scipy" }}\n'
        )
        lines.append(f"[tool.gates.{gate}.checks]\n")
        for check, bounds in checks.items():
            told = ", ".join(f'"{name}" = "{bound}"' for name, bound in bounds.items())
            lines.append(f'"suite/{check}" = {{ {told} }}\n')
    return "".join(lines)


FIXTURES = """
from types import SimpleNamespace
import numpy as np, pandas as pd, pytest

SCENARIO = {scenario!r}

def rows(seed, n, first):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n, 3)) @ (np.tril(np.ones((3, 3))) * 0.4 + np.eye(3))
    frame = pd.DataFrame(values, columns=["a", "b", "c"])
    return frame.assign(key=[f"k{{first + i}}" for i in range(n)], y=rng.integers(0, 3, n))

def damage(frame):
    if SCENARIO == "shifted":
        return frame.assign(a=frame["a"] + 2)
    if SCENARIO == "infinite":
        return frame.assign(a=frame["a"].mask(frame.index == 0, np.inf))
    if SCENARIO == "few":
        return frame[:6]
    if SCENARIO == "empty":
        return frame[:0]
    if SCENARIO == "missing":
        return frame.assign(a=np.nan, b=np.nan, c=np.nan, y=np.nan)
    return frame

class Model:
    classes = (0, 1)
    def predict(self, X): return (X["a"] > 0).astype(int).to_numpy()
    def predict_proba(self, X):
        share = 1 / (1 + np.exp(-X["a"].to_numpy()))
        return np.column_stack([np.full(len(X), np.nan), share] if SCENARIO == "broken" else [1 - share, share])

@pytest.fixture
def roles(): return SimpleNamespace(
    id="key", target="y", task="classification", features=("a", "b", "c"), time=None, group=None, weight=None, slices=(),
    block=None, season=None, order="file")
@pytest.fixture
def reference(): return rows(1, 400, 0)
@pytest.fixture
def arrivals(): return damage(rows(2, 200, 1000))
@pytest.fixture
def changed_rows(): return 3
@pytest.fixture
def training_rows(): return SimpleNamespace(frame=rows(1, 400, 0), ids=rows(1, 400, 0)["key"])
@pytest.fixture
def holdout(): return SimpleNamespace(frame=rows(3, 200, 5000))
@pytest.fixture
def current(): return rows(3, 200, 5000) if SCENARIO == "no window" else damage(rows(4, 200, 2000))
@pytest.fixture
def challenger(): return Model()
@pytest.fixture
def champion(): return Model()
"""


@pytest.fixture
def run(pytester):
    def go(scenario: str) -> pytest.RunResult:
        pytester.makepyprojecttoml(write_policy())
        (pytester.path / "suite").mkdir()
        for check in CHECKS:
            shutil.copy(ROOT / check, pytester.path / "suite")
        (pytester.path / "conftest.py").write_text(FIXTURES.format(scenario=scenario), encoding="utf-8")
        return pytester.runpytest_inprocess("suite", "-p", "no:cacheprovider", "--import-mode=importlib", "-rA")

    return go


def test_unchanged_rows_pass_every_check(run):
    run("same").assert_outcomes(passed=4)


def test_shifted_rows_are_refused_by_every_check_with_the_column_named(run):
    result = run("shifted")
    result.assert_outcomes(failed=4)
    text = result.stdout.str()
    assert "(required >= 0.01, n = 200)" in text
    assert "'a' moved by +" in text
    assert "3 known rows have changed" in text
    assert "drift p-value of the predictions = " in text
    assert "probability of class 1" in text


def test_infinite_values_are_refused_by_name(run):
    result = run("infinite")
    result.assert_outcomes(failed=2, passed=2)
    result.stdout.fnmatch_lines(["*infinite values = 1*column 'a' holds 1 infinite values*"])


def test_too_few_rows_are_inconclusive_with_the_number_that_is_needed(run):
    result = run("few")
    result.assert_outcomes(failed=4)
    assert result.stdout.str().count("too few rows to tell, it needs n >= ") >= 4


def test_no_rows_fail(run):
    run("empty").assert_outcomes(failed=4)


def test_columns_without_values_fail(run):
    result = run("missing")
    assert result.parseoutcomes()["failed"] == 4


def test_predictions_that_are_no_numbers_fail(run):
    result = run("broken")
    result.assert_outcomes(failed=2, passed=2)
    result.stdout.fnmatch_lines(["*200 predictions on the reference are not finite*"])


def test_without_a_window_predictions_are_not_compared(run):
    result = run("no window")
    result.assert_outcomes(passed=2, skipped=2)
    result.stdout.fnmatch_lines(["*not applicable (no_current_window)*"])
