"""A project whose nights are told by small JSON files: real children, real ledger, a clock that the test turns."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

from fakes.work import FakeWork
from small_project import PYPROJECT, Project, make_project

from gates.home import Home
from gates.nightly.history import History, read_history
from gates.nightly.watch import NightOutcome, NightRequest, watch
from gates.reports.progress import Progress
from gates.session import Session
from gates.workflow.run_history import recorded

START = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)

CHECKS = """
import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.gate("nightly")


def test_they_look_like_those_the_champion_learned_from(gate_context, evidence, run_folder):
    told = json.loads(Path(gate_context.batch).read_text())
    rows = told["rows"]
    if "raises" in told:
        raise OSError(told["raises"])
    evidence("new_rows", rows, n=1000, needed_n=1, detail=f"{rows} of 1,000 rows are new to the champion")
    (run_folder / "nightly.columns.json").write_text(told.get("columns") or json.dumps({
        "schema": 1, "n_reference": 600, "n_current": rows, "effects": told["effects"],
        "worst": [{"column": "a", "effect": "moved", "p_value": told["p"], "drifted": told["p"] < 0.002}],
    }))
    evidence("columns_compared", 2, n=rows)
    evidence.violations(told.get("infinite", 0), n=rows, detail="column 'a' holds 1 infinite values", id="infinite_values")
    evidence.p_value("drift", told["p"], n=rows, detail="'a' moved")
    evidence("rows_share", rows / 100, n=rows, needed_n=100)


def test_the_champion_answers_as_on_its_holdout(gate_context, evidence):
    told = json.loads(Path(gate_context.batch).read_text())
    rows = told["rows"]
    evidence("new_rows", rows, n=1000, needed_n=1)
    evidence.p_value("drift", told.get("answers", 1.0), n=rows)
    evidence("rows_share", rows / 50, n=rows, needed_n=50)
"""

BOUNDS = """
[tool.gates.nightly."test_newest_rows.py".thresholds.they_look_like_those_the_champion_learned_from]
new_rows = ">= 1"
columns_compared = ">= 1"
drift = ">= 0.8 alpha"
rows_share = ">= 1"
[tool.gates.nightly."test_newest_rows.py".thresholds.the_champion_answers_as_on_its_holdout]
new_rows = ">= 1"
drift = ">= 0.2 alpha"
rows_share = ">= 1"
"""


WORK = FakeWork("small", model="learned from {digest}", recipe="none", true={"no_key": True})


@dataclass
class Watched:
    """A project with a home. Each `night` is one day after the one before, on data that `tell` describes."""

    project: Project
    home: Path
    now: datetime = START
    said: StringIO = field(default_factory=StringIO)
    told: int = 0

    def session(self) -> Session:
        progress = Progress(self.said)
        return Session(self.project.policy, WORK, Home.at(self.home), progress, lambda: self.now)

    def data(self, *, p: float = 0.4, rows: int = 300, shift: float = 0.0, **more: object) -> Path:
        """A file of its own each time: what a night would measure on it."""
        self.told += 1
        path = self.project.root / f"data{self.told}.json"
        effects = {"a": [shift, 0.0], "b": [0.0, 0.01]}
        path.write_text(json.dumps({"p": p, "rows": rows, "effects": effects, "number": self.told, **more}))
        return path

    def night(self, data: Path | None = None, *, after: timedelta = timedelta(days=1), retrain: bool = False,
              window: str = "", **told: object) -> NightOutcome:  # fmt: skip
        self.now += after
        session = self.session()
        request = NightRequest(str(data or self.data(**told)), window, retrain)
        found: list[NightOutcome] = []

        def work():
            found.append(watch(session, request))
            return found[0].decision

        recorded(session, "nightly", work)
        return found[0]

    @property
    def history(self) -> History:
        return read_history(self.session().registry, "small")


def make_watched(root: Path, home: Path, nightly: str = "") -> Watched:
    """``nightly`` are lines of [tool.gates.nightly]."""
    policy = f'{PYPROJECT}\n[tool.gates.nightly]\nsuite = "model_checks/nightly"\n{nightly}\n{BOUNDS}'
    checks = {"model_checks/nightly/test_newest_rows.py": CHECKS, "pyproject.toml": policy}
    # The nightly folder lies inside the model gate's suite, as the shipped one does.
    return Watched(make_project(root, **checks), home)
