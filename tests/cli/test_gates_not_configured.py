"""A project may have fewer than four gates: each can be checked alone, and only a promotion needs them all."""

import pytest
from small_project import PYPROJECT, make_project

from gates.cli import main

DATA_ALONE = PYPROJECT.replace("small.work:open_work", "fakes.work:open_work").partition("[tool.gates.model]")[0]


@pytest.fixture
def project(tmp_path, monkeypatch):
    project = make_project(tmp_path, **{"pyproject.toml": DATA_ALONE})
    monkeypatch.chdir(tmp_path)
    return project


def test_the_gate_that_is_there_can_be_checked(project, capsys):
    assert main(["check", "data"]) == 0
    assert "data gate passed" in capsys.readouterr().out


def test_a_gate_that_is_not_there_is_said_to_be_not_configured(project, capsys):
    assert main(["check", "model"]) == 2
    assert "the model gate is not configured: there is no [tool.gates.model]" in "".join(capsys.readouterr())


def test_a_whole_run_needs_all_four(project, capsys):
    assert main(["run"]) == 2
    shown = "".join(capsys.readouterr())
    for gate in ("model", "drift", "endpoint"):
        assert f"the {gate} gate is not configured" in shown
    assert "the data gate is not configured" not in shown


def test_the_lock_lists_the_gates_that_are_there(project):
    assert main(["lock"]) == 0
    assert main(["lock", "--check"]) == 0
    text = (project.root / "gates.lock").read_text()
    assert "[suites.data]" in text
    assert "[suites.model]" not in text
