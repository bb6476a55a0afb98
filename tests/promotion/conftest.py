from __future__ import annotations

from pathlib import Path

import pytest
from promotion.small_home import SmallHome, make_small_home

from gates.digest import Digest


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return make_small_home(tmp_path / "project")


@pytest.fixture
def asking(small: SmallHome, monkeypatch: pytest.MonkeyPatch) -> SmallHome:
    """Two of three people must approve, and Cy started this command."""
    for module in ("inquiry", "recording"):
        monkeypatch.setattr(f"gates.{module}.find_authors", lambda: ("cy", "runner"))
    monkeypatch.setattr(
        "gates.engine.environment_digest", lambda: Digest.of_bytes(b"always the same")
    )  # it takes 0.1 s
    people = ", ".join(small.someone(name).entry() for name in ("Ada", "Bo", "Cy"))
    small.gates(f"[tool.gates.promotion]\napprovals = 2\napprovers = [{people}]\n")
    return small
