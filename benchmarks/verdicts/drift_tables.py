"""The tables in which drift is looked for, and how a pair of windows is drawn from each: without replacement, seeded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

LAB = "lab"


@dataclass(frozen=True, slots=True)
class Source:
    """A table, the size of both windows that are drawn from it, and its labels where it has some (n,)."""

    name: str
    frame: pd.DataFrame
    reference: int
    current: int
    labels: pd.Series | None = None

    @property
    def plain(self) -> bool:
        """Numbers without gaps: what every detector can read."""
        return all(kind.kind in "fiu" for kind in self.frame.dtypes) and not self.frame.isna().any(axis=None)

    @property
    def title(self) -> str:
        return f"{self.name} ({self.reference} against {self.current} rows, {self.frame.shape[1]} columns)"


def load_sources(lab: Path | None) -> Mapping[str, Source]:
    """The lab's file where it is given, what scikit-learn bundles, and one table of mixed kinds with missing values."""
    from sklearn.datasets import load_breast_cancer, load_digits, load_wine

    found = [load_lab(lab)] if lab is not None else []
    for name, load, sizes in (
        ("digits", load_digits, (600, 200)),
        ("breast cancer", load_breast_cancer, (350, 150)),
        ("wine", load_wine, (100, 60)),
    ):
        bunch = load(as_frame=True)
        found.append(Source(name, bunch.data, *sizes, labels=bunch.target))
    return {source.name: source for source in [*found, mix_kinds()]}


def load_lab(path: Path) -> Source:
    """The 128 features of the lab's file; the cluster is kept aside as label."""
    frame = pd.read_csv(path)
    features = [name for name in frame.columns if name not in ("cord_uid", "cluster")]
    return Source(LAB, frame[features], 600, 200, labels=frame["cluster"])


def mix_kinds(rows: int = 20_000, rng: np.random.Generator | None = None) -> Source:
    """Heavy tails, counts, flags, categories with rare levels, dependence, values missing with and without a cause."""
    rng = rng or np.random.default_rng(20260101)
    hidden = rng.standard_normal((rows, 3))
    income = np.exp(1.0 + 0.8 * hidden[:, 0] + 0.3 * rng.standard_normal(rows))
    age = np.clip(np.rint(45 + 15 * hidden[:, 1]), 18, 95)
    cities = np.array([f"city {i}" for i in range(40)])
    weights = 1.0 / np.arange(1, 41)
    frame = pd.DataFrame(
        {
            "income": np.where(rng.random(rows) < 0.1 + 0.1 * (hidden[:, 0] > 1), np.nan, income),
            "age": age,
            "visits": rng.poisson(np.exp(0.5 * hidden[:, 2])).astype(float),
            "balance": rng.standard_cauchy(rows) + hidden[:, 0],
            "score": np.where(rng.random(rows) < 0.3, np.nan, np.round(hidden.sum(axis=1), 1)),
            "constant": np.ones(rows),
            "never filled": np.full(rows, np.nan),
            "member": hidden[:, 2] + rng.standard_normal(rows) > 0.5,
            "colour": rng.choice(["red", "green", "blue", None], rows, p=[0.5, 0.3, 0.15, 0.05]),
            "city": rng.choice(cities, rows, p=weights / weights.sum()),
        }
    )
    for i in range(6):
        frame[f"reading {i}"] = hidden[:, i % 3] + 0.7 * rng.standard_normal(rows)
    return Source("mixed kinds", frame, 600, 200)


def draw_windows(source: Source, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two windows of rows of ``source`` in random order, none in both."""
    order = rng.permutation(len(source.frame))
    cut = source.reference
    return source.frame.iloc[order[:cut]], source.frame.iloc[order[cut : cut + source.current]]
