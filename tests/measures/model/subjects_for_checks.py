"""A conftest.py for a throw-away project: subjects that are good, or bad in every way that a model check knows.

``SUBJECT`` is replaced by the test: ``good``, ``bad``, ``regression``, ``bad regression``, ``first``, ``labels only``.
"""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from gates.measures.model import cost

# Whatever runs beside the tests, the machine counts as quiet: a time is then too long or not.
cost.CLOCKS, cost.QUIET = cost.Clocks(time.perf_counter, time.perf_counter, lambda: 0), float("inf")

SUBJECT = "good"
BAD = SUBJECT.startswith("bad")
TASK = "regression" if "regression" in SUBJECT else "classification"
FEATURES = ("left", "right")


class Rows:
    def __init__(self, frame):
        self.frame = frame
        self.X, self.y, self.ids = frame[list(FEATURES)], frame["kind"], frame["key"]

    def __len__(self):
        return len(self.frame)


def make_rows(n, seed, first_id):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 2))
    kind = np.where(X[:, 0] > 0.5, "c", np.where(X[:, 1] > 0, "b", "a"))
    frame = pd.DataFrame(
        {
            "key": np.arange(n) + first_id,
            "left": X[:, 0],
            "right": X[:, 1],
            "region": np.where(X[:, 0] > 0, "east", "west"),
        }
    )
    frame["kind"] = kind if TASK == "classification" else 3 * X[:, 0] + X[:, 1] + rng.standard_normal(n) / 10
    return Rows(frame)


def signature(share=0.33, rows=400, target="kind"):
    return SimpleNamespace(
        id="key",
        target=target,
        task=TASK,
        holdout_share=share,
        training_rows=rows,
        group=None,
        split="id",
        weight=None,
        newest=None,
        identified_by=(),
        probabilities=SUBJECT != "labels only",
    )


class Good:
    """Knows the rule."""

    features = FEATURES
    size = 10_000

    def __init__(self, **said):
        self.classes = ("a", "b", "c") if TASK == "classification" else None
        self.signature = signature(**said)

    def predict(self, X):
        left, right = X["left"].to_numpy(), X["right"].to_numpy()
        if np.isnan(left + right).any():
            raise ValueError("a value is missing")
        if TASK == "regression":
            return 3 * left + right
        return np.where(left > 0.5, "c", np.where(right > 0, "b", "a"))

    def predict_proba(self, X):
        if TASK == "regression" or SUBJECT == "labels only":
            return None
        return 0.97 * (self.predict(X)[:, None] == np.array(self.classes)) + 0.01


class Bad:
    """Wrong on most rows, sure of it, nervous, dependent on everything that must not matter, slow and large."""

    features = (*FEATURES, "ghost")
    size = 10**9

    def __init__(self, salt):
        self.classes = ("a", "b") if TASK == "classification" else None
        self.signature = signature(rows=7, target="other")
        self._salt = salt

    def predict(self, X):
        time.sleep(0.05)
        mixed = (X.to_numpy() * 1e7 * [1.0, 3.0]).sum(axis=1) + np.arange(len(X)) * 0.37 + len(X) * 0.1234 + self._salt
        nervous = mixed - np.floor(mixed)
        if TASK == "regression":
            return 8 * nervous - 8 - 20 * X["left"].to_numpy()  # and upside down
        return np.where(np.isnan(nervous), "?", np.where(nervous > 0.5, "a", "b"))

    def predict_proba(self, X):
        if TASK == "regression":
            return None
        return 0.99 * (self.predict(X)[:, None] == np.array(self.classes)) + 0.005


@pytest.fixture
def roles():
    return SimpleNamespace(
        id="key",
        target="kind",
        task=TASK,
        features=FEATURES,
        slices=("region",) if SUBJECT != "first" else (),
        time=None,
        group=None,
        weight=None,
        split="id",
    )


@pytest.fixture
def training_rows():
    return make_rows(400, 1, 0)


@pytest.fixture
def holdout():
    return make_rows(300, 2, 390 if BAD else 400)


@pytest.fixture
def challenger():
    return Bad(0.2) if BAD else Good()


@pytest.fixture
def retrained():
    return Bad(0.6) if BAD else Good()


@pytest.fixture
def champion(inapplicable):
    return (
        inapplicable("no_champion", "nothing serves yet") if SUBJECT == "first" else Good(share=0.2) if BAD else Good()
    )


@pytest.fixture
def anchor(inapplicable):
    return inapplicable("no_anchor", "nothing serves yet") if SUBJECT == "first" else Good(share=0.2) if BAD else Good()


@pytest.fixture
def holdout_uses():
    return 101 if BAD else 1


@pytest.fixture
def golden(holdout):
    rows, model = holdout.X.head(10), Good()
    found = model.predict_proba(rows)
    return SimpleNamespace(
        rows=rows.to_dict("records"),
        predictions=tuple(model.predict(rows).tolist()),
        probabilities=None if found is None else found.tolist(),
    )
