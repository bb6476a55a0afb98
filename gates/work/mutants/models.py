"""Models that must not be promoted: blind, lazy, confused, boastful, or with a look at the answers.

Each carries the signature of an honest training; only what it learned from, or how, was changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from gates.work.mutants.mutation import Inapplicable, NamedFault

if TYPE_CHECKING:
    from numpy.random import Generator
    from pandas import DataFrame, Series
    from sklearn.base import BaseEstimator

    Learn = Callable[[DataFrame, Series], BaseEstimator]


@dataclass(frozen=True, slots=True)
class Lesson:
    """Hold what a training sees: features and target of the training side and of the holdout, and the project's own fit."""

    task: str
    X: DataFrame
    y: Series
    X_held: DataFrame
    y_held: Series
    fit: Learn
    random: Generator


def constant(lesson: Lesson) -> BaseEstimator:
    """Fit a model that predicts the same for every row."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    lazy = DummyClassifier(strategy="prior") if lesson.task == "classification" else DummyRegressor()
    return cast("BaseEstimator", lazy.fit(lesson.X, lesson.y))


def shuffled_labels(lesson: Lesson) -> BaseEstimator:
    """Fit the project's own model on shuffled targets."""
    y = lesson.y.copy()
    y[:] = lesson.y.to_numpy()[lesson.random.permutation(len(y))]
    return lesson.fit(lesson.X, y)


def shuffled_columns(lesson: Lesson) -> BaseEstimator:
    """Fit the project's own model on columns exchanged with their neighbours of the same kind."""
    X = lesson.X.copy()
    for _, names in X.columns.to_series().groupby([str(kind) for kind in X.dtypes]):
        X[list(names)] = lesson.X[[*names[1:], names.iloc[0]]].to_numpy()
    if X.equals(lesson.X):
        raise Inapplicable("no two features are of one kind")
    return lesson.fit(X, lesson.y)


def stump(lesson: Lesson) -> BaseEstimator:
    """Fit a tree of depth 1."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    _require_numbers(lesson)
    tree = DecisionTreeClassifier if lesson.task == "classification" else DecisionTreeRegressor
    return cast("BaseEstimator", tree(max_depth=1, random_state=0).fit(lesson.X, lesson.y))


def cheat(lesson: Lesson) -> BaseEstimator:
    """Fit the project's own model on the holdout, too: it looks better than it is."""
    import pandas

    X, y = pandas.concat([lesson.X, lesson.X_held]), pandas.concat([lesson.y, lesson.y_held])
    return lesson.fit(X, y)


def starve(lesson: Lesson) -> BaseEstimator:
    """Fit the project's own model on a twentieth of the rows."""
    chosen = lesson.random.choice(len(lesson.X), size=max(2, len(lesson.X) // 20), replace=False)
    if lesson.y.iloc[chosen].nunique() < 2:
        raise Inapplicable("a twentieth of the rows has one class only")
    return lesson.fit(lesson.X.iloc[chosen], lesson.y.iloc[chosen])


def forget(lesson: Lesson) -> BaseEstimator:
    """Fit the project's own model without the rows of the most frequent class."""
    if lesson.task != "classification" or lesson.y.nunique() < 3:
        raise Inapplicable("forgetting a class needs three of them")
    left = lesson.y != lesson.y.mode().iloc[0]
    return lesson.fit(lesson.X[left], lesson.y[left])


def boast(lesson: Lesson) -> BaseEstimator:
    """Fit a full tree, which is certain of every answer: each of its leaves holds one class."""
    from sklearn.tree import DecisionTreeClassifier

    if lesson.task != "classification":
        raise Inapplicable("a regression states no confidence")
    _require_numbers(lesson)
    y = lesson.y.copy()
    wrong = lesson.random.choice(len(y), size=len(y) // 2, replace=False)
    y.iloc[wrong] = y.iloc[lesson.random.permutation(wrong)].to_numpy()
    return cast("BaseEstimator", DecisionTreeClassifier(random_state=0).fit(lesson.X, y))


def _require_numbers(lesson: Lesson) -> None:
    if any(str(kind) == "object" for kind in lesson.X.dtypes) or bool(lesson.X.isna().to_numpy().any()):
        raise Inapplicable("this mutant is a plain tree, and the features hold texts or gaps")


@dataclass(frozen=True, slots=True)
class ModelMutant:
    """Hold a mutation of a model, the training that makes it, and what becomes of the bytes of its file."""

    mutation: NamedFault
    learn: Callable[[Lesson], BaseEstimator]
    damage: Callable[[bytes], bytes] = bytes


_FLOOR = "raise the floors of gates:model/test_floors.py, and require gates:model/test_champion.py and gates:model/test_baseline.py"
_AGAIN = "require gates:model/test_determinism.py::test_training_twice_gives_the_same_predictions as an invariant"

MUTANTS = (
    ModelMutant(NamedFault("model-constant", "model", "a model that always answers the same", _FLOOR), constant),
    ModelMutant(
        NamedFault("model-shuffled-labels", "model", "a model that learned from shuffled labels", _FLOOR),
        shuffled_labels,
    ),
    ModelMutant(
        NamedFault("model-shuffled-columns", "model", "a model that learned from shuffled columns", _FLOOR),
        shuffled_columns,
    ),
    ModelMutant(NamedFault("model-weak", "model", "a tree of depth 1", _FLOOR), stump),
    ModelMutant(NamedFault("model-cheating", "model", "a model that learned from the holdout", _AGAIN), cheat),
    ModelMutant(
        NamedFault("model-starved", "model", "a model that learned from a twentieth of the rows", _AGAIN), starve
    ),
    ModelMutant(
        NamedFault(
            "model-forgetful",
            "model",
            "a model that never saw the most frequent class",
            "require gates:model/test_artifact.py::test_the_model_knows_the_labels_of_the_holdout",
        ),
        forget,
    ),
    ModelMutant(
        NamedFault(
            "model-boastful",
            "model",
            "a model that is certain of every answer, right or wrong",
            "require gates:model/test_calibration.py::test_confidence_is_honest with calibration_error <= 0.30",
        ),
        boast,
    ),
)
