"""The shapes that all measures rely on: the roles of the columns, what a model says of itself, the golden predictions.

Nothing here imports a data library, so that the endpoint's measures stay light; rows and models are in
`gates.measures.model.subjects`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

Value = str | int | float | bool | None


class Roles(Protocol):
    """Name which columns are what, and the task: "classification" or "regression"."""

    @property
    def id(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def task(self) -> str: ...
    @property
    def features(self) -> tuple[str, ...]: ...
    @property
    def time(self) -> str | None: ...
    @property
    def slices(self) -> tuple[str, ...]: ...
    @property
    def group(self) -> str | None: ...
    @property
    def weight(self) -> str | None: ...
    @property
    def split(self) -> str: ...


class Signature(Protocol):
    """Name what the training step wrote beside the model."""

    @property
    def id(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def task(self) -> str: ...
    @property
    def holdout_share(self) -> float: ...
    @property
    def training_rows(self) -> int: ...
    @property
    def group(self) -> str | None: ...
    @property
    def split(self) -> str: ...
    @property
    def weight(self) -> str | None: ...
    @property
    def newest(self) -> str | None: ...


class Golden(Protocol):
    """Name rows with the predictions that the trainer made with the model in its own memory.

    ``matrix`` is None unless every value of the rows is a number; ``probabilities`` is None where the model has none.
    """

    @property
    def rows(self) -> Sequence[Mapping[str, Value]]: ...
    @property
    def matrix(self) -> Sequence[Sequence[float]] | None: ...
    @property
    def predictions(self) -> Sequence[str | int | float | bool]: ...
    @property
    def probabilities(self) -> Sequence[Sequence[float]] | None: ...
