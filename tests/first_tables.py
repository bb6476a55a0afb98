"""Tables as people bring them to `gates init`: those that come with scikit-learn, and two that were made up, seeded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets

BUNDLED = ("diabetes", "breast_cancer", "wine", "digits", "iris")


def bundled(name: str) -> pd.DataFrame:
    """One of scikit-learn's tables as it would be exported: the features, and the target with its labels. None has a key."""
    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = bunch.data.copy()
    named = name in ("breast_cancer", "wine", "iris")
    frame["target"] = [str(bunch.target_names[label]) for label in bunch.target] if named else bunch.target
    return frame


def churn(rows: int = 1200, seed: int = 3) -> pd.DataFrame:
    """Dates, categories, free text, truth values and gaps, under awkward names; 3 of 10 customers leave."""
    draw = np.random.default_rng(seed)
    size, city, vip = draw.normal(size=rows), draw.choice(["Köln", "=SUM(A1)", "東京"], rows), draw.random(rows) < 0.3
    score = size + 1.2 * vip + 1.5 * (city == "Köln") + draw.normal(scale=0.6, size=rows)
    return pd.DataFrame(
        {
            "customer_id": [f"c{number:06d}" for number in range(rows)],
            "größe": size.round(3),
            "=cmd|x": city,
            "vip": vip,
            "income €": np.where(draw.random(rows) < 0.1, np.nan, draw.lognormal(3, 0.5, rows).round(2)),
            "plan": pd.Series(draw.choice(["basic", "pro", None], rows)),
            "remarks": [f"remark {number} about {draw.integers(10**9)}" for number in range(rows)],
            "birthday": pd.Series(pd.date_range("1950-01-01", periods=rows, freq="7D").astype(str)).where(
                draw.random(rows) > 0.1
            ),
            "churned": np.where(score > 1.4, "yes", "no"),
        }
    )


def sales(rows: int = 900, seed: int = 5) -> pd.DataFrame:
    """A regression with the time of each row, the newest of them some months ago."""
    draw = np.random.default_rng(seed)
    heat, weekend = draw.normal(18, 6, rows), draw.random(rows) < 0.28
    return pd.DataFrame(
        {
            "sale_id": np.arange(10_000, 10_000 + rows),
            "sold_at": pd.date_range("2026-01-01", periods=rows, freq="3h").astype(str),
            "heat": heat.round(1),
            "weekend": weekend,
            "price": (3 * heat + 20 * weekend + draw.normal(0, 8, rows)).round(2),
        }
    )


MAKERS = {**{name: (lambda name=name: bundled(name)) for name in BUNDLED}, "churn": churn, "sales": sales}

# A challenger that has learned nothing: it answers every row alike.
CONSTANT = '''"""A training that learns nothing."""

from sklearn.dummy import DummyClassifier, DummyRegressor


def fit(X, y, params):
    return (DummyClassifier() if params["task"] == "classification" else DummyRegressor()).fit(X, y)
'''

# A challenger whose labels were shuffled before it learned.
SHUFFLED = '''"""The training of before, on labels that belong to other rows."""

import numpy as np

from train_before import fit as fit_before


def fit(X, y, params):
    return fit_before(X, y.iloc[np.random.default_rng(0).permutation(len(y))].set_axis(y.index), params)
'''


def write(name: str, folder: Path) -> Path:
    """Write a table of `MAKERS` as CSV into the folder, and return its path."""
    path = folder / f"{name}.csv"
    MAKERS[name]().to_csv(path, index=False)
    return path
