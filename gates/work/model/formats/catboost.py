"""Models of CatBoost, kept in its own binary format (cbm), which holds numbers and texts and no code."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.work.errors import ArtifactError
from gates.work.model.formats.answers import Classification, Described, Regression, as_estimator, first_line
from gates.work.records import Label

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame

PACKAGE = "catboost"
DISTRIBUTIONS = ("catboost",)
MEMBER = "catboost.cbm"
SUFFIXES = (".cbm", ".cb")
FLAVOR = "catboost"


def is_one(data: bytes, name: str) -> bool:
    """Return whether the bytes of a file called ``name`` are a model of CatBoost."""
    return data.startswith(b"CBM1")


def to_bytes(estimator: Any) -> bytes:
    """Return an estimator of CatBoost's own as its binary format."""
    with tempfile.TemporaryDirectory(prefix="gates-catboost-") as folder:
        file = Path(folder) / MEMBER
        estimator.save_model(str(file), format="cbm")
        return file.read_bytes()


def describe(data: bytes) -> Described:
    """Return what the model says about itself."""
    model = _model(data)
    labels = tuple(model.classes_.tolist()) if model.classes_ is not None and len(model.classes_) else None
    names = tuple(str(name) for name in model.feature_names_ or ())
    numbered = names == tuple(map(str, range(len(names))))
    return Described(() if numbered else names, len(names), len(labels) if labels else None, labels)


def open_model(data: bytes, classes: Sequence[Label] | None) -> Classification | Regression:
    """Return the model. Raises `ArtifactError` where the bytes are none of CatBoost's, or it is not installed."""
    model = _model(data)
    kind = "RawFormulaVal" if classes is None else "Probability"

    def scores(X: DataFrame) -> ndarray[Any, Any]:
        answers: ndarray[Any, Any] = model.predict(X, prediction_type=kind, thread_count=1)
        return answers

    return as_estimator(scores, classes)


def _model(data: bytes) -> Any:
    try:
        import catboost
    except ModuleNotFoundError:
        raise ArtifactError("a model of CatBoost needs the package catboost", "pip install catboost") from None
    try:
        return catboost.CatBoost().load_model(blob=data, format="cbm")
    except Exception as error:  # catboost raises its own type for damaged bytes
        raise ArtifactError(
            f"the model of CatBoost cannot be read: {first_line(error)}",
            "save it again with save_model('model.cbm')",
        ) from None
