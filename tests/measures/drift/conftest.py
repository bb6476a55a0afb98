"""Frames that the drift tests compare: seeded, small, and the lab's real file where it is at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def lab(lab_file: Path) -> pd.DataFrame:
    """The 128 features of the lab's file, 1,000 rows."""
    return pd.read_csv(lab_file).drop(columns=["cord_uid", "cluster"])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20260101)


@pytest.fixture
def draw(rng: np.random.Generator) -> Callable[..., pd.DataFrame]:
    """Correlated normal columns ``c0``, ``c1``...: every call gives fresh rows of the same source."""

    def make(rows: int, columns: int = 6) -> pd.DataFrame:
        loadings = np.tril(np.ones((columns, columns))) * 0.4 + np.eye(columns)
        return pd.DataFrame(rng.standard_normal((rows, columns)) @ loadings, columns=[f"c{i}" for i in range(columns)])

    return make
