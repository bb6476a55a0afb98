"""The formats of other libraries in which a model may be kept, each in a module of its own.

All hold numbers, texts and a graph of known operators: reading one runs no code that the file brings. The bytes stand in the
model archive as one member; what they are is read from the signature, and the library is imported when a model is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any, Protocol, cast

from gates.work.errors import ArtifactError
from gates.work.model.formats import catboost, lightgbm, onnx, xgboost
from gates.work.model.formats.answers import Classification, Described, Labels, Regression
from gates.work.records import Label

SKOPS = "skops"


class Format(Protocol):
    """Describe one format: how to know its bytes, what they say, how to open them, and how to write them."""

    PACKAGE: str
    DISTRIBUTIONS: tuple[str, ...]
    MEMBER: str
    SUFFIXES: tuple[str, ...]
    FLAVOR: str

    def is_one(self, data: bytes, name: str) -> bool:
        """Return whether the bytes of a file called ``name`` are of this format."""
        ...

    def to_bytes(self, estimator: Any) -> bytes:
        """Return an estimator of this library as bytes."""
        ...

    def describe(self, data: bytes) -> Described:
        """Return what the bytes say about themselves. Raises `ArtifactError`."""
        ...

    def open_model(self, data: bytes, classes: Sequence[Label] | None) -> Classification | Labels | Regression:
        """Return the model, with these labels in the order of its scores. Raises `ArtifactError`."""
        ...


_MODULES: dict[str, ModuleType] = {"xgboost": xgboost, "lightgbm": lightgbm, "catboost": catboost, "onnx": onnx}
FORMATS = cast("dict[str, Format]", _MODULES)


def format_named(name: str) -> Format:
    """Return the format of this name. Raises `ArtifactError` for one that this version does not know."""
    if name not in FORMATS:
        raise ArtifactError(
            f"the model is kept as {name!r}; this version reads {', '.join((SKOPS, *FORMATS))}",
            "use the version of Gates that wrote it",
        )
    return FORMATS[name]


def format_of(estimator: object) -> str:
    """Return the format in which an estimator in memory is kept: its library's own, else skops."""
    library = type(estimator).__module__.partition(".")[0]
    return library if library in FORMATS else SKOPS


def recognise(data: bytes, name: str) -> str | None:
    """Return the format of the bytes of a file called ``name``, None where it is none of these."""
    return next((format for format, module in FORMATS.items() if module.is_one(data, name.lower())), None)


def versions_of(format: str) -> dict[str, str]:
    """Return the installed version of a format's library, by the name of its distribution; empty for skops."""
    versions = {}
    for distribution in FORMATS[format].DISTRIBUTIONS if format in FORMATS else ():
        try:
            versions[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
    return versions
