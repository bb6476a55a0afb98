"""From an empty folder with one table to a champion in two commands, without an edit; what has learned nothing is refused."""

from __future__ import annotations

import json
import tomllib

import pytest
from command_line import champion_of, run_gates
from first_tables import CONSTANT, write


def gates(folder, *arguments, json_file=None):
    extra = ["--json", str(json_file)] if json_file else []
    return run_gates([*arguments, *extra], {"GATES_HOME": str(folder / ".gates")}, folder=folder)


@pytest.mark.parametrize("name", ["iris", "churn"])
def test_init_and_run_promote_a_first_model_and_refuse_one_that_has_learned_nothing(name, tmp_path):
    folder, account = tmp_path / name, tmp_path / "account.json"
    folder.mkdir()
    data = write(name, folder)
    written = gates(folder, "init")
    assert written.returncode == 0, written.stdout + written.stderr
    assert {path.name for path in folder.iterdir()} == {
        data.name, "gates.toml", "train.py", "data_checks", ".gitignore", ".gates",
    }  # fmt: skip
    _be_patient(folder)
    if name == "iris":  # and with a check of one's own in each gate, as they are written
        for gate in ("data", "model", "drift", "endpoint"):
            added = gates(folder, "new", "check", gate, f"nothing_of_the_{gate}_is_missing")
            assert added.returncode == 0, added.stdout + added.stderr

    first = gates(folder, "run", json_file=account)
    assert first.returncode == 0, first.stdout + first.stderr
    assert json.loads(account.read_text(encoding="utf-8"))["ending"] == "promoted"
    assert champion_of(folder / ".gates", name) == 1
    if name == "iris":
        checks = {
            check["id"] for gate in json.loads(account.read_text(encoding="utf-8"))["gates"] for check in gate["checks"]
        }
        own = "drift_checks/test_nothing_of_the_drift_is_missing.py::test_nothing_of_the_drift_is_missing"
        assert own in checks

    (folder / "train.py").write_text(CONSTANT, encoding="utf-8")
    bad = gates(folder, "run", json_file=account)
    assert bad.returncode == 1, bad.stdout + bad.stderr
    refused = {
        (reason["code"], reason["check"]) for reason in json.loads(account.read_text(encoding="utf-8"))["reasons"]
    }
    for metric in ("accuracy", "macro_f1"):
        assert ("bound-missed", f"gates:model/test_floors.py::test_challenger_clears_the_floor[{metric}]") in refused
    assert champion_of(folder / ".gates", name) == 1


def _be_patient(folder) -> None:
    """Widen the bounds in milliseconds, and nothing else: this machine may be busy with other tests. They are the standard's own
    otherwise, and `python -m benchmarks.first_run` shows them kept.
    """
    policy = folder / "gates.toml"
    latency = 'endpoint."test_latency.py".thresholds'
    slow = '{ p50 = "<= 10000", p95 = "<= 20000", p99 = "<= 30000" }'
    more = [f"{latency}.scoring_is_fast = {slow}", f"{latency}.callers_wait_briefly = {slow}"]
    more += [f'model."test_cost.py".thresholds.{name} = {{ {id} = "<= 10000" }}' for name, id in (
        ("a_batch_is_fast", "ms_per_row"), ("a_single_row_is_fast", "ms_single_row"),
    )]  # fmt: skip
    policy.write_text(policy.read_text(encoding="utf-8") + "\n".join([*more, ""]), encoding="utf-8")
    tomllib.loads(policy.read_text(encoding="utf-8"))
