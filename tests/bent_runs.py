"""Bend the small project in one place, run the real child process, and hold what it reported to the policy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from small_project import FILES, FLOOR, PYPROJECT, make_project

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


def write_record(line: str) -> dict[str, str]:
    """A check that writes into the record from which the parent reads."""
    return checks(
        f"""
        import os


        def test_clears_the_floor(rows, evidence, pytestconfig):
            record = pytestconfig.getoption("--gates-record")
            {line}
            evidence("accuracy", 0.9, n=rows)
        """
    )


ACCURACY = '"model_checks/test_floors.py::test_clears_the_floor" = { accuracy = ">= 0.8" }'
WARN = 'timeout = "20s"\ninconclusive = "warn"'
LEFT_OUT = "def test_answers(inapplicable):\n    inapplicable('no_champion', 'nothing serves yet')\n"
TOO_FEW = 'def test_clears_the_floor(evidence):\n    evidence("accuracy", 0.79, n=50, needed_n=700)\n'
NOT_RUN = f"{FLOOR}::test_answers: required, but did not run"


@dataclass(frozen=True)
class BadCheck:
    """A file of two checks that must be refused, judged in one run beside many others.

    ``sentence`` is a part of the reasons that name the file. ``first`` and ``second`` are its checks, ``floor`` and ``answers``
    what the policy wants of them; an empty text there leaves one out.
    """

    sentence: str
    first: str = FIRST
    second: str = SECOND
    floor: str = '{ accuracy = ">= 0.8" }'
    answers: str = "{}"
    head: str = HEAD


def judge_together(bad: Mapping[str, BadCheck], root: Path, **settings: str) -> dict[str, str]:
    """Return what one run of all these files says about each: the reasons that name it, and what its checks say.

    ``settings`` are further keys of the model gate, as TOML values.
    """
    files, bounds = {}, []
    for name, check in bad.items():
        file = file_of(name)
        files[file] = "\n\n".join((check.head, dedent(check.first), dedent(check.second)))
        wanted = {"test_clears_the_floor": check.floor, "test_answers": check.answers}
        bounds += [f'"{file}::{function}" = {bound}' for function, bound in wanted.items() if bound]
    head, _, rest = PYPROJECT.partition("[tool.gates.model]\n")
    of_drift = rest[rest.index("[tool.gates.drift]") :].replace(
        "model_checks/test_drift.py", "drift_checks/test_drift.py"
    )
    keys = {"suite": '"model_checks"', "timeout": '"120s"', **settings}
    model = [*(f"{key} = {value}" for key, value in keys.items()), "", "[tool.gates.model.checks]", *bounds, ""]
    files["pyproject.toml"] = f"{head}[tool.gates.model]\n" + "\n".join(model) + f"\n{of_drift}"
    project = make_project(
        root, **{FLOOR: "", "model_checks/test_drift.py": "", "drift_checks/test_drift.py": DRIFT}, **files
    )
    judgement = project.judge()
    told = {}
    for name in bad:
        file = file_of(name)
        checks = [
            f"{one.id}: {one.outcome}: {one.sentence}"
            for one in judgement.checks
            if one.id.startswith(file) and not one.counts
        ]
        told[name] = "\n".join([*checks, *(str(reason) for reason in judgement.reasons if file in str(reason))])
    return told


def file_of(name: str) -> str:
    """Return the path of the file of a bad check."""
    return f"model_checks/test_{re.sub('[^a-z0-9]+', '_', name.lower()).strip('_')}.py"


def refused(files: dict[str, str], sentence: str, root: Path) -> None:
    """The bent project is refused, and says why."""
    judgement = make_project(root, **files).judge()
    assert not judgement.passed
    assert sentence in "\n".join(map(str, judgement.reasons))
