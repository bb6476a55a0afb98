"""The command line as people call it, on the synthetic stand-in for the lab's file."""

from __future__ import annotations

import csv
import json
import random
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from command_line import ROOT, Gates, Told, call, write_rows
from once import make_once
from own_suites import write_own_policy


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the synthetic stand-in for the lab's file, which lies beside no clone; see `test_main_job_on_the_labs_file`."""

    def make(folder: Path) -> None:
        command = [sys.executable, "-m", "ml.sample", "lab", str(folder / "papers.csv")]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    return make_once(tmp_path_factory, "papers", make) / "papers.csv"


@pytest.fixture(scope="session")
def shuffled(papers: Path) -> list[list[str]]:
    """Return the papers in random order, the header first."""
    with papers.open(newline="", encoding="utf-8") as file:
        header, *body = csv.reader(file)
    random.Random(1).shuffle(body)
    return [header, *body]


@pytest.fixture(scope="session")
def first_run(papers: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    """Return a home and what `gates run` said there: version 1 is champion. Never change this home; see `home`."""

    def make(folder: Path) -> None:
        told = call("run", "--data", str(papers), home=folder / "home")
        (folder / "told.json").write_text(json.dumps(asdict(told)), encoding="utf-8")

    folder = make_once(tmp_path_factory, "first", make)
    return folder / "home", Told(**json.loads((folder / "told.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def grown_home(shuffled: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose champion learned from the first 700 of the shuffled papers. Never change it; copy it."""

    def make(folder: Path) -> None:
        told = call("run", "--data", write_rows(shuffled[:701], folder / "first.csv"), home=folder / "home")
        assert told.code == 0, told.out + told.err

    return make_once(tmp_path_factory, "grown", make) / "home"


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
