"""Find what may lie beside this repository: the lab's file, and the descriptions of other people's interfaces.

Nothing of it is part of the repository. A test that needs some of it carries ``@pytest.mark.needs_shared(PATH, ...)``, paths
relative to the shared folder: it is skipped where the folder lacks them, and fails where ``GATES_SHARED`` names the folder.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_GIVEN = os.environ.get("GATES_SHARED", "")
SHARED = Path(_GIVEN) if _GIVEN else Path(__file__).parents[2] / "shared"

LAB_NAME = "data/COVID19Articles.csv"
LAB = SHARED / LAB_NAME
needs_lab = pytest.mark.needs_shared(LAB_NAME)


def require(item: pytest.Item) -> None:
    """Skip or fail ``item`` where the shared folder lacks a path that its mark names; a mark without paths is an error."""
    for mark in item.iter_markers("needs_shared"):
        if not mark.args:
            pytest.fail(f"{item.nodeid}: needs_shared names no path of the shared folder")
        if missing := [name for name in mark.args if not (SHARED / name).exists()]:
            sentence = f"{', '.join(missing)} of the shared folder is not beside this repository (see tests/beside.py)"
            if _GIVEN:
                pytest.fail(f"GATES_SHARED names a folder that lacks it: {sentence}")
            pytest.skip(sentence)
