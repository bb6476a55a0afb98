"""The command line as people call it, on the lab's file where it lies beside the project, else on the synthetic stand-in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import LAB, ROOT, Gates, Told, call
from own_suites import write_own_policy


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lab's file where it is there, else the stand-in."""
    if LAB.exists():
        return LAB
    made = tmp_path_factory.mktemp("data") / "papers.csv"
    subprocess.run([sys.executable, "-m", "ml.sample", "lab", str(made)], cwd=ROOT, check=True, capture_output=True)
    return made


@pytest.fixture(scope="session")
def first_run(papers: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    """`gates run` from an empty home: version 1 is champion. Never change this home; see `home`."""
    home = tmp_path_factory.mktemp("first") / "home"
    return home, call("run", "--data", str(papers), home=home)


@pytest.fixture
def home(first_run: tuple[Path, Told], tmp_path: Path) -> Path:
    """A copy of the home in which version 1 is champion."""
    copy = tmp_path / "home"
    shutil.copytree(first_run[0], copy, symlinks=True)
    return copy


@pytest.fixture
def gates(home: Path) -> Gates:
    """The command line on a home with a champion."""

    def run(*arguments: str, **options: object) -> Told:
        return call(*arguments, home=home, **options)

    return run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project that may be bent; the suites in it are its own."""
    copy = tmp_path / "project"
    leave = shutil.ignore_patterns("__pycache__", "tests", ".*", "docs", "benchmarks", "*.egg-info")
    shutil.copytree(ROOT, copy, ignore=leave)
    write_own_policy(copy)
    return copy
