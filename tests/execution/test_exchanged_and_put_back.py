"""A file that is exchanged just before a child reads it and put back before it ends: what was read is not what was approved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from small_project import FILES, FLOOR, PYPROJECT, make_project

from gates.context import Context
from gates.execution import runner
from gates.execution.runner import run_gate
from gates.judgement.judge import Judgement, judge
from gates.reason import Code

HELPED = """
    import pytest
    from helper import ACCURACY

    pytestmark = pytest.mark.gate("model")


    def test_clears_the_floor(evidence):
        evidence("accuracy", ACCURACY, n=200)


    def test_answers():
        assert True
    """
SOUND = {**FILES, FLOOR: HELPED, "helper.py": "ACCURACY = 0.7\n"}
OTHER = {
    FLOOR: HELPED.replace("ACCURACY, n", "0.99, n"),
    "helper.py": "ACCURACY = 0.99\n",
    "conftest.py": "import pytest\n\n\n@pytest.fixture\ndef rows():\n    return 2000\n",
    "pyproject.toml": PYPROJECT.replace(">= 0.8", ">= 0.1"),
}


def run_exchanged(root: Path, name: str | None, monkeypatch: pytest.MonkeyPatch) -> Judgement:
    """Judge the model gate of a project in which ``name`` is another file while the child loads it."""
    project = make_project(root, **SOUND)
    policy = project.policy
    in_child = runner._in_child

    def exchanged(*arguments: object) -> tuple[int, bool]:
        if name is not None:
            project.write({name: OTHER[name]})
        return in_child(*arguments)  # type: ignore[arg-type]

    def put_back(fact: Mapping[str, object]) -> None:
        if fact["kind"] == "finish" and name is not None:
            project.write({name: SOUND[name]})

    monkeypatch.setattr(runner, "_in_child", exchanged)
    run = run_gate(policy, Context(gate="model", config=str(root / "pyproject.toml")), root / "kept", put_back)
    return judge(run, policy.gates["model"], {})


@pytest.mark.parametrize("name", OTHER)
def test_what_the_child_read_is_held_to_what_was_approved(name, tmp_path, monkeypatch):
    judgement = run_exchanged(tmp_path, name, monkeypatch)
    assert not judgement.passed
    code = Code.POLICY_CHANGED if name == "pyproject.toml" else Code.SUITE_CHANGED
    (reason,) = (reason for reason in judgement.reasons if reason.code is code)
    assert name in reason.text
    assert "when" in reason.text


def test_the_same_project_untouched_is_refused_by_its_bound_alone(tmp_path, monkeypatch):
    judgement = run_exchanged(tmp_path, None, monkeypatch)
    assert {reason.code for reason in judgement.reasons} == {Code.BOUND_MISSED}


def test_a_file_that_is_read_twice_with_other_content_is_unequal_to_all(tmp_path, monkeypatch):
    from gates.processes import sources

    monkeypatch.setattr(sources, "READ", {})
    path = sources.ReadPath(tmp_path / "file")
    path.write_bytes(b"one\r\n")
    assert path.read_text() == "one\r\n"
    assert path.read_bytes() == b"one\r\n"
    (digest,) = sources.READ.values()
    assert digest.startswith("sha256:")
    path.write_bytes(b"two")
    path.read_bytes()
    path.write_bytes(b"one\r\n")
    path.read_bytes()
    assert list(sources.READ.values()) == [sources.CHANGING]
