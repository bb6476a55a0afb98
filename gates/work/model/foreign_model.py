"""Find the one model in a file or folder that another tool wrote, and say what it is: its format, its bytes, its labels.

Nothing here runs code that a file brings: a pickle is refused before it is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gates.toml_reader import listed
from gates.work.errors import ArtifactError
from gates.work.model.formats import FORMATS, recognise
from gates.work.model.formats.answers import Described
from gates.work.model.mlmodel import read_mlmodel
from gates.work.records import ColumnRoles, Feature, Label

if TYPE_CHECKING:
    from pandas import Series

LARGEST = 2 << 30  # bytes
_PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin")  # those of estimators: `gates.work.model.pickles`
_SUPPORTED = (
    "register a model of XGBoost (.ubj, .json), LightGBM (.txt), CatBoost (.cbm) or ONNX (.onnx), or a folder that Gates or "
    "MLflow wrote"
)


@dataclass(frozen=True, slots=True)
class ForeignModel:
    """Hold a model that another tool wrote: the file it was found in, its format, its bytes, and what they say."""

    file: Path
    format: str
    data: bytes
    described: Described


def find_model(path: Path) -> ForeignModel:
    """Return the model in a file, or in the folder of an MLflow model.

    Raises `ArtifactError` where nothing is there, for a pickle, for an unknown format, and where a folder holds none or several.
    """
    if path.is_dir():
        return _in_folder(path)
    data = read_file(path)
    if data[:1] == b"\x80" or path.name.endswith(_PICKLES):
        raise ArtifactError(f"{path} is a pickle; reading one runs whatever it says, so it is never read", _SUPPORTED)
    format = recognise(data, path.name)
    if format is None:
        raise ArtifactError(f"{path} is of no format that is known here", _SUPPORTED)
    return ForeignModel(path, format, data, FORMATS[format].describe(data))


def is_known_file(path: Path) -> bool:
    """Return whether ``path`` is a file of one of the formats that are known here."""
    try:
        return path.is_file() and _is_model(path)
    except OSError:  # what reads it says so
        return False


def read_file(path: Path) -> bytes:
    """Return the bytes of a model's file. Raises `ArtifactError` where it is none, empty, too large, or cannot be read."""
    try:
        if not path.is_file():
            raise ArtifactError(f"{path} is no file", "name the file or the folder of a model")
        if path.stat().st_size > LARGEST:
            raise ArtifactError(
                f"{path} has {path.stat().st_size:,} bytes; at most {LARGEST:,} are read", "give a smaller model"
            )
        data = path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read: {error.strerror}", "check the path and its permissions") from None
    if not data:
        raise ArtifactError(f"{path} is empty", "save the model again")
    return data


def _in_folder(path: Path) -> ForeignModel:
    files = [file for file in sorted(path.rglob("*")) if file.is_file() and not file.is_symlink()]
    if not files:
        raise ArtifactError(f"{path} holds no file", _SUPPORTED)
    about = read_mlmodel(path / "MLmodel")
    if about is not None and not about.flavors & {module.FLAVOR for module in FORMATS.values()}:
        flavors = sorted(about.flavors - {"python_function"}) or sorted(about.flavors)
        raise ArtifactError(
            f"{path} is an MLflow model of the flavors {listed(flavors)}, which Gates does not read",
            "log it with mlflow.sklearn (in the format skops), mlflow.xgboost, mlflow.lightgbm, mlflow.catboost or mlflow.onnx, "
            "or convert it to ONNX",
        )
    models = [file for file in files if file.name != "MLmodel" and _is_model(file)]
    if len(models) != 1:
        names = listed([file.relative_to(path).as_posix() for file in models])
        raise ArtifactError(
            f"{path} holds {len(models)} models{f': {names}' if models else ''}, wanted one",
            "name the file of the model",
        )
    return find_model(models[0])


def _is_model(file: Path) -> bool:
    if file.stat().st_size > LARGEST:
        return False
    with file.open("rb") as opened:
        return recognise(opened.read(512), file.name) is not None


def features_of(model: ForeignModel, chosen: Sequence[Feature]) -> tuple[Feature, ...]:
    """Return the features of the data in the order in which the model learned them.

    A model that keeps names is matched by them (LightGBM writes ``_`` for a blank); one that keeps none takes the features in the
    order of the configuration or of the data. Raises `ArtifactError` where they do not fit.
    """
    described = model.described
    if described.features:
        known = {feature.name: feature for feature in chosen}
        known |= {
            re.sub(r"\W", "_", name): feature
            for name, feature in known.items()
            if re.sub(r"\W", "_", name) not in known
        }
        absent = [name for name in described.features if name not in known and re.sub(r"\W", "_", name) not in known]
        if absent:
            raise ArtifactError(
                f"the model learned {len(absent)} columns that are no features of the data: {listed(absent)}; "
                f"the data have {listed([feature.name for feature in chosen])}",
                "give data with these columns, or name the columns under features in [tool.ml]",
            )
        return tuple(known.get(name) or known[re.sub(r"\W", "_", name)] for name in described.features)
    if described.width and described.width != len(chosen):
        raise ArtifactError(
            f"the model takes {described.width} columns without names, and the data have {len(chosen)} features: "
            f"{listed([feature.name for feature in chosen])}",
            "name the model's columns, in its own order, under features in [tool.ml]",
        )
    return tuple(chosen)


def labels_of(
    model: ForeignModel, roles: ColumnRoles, target: Series, named: Sequence[str]
) -> tuple[Label, ...] | None:
    """Return the labels in the order of the model's scores, of the target's own kind; None for a regression.

    ``target`` is the whole column, ``named`` the labels that the command names. A model's own labels are taken where the target
    has no others; whole numbers from 0 stand for themselves where the target holds such numbers. Nothing else is guessed.

    Raises `ArtifactError` where model and configuration are of different tasks, or the labels are not known.
    """
    outputs = model.described.outputs
    if (outputs is None) != (roles.task == "regression"):
        kind = "a regression" if outputs is None else f"a classification of {outputs} classes"
        raise ArtifactError(f"{model.file.name} is {kind}, and task is {roles.task!r}", "correct task in [tool.ml]")
    if outputs is None:
        if named:
            raise ArtifactError(f"{model.file.name} is a regression, which has no labels", "leave out --labels")
        return None
    seen = {str(label): label for label in target.dropna().unique().tolist()}
    own = [str(label) for label in model.described.labels or range(outputs)]
    order = list(named) or own
    shown = listed(sorted(seen))
    if len(order) != outputs or len(set(order)) != len(order):
        raise ArtifactError(
            f"{len(set(order))} labels are named, and the model tells {outputs} classes apart",
            "name every label once, in the model's own order",
        )
    if strange := sorted(set(seen) - set(order)):
        raise ArtifactError(
            f"the model answers {listed(own)}, and the target {roles.target!r} holds {shown}"
            if not named
            else f"the target {roles.target!r} holds {listed(strange)}, which --labels does not name",
            "name the labels with --labels, in the model's own order",
        )
    kinds = {type(label) for label in seen.values()}
    return tuple(_as_kind(seen, label, kinds) for label in order)


def _as_kind(seen: dict[str, Label], label: str, kinds: set[type]) -> Label:
    """A label that the data do not hold has the kind of those that they do."""
    if label in seen:
        return seen[label]
    if kinds == {int}:
        try:
            return int(label)
        except ValueError:
            return label
    return label
