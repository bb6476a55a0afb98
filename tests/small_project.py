"""A project of a few lines with all four gates, to be bent in one place at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from gates.context import Context
from gates.execution.runner import run_gate
from gates.judgement.judge import Judgement, judge
from gates.policy.reader import read_policy
from gates.policy.records import GATES, Policy
from gates.run import Run

FLOOR = "model_checks/test_floors.py"

PYPROJECT = """
[tool.gates]
work = "small.work:open_work"
first_model = "floors"

[tool.gates.data]
suite = "data_checks"
checks = { "data_checks/test_rows.py::test_there_are_enough_rows" = { rows = ">= 100" } }

[tool.gates.model]
suite = "model_checks"
timeout = "20s"
settings = { metrics = ["accuracy", "macro_f1"] }

[tool.gates.model.checks]
"model_checks/test_floors.py::test_clears_the_floor" = { accuracy = ">= 0.8" }
"model_checks/test_floors.py::test_answers" = {}

[tool.gates.drift]
suite = ["model_checks/test_drift.py"]
checks = { "model_checks/test_drift.py::test_looks_the_same" = { accept = "drift", p_value = ">= 0.01" } }

[tool.gates.endpoint]
suite = "endpoint_checks"
checks = { "endpoint_checks/test_smoke.py::test_it_answers" = { unless = "no_key" } }
"""

FILES = {
    "pyproject.toml": PYPROJECT,
    "conftest.py": "import pytest\n\n\n@pytest.fixture\ndef rows():\n    return 200\n",
    "data_checks/test_rows.py": """
        import pytest

        pytestmark = pytest.mark.gate("data")


        def test_there_are_enough_rows(rows, evidence):
            evidence("rows", rows, n=rows)
        """,
    "model_checks/test_floors.py": """
        import pytest

        pytestmark = pytest.mark.gate("model")


        def test_clears_the_floor(rows, evidence):
            evidence("accuracy", 0.9, n=rows)


        def test_answers():
            assert True
        """,
    "model_checks/test_drift.py": """
        import pytest

        pytestmark = pytest.mark.gate("drift")


        def test_looks_the_same(evidence):
            evidence("p_value", 0.4, n=60, detail="no column moved")
        """,
    "endpoint_checks/test_smoke.py": """
        import pytest

        pytestmark = pytest.mark.gate("endpoint")


        def test_it_answers(gate_context):
            assert gate_context is None or gate_context.gate == "endpoint"
        """,
}


@dataclass(frozen=True)
class Project:
    """A folder with a policy and suites. ``without`` and ``with_`` are files, as text, relative to it."""

    root: Path

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    @property
    def policy(self) -> Policy:
        """The policy as the child reads it: a check that the suite lacks is left to the judge."""
        return read_policy(self.root / "pyproject.toml", strict=False)

    def run(self, gate: str = "model", **about: object) -> Run:
        context = Context(gate=gate, config=str(self.root / "pyproject.toml"), **about)
        return run_gate(self.policy, context, self.root / ".gates")

    def judge(self, gate: str = "model", *, accepted: Mapping[str, str] | None = None, **conditions: bool) -> Judgement:
        assert gate in GATES
        return judge(self.run(gate, conditions=conditions), self.policy.gates[gate], conditions, accepted)


def make_project(root: Path, **files: str) -> Project:
    project = Project(root)
    project.write({**FILES, **files})
    return project
