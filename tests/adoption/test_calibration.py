"""A calibrated bound is an order statistic of runs on different data, and its rate of false alarms is what it says."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from gates.adoption.calibration import (
    FILE,
    PastRun,
    digest_data,
    extend_calibrated,
    propose_bounds,
    read_values,
    write_calibrated,
)
from gates.cli import main
from gates.context import Context
from gates.documents import dump
from gates.errors import ConfigError
from gates.policy.reader import read_policy
from gates.registry import Registry

POLICY = """\
[tool.ml]
name = "x"
id = "a"
target = "b"
task = "classification"
train = "train:fit"
[tool.gates]
extends = "gates:standard"  # mine
[tool.gates.model."test_floors.py"]
thresholds.challenger_clears_the_floor = { accuracy = ">= 0.5" }
"""
FAST = "gates:model/test_cost.py::test_a_batch_is_fast"
FLOOR = "gates:model/test_floors.py::test_challenger_clears_the_floor"


@pytest.fixture
def policy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gates.toml").write_text(POLICY)
    return read_policy(tmp_path / "gates.toml")


def runs(values, check=FAST, id="ms_per_row", data=None):
    return [PastRun(str(at), "model", data or f"sha256:{at}", {(check, id): value}) for at, value in enumerate(values)]


def test_the_bound_is_the_most_extreme_of_nineteen_runs_at_five_percent(policy):
    ((one,), _) = propose_bounds(policy, runs(np.arange(1.0, 20.0)), 0.05, ["test_cost"])
    assert (one.comparator, one.limit, one.rank, one.runs) == ("<=", 19.0, 1, 19)
    assert one.false_alarms == pytest.approx(0.05)


def test_a_lower_bound_is_on_the_other_side(policy):
    values = np.linspace(0.8, 0.9, 39)
    ((one,), _) = propose_bounds(policy, runs(values, FLOOR, "accuracy"), 0.05, ["test_floors"])
    assert (one.comparator, one.rank) == (">=", 2)
    assert one.limit <= values[1]


def test_with_too_few_runs_nothing_is_proposed_and_the_number_is_named(policy):
    bounds, notes = propose_bounds(policy, runs(np.arange(18.0)), 0.05, ["test_a_batch_is_fast"])
    assert bounds == ()
    assert notes == (f"{FAST} ms_per_row: 18 runs on different data, 0.05 needs 19",)


def test_runs_on_the_same_data_count_once(policy):
    bounds, notes = propose_bounds(policy, runs(np.arange(100.0), data="sha256:same"), 0.05, ["test_a_batch_is_fast"])
    assert bounds == ()
    assert "1 runs on different data" in notes[0]


def test_the_rate_of_false_alarms_is_what_it_says(policy):
    """2,000 times: 39 good runs give a bound at 10 %, and a further good run misses it as often as that, and no more."""
    draw = np.random.default_rng(0)
    missed = 0
    for _ in range(2000):
        *past, further = draw.lognormal(0, 1, 40)
        ((one,), _) = propose_bounds(policy, runs(past), 0.1, ["test_a_batch_is_fast"])
        missed += further > one.limit
    assert one.false_alarms == 0.1
    assert 0.08 < missed / 2000 < 0.12


def test_margins_violations_and_p_values_are_not_calibrated(policy):
    past = [
        PastRun(
            str(at),
            "model",
            str(at),
            {("gates:model/test_champion.py::test_challenger_is_no_worse", "accuracy"): 0.1},
        )
        for at in range(50)
    ]
    bounds, notes = propose_bounds(policy, past, 0.05)
    assert bounds == ()
    assert not any("test_challenger_is_no_worse " in note for note in notes)
    document = {"checks": [{"id": "t.py::test_a[x]", "evidence": [
        {"id": "p", "kind": "p_value", "value": 0.5}, {"id": "v", "kind": "violations", "value": 0},
        {"id": "m", "kind": "measurement", "value": 2}, {"id": "lost", "kind": "measurement", "value": None},
    ]}]}  # fmt: skip
    assert read_values(document) == {("t.py::test_a", "m"): 2.0}


def test_what_is_written_is_a_policy_with_value_method_data_and_date(policy, tmp_path):
    past = runs(np.arange(1.0, 40.0))
    bounds, _ = propose_bounds(policy, past, 0.05, ["test_a_batch_is_fast"])
    text = write_calibrated(bounds, extends="gates:standard", data=digest_data(past), today=date(2026, 11, 27))
    (line,) = [line for line in text.splitlines() if "ms_per_row" in line]
    for part in ("<= 38.0", "2. largest of 39 runs", "2/40 = 5.0%", digest_data(past).short, "2026-11-27"):
        assert part in line
    (tmp_path / FILE).write_text(text)
    after, before = extend_calibrated(POLICY)
    assert (before, "# mine" in after) == ("gates:standard", True)
    (tmp_path / "gates.toml").write_text(after)
    model = read_policy(tmp_path / "gates.toml").gates["model"]
    assert str(model.bounds(FAST)["ms_per_row"]) == "<= 38"
    assert str(model.bounds(FLOOR)["accuracy"]) == ">= 0.5"


def test_a_policy_that_extends_nothing_cannot_be_calibrated():
    with pytest.raises(ConfigError, match="have no place below it"):
        extend_calibrated('[tool.gates]\nwork = "a:b"\n')


def keep(folder, count, state="passed"):
    """Keep runs as `gates check` does: a document each, and the context that names the data."""
    registry = Registry(folder)
    for at in range(count):
        evidence = [{"id": "ms_per_row", "kind": "measurement", "value": 1.0 + at}]
        gate = {"gate": "model", "passed": True, "checks": [{"id": FAST, "evidence": evidence}]}
        registry.keep_run(f"run{at}", "started", b"{}")
        registry.keep_run(f"run{at}", state, dump({"schema": 2, "gates": [gate]}))
        (folder / "runs" / f"run{at}").mkdir(parents=True)
        Context("model", "gates.toml", batch_digest=f"sha256:{at:064x}").write(
            folder / "runs" / f"run{at}" / "model.context.json"
        )


def test_the_command_reads_the_runs_that_were_kept_and_writes_twice(policy, tmp_path, capsys):
    keep(tmp_path / ".gates", 20)
    words = ["calibrate", "--check", "test_a_batch_is_fast"]
    assert main(words) == 0
    assert "<= 20 (now <= 5); largest of 20 runs" in capsys.readouterr().out
    assert not (tmp_path / FILE).exists()
    for _ in range(2):
        assert main([*words, "--write"]) == 0
        assert str(read_policy(tmp_path / "gates.toml").gates["model"].bounds(FAST)["ms_per_row"]) == "<= 20"


def test_runs_that_did_not_pass_propose_nothing(policy, tmp_path, capsys):
    keep(tmp_path / ".gates", 20, state="refused")
    assert main(["calibrate", "--check", "test_a_batch_is_fast"]) == 3
    assert "0 runs on different data, 0.05 needs 19" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--false-alarms", "0"], "--false-alarms is '0', wanted a rate between 0 and 1"),
        (["--false-alarms", "nan"], "--false-alarms is 'nan'"),
        (["--write"], "--write without --check"),
    ],
)
def test_what_makes_no_sense_is_refused(words, sentence, policy, capsys):
    assert main(["calibrate", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_a_file_that_somebody_else_wrote_is_not_overwritten(policy, tmp_path, capsys):
    keep(tmp_path / ".gates", 20)
    (tmp_path / FILE).write_text("# mine\n")
    assert main(["calibrate", "--check", "test_a_batch_is_fast", "--write"]) == 2
    assert "was not written by gates calibrate" in capsys.readouterr().err
    assert (tmp_path / "gates.toml").read_text() == POLICY
