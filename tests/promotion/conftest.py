from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from promotion.small_home import SmallHome, make_small_home

from gates.cli import main
from gates.digest import Digest
from gates.environment import Environment


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return make_small_home(tmp_path / "project")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The installed packages are always the same: to list them takes 0.1 s, and a promotion lists them."""
    for module in ("judging", "session", "execution.runner"):
        monkeypatch.setattr(
            f"gates.{module}.look_at_environment", lambda: Environment(Digest.of_bytes(b"always the same"), 0)
        )


@pytest.fixture
def gates(small: SmallHome, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """The command line on the home, on today's clock: its exit code and what it said."""
    about = ("--policy", str(small.config), "--home", str(small.folder))

    def call(*arguments: str) -> tuple[int, str]:
        code = main([*arguments, *about])
        said = capsys.readouterr()
        return code, said.out + said.err

    return call


@pytest.fixture
def asking(small: SmallHome, quick: None, monkeypatch: pytest.MonkeyPatch) -> SmallHome:
    """Two of three people must approve, and Cy started this command."""
    for module in ("promotion.approvals.requests", "workflow.run_history"):
        monkeypatch.setattr(f"gates.{module}.find_initiators", lambda: ("cy", "runner"))
    people = ", ".join(small.someone(name).entry() for name in ("Ada", "Bo", "Cy"))
    small.gates(f"[tool.gates.promotion]\napprovals = 2\napprovers = [{people}]\n")
    return small
