"""Labelled tables for the data gate, and how each is split at random into a reference and a clean batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

ID, TARGET = "id", "target"
LAB = "lab"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A table with a key column `ID`, a class column `TARGET`, and columns of numbers."""

    name: str
    frame: pd.DataFrame

    @property
    def title(self) -> str:
        half = len(self.frame) // 2
        return f"{self.name} ({half} against {len(self.frame) - half} rows, {self.frame.shape[1] - 2} features)"

    def split(self, run: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Two halves in random order, the reference and a clean batch."""
        order = np.random.default_rng([17, run]).permutation(len(self.frame))
        half = len(order) // 2
        return (self.frame.iloc[part].reset_index(drop=True) for part in (order[:half], order[half:]))  # type: ignore[return-value]


def load_labelled(lab: Path | None) -> Mapping[str, Labelled]:
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

    found = []
    if lab is not None:
        frame = pd.read_csv(lab).rename(columns={"cord_uid": ID, "cluster": TARGET})
        found.append(Labelled(LAB, frame))
    for name, load in (("digits", load_digits), ("breast cancer", load_breast_cancer), ("wine", load_wine)):
        found.append(Labelled(name, _with_key(load(as_frame=True).frame)))
    diabetes = load_diabetes(as_frame=True, scaled=False).frame
    diabetes["target"] = pd.qcut(diabetes["target"], 3, labels=False)
    found.append(Labelled("diabetes", _with_key(diabetes)))
    return {table.name: table for table in found}


def _with_key(frame: pd.DataFrame) -> pd.DataFrame:
    keys = [f"row{number:05}" for number in range(len(frame))]
    return pd.concat([pd.Series(keys, name=ID), frame], axis=1)
