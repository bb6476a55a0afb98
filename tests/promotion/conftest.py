from __future__ import annotations

from pathlib import Path

import pytest
from promotion.small_home import SmallHome, make_small_home


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return make_small_home(tmp_path / "project")
