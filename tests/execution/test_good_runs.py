"""Runs that pass, some of which only look bad; and what a run leaves behind."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from bent_runs import DRIFT, FIRST, CheckFile, checks, conftest, file_of, run_together
from in_process import in_this_process
from record_lines import GOOD, NAMES, without_seconds
from small_project import GATES, make_project

from gates.context import Context
from gates.execution.runner import run_gate
from gates.judgement.judge import Judgement, judge

STEERING = {
    "PYTEST_ADDOPTS": "-k smoke",
    "PYTEST_PLUGINS": "no_such_plugin",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "PYTHONPATH": "/nowhere",
    "GATES_HOME": "/nowhere",
}
LOOK = """
    import os, sys


    def test_answers():
        assert [key for key in os.environ if key.startswith(("PYTHON", "GATES_", "PYTEST_A", "PYTEST_P"))] == []
        assert sys.flags.optimize == 0
    """


@dataclass(frozen=True, slots=True)
class Watched:
    """A run of a child: its judgement, the facts that the listener got, and the folder of what was kept."""

    judgement: Judgement
    facts: tuple[dict[str, object], ...]
    kept: Path
    context: Context


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """The good run of the model gate, started where the environment would steer Python and pytest."""
    root = tmp_path_factory.mktemp("good")
    project = make_project(root, **checks(second=LOOK))
    context, facts = Context(gate="model", config=str(root / "pyproject.toml")), []
    with pytest.MonkeyPatch.context() as patch:
        for name, value in STEERING.items():
            patch.setenv(name, value)
        run = run_gate(project.policy, context, root / "kept", lambda fact: facts.append(dict(fact)))
    return Watched(judge(run, project.policy.gates["model"], {}), tuple(facts), root / "kept", context)


def test_the_callers_environment_steers_nothing(good):
    assert good.judgement.reasons == ()


def test_a_child_writes_these_very_lines(good):
    assert [without_seconds(fact) for fact in good.facts] == [without_seconds(fact) for fact in GOOD]


def test_a_run_in_this_process_writes_the_lines_of_a_child(tmp_path):
    facts: list[dict[str, object]] = []
    context = Context(gate="model", config=str(tmp_path / "pyproject.toml"))
    with in_this_process():
        run_gate(make_project(tmp_path).policy, context, tmp_path / "kept", lambda fact: facts.append(dict(fact)))
    assert [without_seconds(fact) for fact in facts] == [without_seconds(fact) for fact in GOOD]


def test_the_listener_hears_each_check_start_and_the_log_keeps_the_output(good):
    assert [fact["id"] for fact in good.facts if fact["kind"] == "start"] == list(NAMES)
    assert "2 passed" in (good.kept / "model.log").read_text()
    assert Context.read(good.kept / "model.context.json") == good.context


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.usefixtures("here")
def test_the_good_run_passes(gate, tmp_path):
    judgement = make_project(tmp_path).judge(gate)
    assert judgement.reasons == ()
    assert judgement.could_judge
    assert all(check.counts for check in judgement.checks)


def does(text: str) -> str:
    """Return a check that also does this."""
    return f"""
        def test_clears_the_floor(rows, evidence):
            {text}
            evidence("accuracy", 0.9, n=rows)
        """


GOOD_FILES: dict[str, CheckFile] = {
    "options of the project's own pytest are not applied": CheckFile(""),  # see the files of the fixture below
    "warnings do not matter": CheckFile("", does("import warnings; warnings.warn('old', DeprecationWarning)")),
    "floods of output do not matter": CheckFile(
        "", does("import os; os.write(1, b'x' * (4 << 20)); print('y' * (4 << 20))")
    ),
    "a helper process that ends with the run does not matter": CheckFile(
        "", does("import subprocess; subprocess.Popen(['sleep', '60'], close_fds=False)")
    ),
    "checks of another gate in the same folder do not matter": CheckFile(""),
    "a bound that is met exactly holds": CheckFile("", FIRST.replace("0.9", "0.8")),
    "passing subtests": CheckFile(
        "", second="def test_answers(subtests):\n    with subtests.test('a'):\n        assert True\n"
    ),
    "a helper fixture with a name of its own": CheckFile("", FIRST.replace("evidence", "measured")),
}


@pytest.fixture(scope="module")
def of_one_child(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    files = {
        "pytest.ini": "[pytest]\naddopts = -k smoke\nxfail_strict = nonsense\n",
        "setup.cfg": "[tool:pytest]\naddopts = --collect-only\n",
        "model_checks/test_other.py": DRIFT,
        **conftest("@pytest.fixture\ndef measured(evidence):\n    return evidence\n"),
    }
    started = time.monotonic()
    project, run = run_together(GOOD_FILES, tmp_path_factory.mktemp("only_looks_bad"), **files)
    assert time.monotonic() - started < 30  # a helper process sleeps for 60 s
    return judge(run, project.policy.gates["model"], {})


@pytest.mark.parametrize("name", GOOD_FILES)
def test_what_only_looks_bad_still_passes(name, of_one_child):
    assert of_one_child.reasons == ()
    outcomes = [str(check.outcome) for check in of_one_child.checks if check.id.startswith(file_of(name))]
    assert outcomes == ["passed", "passed"]
