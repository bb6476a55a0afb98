"""The shapes that the model's checks rely on: a model, and a set of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gates.measures.shapes import Signature

if TYPE_CHECKING:
    import pandas as pd

Array: TypeAlias = NDArray[np.generic]


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
