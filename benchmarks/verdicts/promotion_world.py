"""Rows without end and nine models on them: a world in which it is known which model is truly better, and by how much.

A generator is fitted to a file (a normal distribution for each class, its covariance half the class's own and half that
of all classes, both shrunk by Ledoit and Wolf), so that the truth of a comparison is known from a pool of rows far larger
than any holdout.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.covariance import LedoitWolf
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

POOL = 100_000
TRAINING_ROWS = 670


def _logistic() -> ClassifierMixin:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))


# Three families, and in each one knob that people turn: two settings of it differ by little, two families by much.
RECIPES: dict[str, tuple[Callable[[], ClassifierMixin], int]] = {
    "tree of depth 3": (lambda: DecisionTreeClassifier(max_depth=3, random_state=0), 670),
    "tree of depth 4": (lambda: DecisionTreeClassifier(max_depth=4, random_state=0), 670),
    "tree of depth 5": (lambda: DecisionTreeClassifier(max_depth=5, random_state=0), 670),
    "forest of 20": (lambda: RandomForestClassifier(20, random_state=0), 670),
    "forest of 40": (lambda: RandomForestClassifier(40, random_state=0), 670),
    "forest of 100": (lambda: RandomForestClassifier(100, random_state=0), 670),
    "logistic regression on 400 rows": (_logistic, 400),
    "logistic regression on 540 rows": (_logistic, 540),
    "logistic regression on 670 rows": (_logistic, 670),
}


@dataclass(frozen=True, slots=True)
class World:
    """``truth`` (pool,) and each model's ``answers`` (pool,): class numbers, as the lab's rule wants them.

    ``shares`` (pool, k) are the models' probabilities of the classes in ascending order.
    """

    name: str
    truth: NDArray[np.intp]
    answers: dict[str, NDArray[np.intp]]
    shares: dict[str, NDArray[np.float32]]

    def pairs(self) -> Iterator[tuple[str, str]]:
        """All 72 ordered pairs (champion, challenger)."""
        yield from permutations(self.answers, 2)

    def accuracy(self, model: str) -> float:
        return float(np.mean(self.answers[model] == self.truth))


def load(data: Path | None) -> tuple[str, NDArray[np.float64], NDArray[np.intp]]:
    """The rows to fit the generator to: the lab's file, or scikit-learn's digits where it is not at hand."""
    if data is None:
        X, y = load_digits(return_X_y=True)
        return "scikit-learn's digits", X, y.astype(np.intp)
    import pandas as pd

    frame = pd.read_csv(data)
    return (
        data.name,
        frame.drop(columns=["cord_uid", "cluster"]).to_numpy(),
        frame["cluster"].to_numpy().astype(np.intp),
    )


def make_world(data: Path | None, *, seed: int = 0, pool: int = POOL) -> World:
    """Fit the generator, draw a training set and a pool, train the nine models. Deterministic by ``seed``."""
    name, X, y = load(data)
    rng = np.random.default_rng([seed, 72])
    training_X, training_y = _draw(X, y, TRAINING_ROWS, rng)
    pool_X, truth = _draw(X, y, pool, rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # three hundred steps are enough here, whatever the solver says
        models = {recipe: make().fit(training_X[:rows], training_y[:rows]) for recipe, (make, rows) in RECIPES.items()}
    answers = {recipe: model.predict(pool_X).astype(np.intp) for recipe, model in models.items()}
    shares = {recipe: _spread(model, pool_X, np.unique(y)) for recipe, model in models.items()}
    return World(name, truth, answers, shares)


def _spread(model: ClassifierMixin, X: NDArray[np.float64], classes: NDArray[np.intp]) -> NDArray[np.float32]:
    """Probabilities with a column for every class, those that the model has never seen at 0."""
    wide = np.zeros((len(X), len(classes)), dtype=np.float32)
    wide[:, np.searchsorted(classes, model.classes_)] = model.predict_proba(X)
    return wide


def _draw(
    X: NDArray[np.float64], y: NDArray[np.intp], n: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    classes, counts = np.unique(y, return_counts=True)
    pooled = _shrunk(np.vstack([X[y == label] - X[y == label].mean(axis=0) for label in classes]))
    truth = rng.choice(classes, n, p=counts / counts.sum())
    rows = np.empty((n, X.shape[1]))
    for label in classes:
        own, wanted = X[y == label], truth == label
        blend = (_shrunk(own) + pooled) / 2 if len(own) > 1 else pooled
        noise = rng.standard_normal((int(wanted.sum()), X.shape[1])) @ np.linalg.cholesky(blend).T
        rows[wanted] = own.mean(axis=0) + noise
    return rows, truth


def _shrunk(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    covariance = LedoitWolf().fit(rows).covariance_
    return np.asarray(covariance + 1e-9 * np.trace(covariance) / len(covariance) * np.eye(len(covariance)))
