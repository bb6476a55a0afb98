"""Models of XGBoost, kept in its own format (UBJSON; its JSON is read too), which holds numbers and no code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gates.work.errors import ArtifactError
from gates.work.model.formats.answers import Classification, Described, Labels, Regression, as_estimator, first_line
from gates.work.records import Label

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame

PACKAGE = "xgboost"
DISTRIBUTIONS = ("xgboost", "xgboost-cpu")
MEMBER = "xgboost.ubj"
SUFFIXES = (".ubj", ".json", ".xgb")
FLAVOR = "xgboost"
_SHARES = ("binary:logistic", "multi:softprob")


def is_one(data: bytes, name: str) -> bool:
    """Return whether the bytes of a file called ``name`` are a model of XGBoost."""
    return name.endswith(SUFFIXES) and data[:1] == b"{" and b"learner" in data[:400]


def to_bytes(estimator: Any) -> bytes:
    """Return a `Booster`, or the one inside an estimator of XGBoost's own, as UBJSON."""
    booster = estimator if type(estimator).__name__ == "Booster" else estimator.get_booster()
    return bytes(booster.save_raw("ubj"))


def describe(data: bytes) -> Described:
    """Return what the model says about itself. Raises `ArtifactError` for an objective that gives neither classes nor numbers."""
    booster = _booster(data)
    objective = _objective(booster)
    outputs: int | None = None
    if objective.startswith(("multi:", "binary:")):
        if objective not in (*_SHARES, "multi:softmax"):
            raise ArtifactError(
                f"the model's objective is {objective!r}, whose scores are no shares of classes",
                f"train with one of {', '.join(_SHARES)}",
            )
        config = json.loads(booster.save_config())
        outputs = max(2, int(config["learner"]["learner_model_param"]["num_class"]))
    elif not objective.startswith(("reg:", "count:", "survival:")):
        raise ArtifactError(
            f"the model's objective is {objective!r}, which is neither a classification nor a regression",
            "register a classifier or a regressor",
        )
    return Described(tuple(booster.feature_names or ()), int(booster.num_features()), outputs)


def open_model(data: bytes, classes: Sequence[Label] | None) -> Classification | Labels | Regression:
    """Return the model. Raises `ArtifactError` where the bytes are none of XGBoost's, or it is not installed."""
    import xgboost

    booster = _booster(data)
    best = booster.attr("best_iteration")  # training that stopped early predicts with the best trees alone
    rounds = (0, int(best) + 1) if best is not None else (0, 0)

    def scores(X: DataFrame) -> ndarray[Any, Any]:
        matrix = xgboost.DMatrix(
            X.to_numpy(dtype="float64"), feature_names=booster.feature_names, feature_types=booster.feature_types
        )
        answers: ndarray[Any, Any] = booster.predict(matrix, iteration_range=rounds)
        return answers

    if classes is not None and _objective(booster) == "multi:softmax":
        return Labels(scores, classes)
    return as_estimator(scores, classes)


def _booster(data: bytes) -> Any:
    try:
        import xgboost
    except ModuleNotFoundError:
        raise ArtifactError("a model of XGBoost needs the package xgboost", "pip install xgboost") from None
    try:
        return xgboost.Booster(model_file=bytearray(data))
    except Exception as error:  # xgboost raises its own type for damaged bytes, and others for odd ones
        raise ArtifactError(
            f"the model of XGBoost cannot be read: {first_line(error)}",
            "save it again with save_model('model.ubj')",
        ) from None


def _objective(booster: Any) -> str:
    return str(json.loads(booster.save_config())["learner"]["objective"]["name"])
