"""Models of LightGBM, kept in its own text format, which holds numbers and no code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gates.work.errors import ArtifactError
from gates.work.model.formats.answers import Classification, Described, Regression, as_estimator, first_line
from gates.work.records import Label

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame

PACKAGE = "lightgbm"
DISTRIBUTIONS = ("lightgbm",)
MEMBER = "lightgbm.txt"
SUFFIXES = (".txt", ".lgb", ".model")
FLAVOR = "lightgbm"
_HEAD = b"tree\nversion="
_OBJECTIVE = re.compile(r"^objective=(\w+)(?:.*\bnum_class:(\d+))?", re.M)
_CLASSES = ("binary", "multiclass", "multiclassova", "cross_entropy")
_NUMBERS = ("regression", "regression_l1", "huber", "fair", "poisson", "quantile", "mape", "gamma", "tweedie")


def is_one(data: bytes, name: str) -> bool:
    """Return whether the bytes of a file called ``name`` are a model of LightGBM."""
    return data.replace(b"\r", b"").startswith(_HEAD)


def to_bytes(estimator: Any) -> bytes:
    """Return a `Booster`, or the one inside an estimator of LightGBM's own, as its text."""
    booster = estimator if type(estimator).__name__ == "Booster" else estimator.booster_
    return str(booster.model_to_string()).encode()


def describe(data: bytes) -> Described:
    """Return what the model says about itself. Raises `ArtifactError` for an objective that gives neither classes nor numbers."""
    booster = _booster(data)
    match = _OBJECTIVE.search(data.decode("utf-8", errors="replace"))
    objective = match[1] if match else ""
    if objective not in (*_CLASSES, *_NUMBERS):
        raise ArtifactError(
            f"the model's objective is {objective!r}, which is neither a classification nor a regression",
            f"train with one of {', '.join((*_CLASSES[:3], *_NUMBERS))}",
        )
    outputs = max(2, int(match[2] or 2)) if match and objective in _CLASSES else None
    names = tuple(booster.feature_name())
    numbered = names == tuple(f"Column_{place}" for place in range(len(names)))
    return Described(() if numbered else names, int(booster.num_feature()), outputs)


def open_model(data: bytes, classes: Sequence[Label] | None) -> Classification | Regression:
    """Return the model. Raises `ArtifactError` where the bytes are none of LightGBM's, or it is not installed."""
    booster = _booster(data)

    def scores(X: DataFrame) -> ndarray[Any, Any]:
        answers: ndarray[Any, Any] = booster.predict(X.to_numpy(dtype="float64"))
        return answers

    return as_estimator(scores, classes)


def _booster(data: bytes) -> Any:
    try:
        import lightgbm
    except ModuleNotFoundError:
        raise ArtifactError("a model of LightGBM needs the package lightgbm", "pip install lightgbm") from None
    try:
        return lightgbm.Booster(model_str=data.decode("utf-8"))
    except Exception as error:  # lightgbm raises its own type for damaged text
        raise ArtifactError(
            f"the model of LightGBM cannot be read: {first_line(error)}", "save it again with save_model('model.txt')"
        ) from None
