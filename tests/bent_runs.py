"""Bend the small project in one place, run the real child process, and hold what it reported to the policy."""

from __future__ import annotations

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


def refused(files: dict[str, str], sentence: str, root: Path) -> None:
    """The bent project is refused, and says why."""
    judgement = make_project(root, **files).judge()
    assert not judgement.passed
    assert sentence in "\n".join(map(str, judgement.reasons))
