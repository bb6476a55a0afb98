"""The shapes that the checks rely on: a model, a set of rows, the roles of the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Array: TypeAlias = NDArray[np.generic]


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
    def slices(self) -> tuple[str, ...]: ...


class Rows(Protocol):
    """Name rows with their features, their truth, their ids and all their columns."""

    @property
    def X(self) -> pd.DataFrame: ...  # noqa: N802 - what everybody calls the features
    @property
    def y(self) -> pd.Series: ...
    @property
    def ids(self) -> pd.Series: ...
    @property
    def frame(self) -> pd.DataFrame: ...
    def __len__(self) -> int: ...


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


class Model(Protocol):
    """Name a loaded model: (n,) predictions, (n, k) probabilities in the order of ``classes`` or None."""

    @property
    def classes(self) -> tuple[object, ...] | None: ...
    @property
    def features(self) -> tuple[str, ...]: ...
    @property
    def signature(self) -> Signature: ...
    @property
    def size(self) -> int: ...
    def predict(self, X: pd.DataFrame) -> Array: ...
    def predict_proba(self, X: pd.DataFrame) -> Array | None: ...


class Golden(Protocol):
    """Name rows with the answers that the trainer's own model gave, before it was written to a file."""

    @property
    def rows(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def predictions(self) -> Sequence[object]: ...
    @property
    def probabilities(self) -> Sequence[Sequence[float]] | None: ...
