"""Homes with a champion, made once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from nightly.watching import Watched, make_watched

from gates.workflow.pipeline import RunRequest, run_pipeline


@pytest.fixture(scope="session")
def champion_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("champion")
    first = make_watched(folder / "project", folder / "home")
    decision = run_pipeline(first.session(), RunRequest(str(first.data(number="first"))))
    assert decision.exit_code == 0, first.said.getvalue()
    return folder / "home"


@pytest.fixture
def watched(champion_home: Path, tmp_path: Path) -> Callable[..., Watched]:
    """A project with a champion; lines of [tool.gates.nightly] may be given."""

    def make(nightly: str = "") -> Watched:
        shutil.copytree(champion_home, tmp_path / "home")
        return make_watched(tmp_path / "project", tmp_path / "home", nightly)

    return make
