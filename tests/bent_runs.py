"""Bend the small project in one place, run its suite in a child or in this process, and hold what it reported to the policy."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from in_process import in_this_process
from small_project import FILES, FLOOR, PYPROJECT, Project, make_project

from gates.judgement.judge import Judgement
from gates.run import Run

Row = tuple[dict[str, str], str]

HEAD = 'import pytest\n\npytestmark = pytest.mark.gate("model")\n'
FIRST = 'def test_clears_the_floor(rows, evidence):\n    evidence("accuracy", 0.9, n=rows)\n'
SECOND = "def test_answers():\n    assert True\n"
DRIFT = dedent(FILES["model_checks/test_drift.py"])


def checks(first: str = FIRST, second: str = SECOND) -> dict[str, str]:
    """The model gate's checks, with one of the two replaced."""
    return {FLOOR: "\n\n".join((HEAD, dedent(first), dedent(second)))}


def conftest(text: str) -> dict[str, str]:
    """A hook or fixture beside those of the project."""
    return {"conftest.py": FILES["conftest.py"] + "\n\n" + dedent(text)}


def policy(old: str, new: str) -> dict[str, str]:
    """The policy with one text replaced."""
    assert old in PYPROJECT
    return {"pyproject.toml": PYPROJECT.replace(old, new)}


def write_record(*lines: str) -> dict[str, str]:
    """A check that does this to the ``record`` from which the parent reads."""
    body = "\n            ".join(lines)
    return checks(
        f"""
        import os


        def test_clears_the_floor(rows, evidence, pytestconfig):
            record = pytestconfig.getoption("--gates-record")
            {body}
            evidence("accuracy", 0.9, n=rows)
        """
    )


ACCURACY = '"model_checks/test_floors.py::test_clears_the_floor" = { accuracy = ">= 0.8" }'
WARN = 'timeout = "20s"\ninconclusive = "warn"'
LEFT_OUT = "def test_answers(inapplicable):\n    inapplicable('no_champion', 'nothing serves yet')\n"
TOO_FEW = 'def test_clears_the_floor(evidence):\n    evidence("accuracy", 0.79, n=50, needed_n=700)\n'
NOT_RUN = f"{FLOOR}::test_answers: required, but did not run"


@dataclass(frozen=True)
class CheckFile:
    """A file of two checks, judged in one run beside many others.

    ``sentence`` is a part of the reasons that name the file. ``first`` and ``second`` are its checks, ``floor`` and ``answers``
    what the policy wants of them; an empty text there leaves one out.
    """

    sentence: str
    first: str = FIRST
    second: str = SECOND
    floor: str = '{ accuracy = ">= 0.8" }'
    answers: str = "{}"
    head: str = HEAD


def run_together(checks: Mapping[str, CheckFile], root: Path, **more: str) -> tuple[Project, Run]:
    """Run all these files as the model gate of one project, in one child. ``more`` are further files, by their paths."""
    files, bounds = {}, []
    for name, check in checks.items():
        file = file_of(name)
        files[file] = "\n\n".join((check.head, dedent(check.first), dedent(check.second)))
        wanted = {"test_clears_the_floor": check.floor, "test_answers": check.answers}
        bounds += [f'"{file}::{function}" = {bound}' for function, bound in wanted.items() if bound]
    head, _, rest = PYPROJECT.partition("[tool.gates.model]\n")
    of_drift = rest[rest.index("[tool.gates.drift]") :].replace(
        "model_checks/test_drift.py", "drift_checks/test_drift.py"
    )
    model = ['suite = "model_checks"', 'timeout = "120s"', "", "[tool.gates.model.checks]", *bounds, ""]
    files["pyproject.toml"] = f"{head}[tool.gates.model]\n" + "\n".join(model) + f"\n{of_drift}"
    elsewhere = {FLOOR: "", "model_checks/test_drift.py": "", "drift_checks/test_drift.py": DRIFT}
    project = make_project(root, **elsewhere, **files, **more)
    return project, project.run()


def reasons_of(judgement: Judgement, name: str) -> str:
    """Return what the run says against a file: what its checks say that do not count, and the reasons that name it."""
    file = file_of(name)
    checks = [
        f"{one.id}: {one.outcome}: {one.sentence}"
        for one in judgement.checks
        if one.id.startswith(file) and not one.counts
    ]
    return "\n".join([*checks, *(str(reason) for reason in judgement.reasons if file in str(reason))])


def file_of(name: str) -> str:
    """Return the path of the file of a name."""
    return f"model_checks/test_{re.sub('[^a-z0-9]+', '_', name.lower()).strip('_')}.py"


def refused(files: dict[str, str], sentence: str, root: Path, *, child: bool = False) -> None:
    """The bent project is refused, and says why; in this process, or where that cannot show it in a ``child`` of its own."""
    with contextlib.nullcontext() if child else in_this_process():
        judgement = make_project(root, **files).judge()
    assert not judgement.passed
    assert sentence in "\n".join(map(str, judgement.reasons))
