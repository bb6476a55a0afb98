"""Recognise models whose reading runs code that the file brings, and let them in only where the project says why it trusts them.

A pickle, a file of joblib, and the folder of an MLflow model that keeps either. Nothing here reads one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gates.work.errors import ArtifactError
from gates.work.model.mlmodel import read_mlmodel

PICKLE, JOBLIB = "pickle", "joblib"
MEMBERS = {PICKLE: "model.pickle", JOBLIB: "model.joblib"}  # of the model file, by format
KEY = "trust_pickle"
_SUFFIXES = {
    ".pkl": PICKLE, ".pickle": PICKLE, ".cloudpickle": PICKLE, ".pkl.gz": PICKLE, ".joblib": JOBLIB, ".joblib.gz": JOBLIB,
}  # fmt: skip
_WEIGHTS = (".pt", ".pth", ".bin")  # pickles of PyTorch: weights without the module that they belong to
_INSTEAD = "skops, ONNX, or the own format of XGBoost (.ubj), LightGBM (.txt) or CatBoost (.cbm)"


@dataclass(frozen=True, slots=True)
class Pickle:
    """Name a file whose reading runs code, and its format: ``pickle`` or ``joblib``."""

    file: Path
    format: str


def find_pickle(path: Path) -> Pickle | None:
    """Return the pickle at ``path``, a file or the folder of an MLflow model; None where there is none.

    Raises `ArtifactError` for an MLmodel file that cannot be read.
    """
    if path.is_dir():
        about = read_mlmodel(path / "MLmodel")
        if about is None or about.serialization == "skops" or "sklearn" not in about.flavors:
            return None
        file = path / about.file
        inside = file.resolve().is_relative_to(path.resolve())
        return Pickle(file, PICKLE) if inside and file.is_file() else None
    name = path.name.lower()
    format = next((kind for suffix, kind in _SUFFIXES.items() if name.endswith(suffix)), None)
    if format is None and not name.endswith(_WEIGHTS) and _begins_like_one(path):
        format = PICKLE
    return Pickle(path, format) if format and path.is_file() else None


def _begins_like_one(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(1) == b"\x80"
    except OSError:  # what reads it says so
        return False


def require_trust(format: str, name: str, reason: str) -> None:
    """Raise `ArtifactError` unless the configuration gives a ``reason`` to trust the file ``name``, which is of ``format``."""
    if not reason.strip():
        raise ArtifactError(
            f"{name} is a pickle (recognised as {format}); reading one runs whatever it says, so it is refused",
            f"save the model as {_INSTEAD}; or, where you know who wrote this file, say so under [tool.gates]: "
            f'{KEY} = "the reason", and it is read by a process without keys, and every verdict says so',
        )


def describe_trust(format: str, reason: str) -> str:
    """Return the mark of a pickle's verdicts: what it is, and why it was let in."""
    why = reason.strip() or "no reason is given"
    return f"the model is a {format} file: reading it runs code that it brings, trusted by {KEY}: {why}"
