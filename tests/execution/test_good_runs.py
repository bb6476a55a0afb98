"""Runs that pass, some of which only look bad; and what a run leaves behind."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from bent_runs import DRIFT, FIRST, checks, conftest, policy
from small_project import FLOOR, GATES, make_project

from gates.context import Context
from gates.execution.runner import run_gate


@pytest.mark.parametrize("gate", GATES)
def test_the_good_run_passes(gate, tmp_path):
    judgement = make_project(tmp_path).judge(gate)
    assert judgement.reasons == ()
    assert judgement.could_judge
    assert all(check.counts for check in judgement.checks)


def warn(text: str) -> dict[str, str]:
    return checks(
        f"""
        import warnings


        def test_clears_the_floor(rows, evidence):
            {text}
            evidence("accuracy", 0.9, n=rows)
        """
    )


GOOD_RUNS: dict[str, dict[str, str]] = {
    "options of the project's own pytest are not applied": {
        "pytest.ini": "[pytest]\naddopts = -k smoke\nxfail_strict = nonsense\n",
        "setup.cfg": "[tool:pytest]\naddopts = --collect-only\n",
    },
    "warnings do not matter": warn("warnings.warn('old', DeprecationWarning)"),
    "floods of output do not matter": warn("import os; os.write(1, b'x' * (4 << 20)); print('y' * (4 << 20))"),
    "a helper process that ends with the run does not matter": warn(
        "import subprocess; subprocess.Popen(['sleep', '60'], close_fds=False)"
    ),
    "checks of another gate in the same folder do not matter": {"model_checks/test_other.py": DRIFT},
    "a bound that is met exactly holds": checks(FIRST.replace("0.9", "0.8")),
    "passing subtests": checks(
        second="def test_answers(subtests):\n    with subtests.test('a'):\n        assert True\n"
    ),
    "a helper fixture with a name of its own": conftest(
        "@pytest.fixture\ndef measured(evidence):\n    return evidence\n"
    ),
}


@pytest.mark.parametrize("files", GOOD_RUNS.values(), ids=list(GOOD_RUNS))
def test_what_only_looks_bad_still_passes(files, tmp_path):
    started = time.monotonic()
    assert make_project(tmp_path, **files).judge().reasons == ()
    assert time.monotonic() - started < 15


def test_a_stopped_gate_leaves_no_process_behind(tmp_path):
    hang = f"""
        import os, subprocess
        from pathlib import Path


        def test_answers():
            child = subprocess.Popen(["sleep", "60"])
            Path({str(tmp_path / "pids")!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
            child.wait()
        """
    make_project(tmp_path, **checks(second=hang), **policy('"20s"', '"3s"')).judge()
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    time.sleep(0.2)
    assert [pid for pid in pids if _alive(pid)] == []


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_listener_hears_each_check_start_and_the_log_keeps_the_output(tmp_path):
    project = make_project(tmp_path)
    heard: list[object] = []
    context = Context(gate="model", config=str(tmp_path / "pyproject.toml"))
    run_gate(project.policy, context, tmp_path / "kept", lambda fact: heard.append((fact["kind"], fact.get("id"))))
    assert [id for kind, id in heard if kind == "start"] == [
        f"{FLOOR}::test_clears_the_floor",
        f"{FLOOR}::test_answers",
    ]
    assert "2 passed" in (tmp_path / "kept" / "model.log").read_text()
    assert Context.read(tmp_path / "kept" / "model.context.json") == context
