"""A model that has looked at the target only. What does not beat it has learned nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gates.measures.model.subjects import Array
from gates.measures.shapes import Signature

if TYPE_CHECKING:
    import pandas as pd


class Dummy:
    """Answer every row alike: the commonest class (and the class shares), or the mean (``median``: the median)."""

    features: tuple[str, ...] = ()
    size: int = 0
    signature: Signature

    def __init__(self, y: pd.Series, task: str, *, median: bool = False) -> None:
        self.classes: tuple[object, ...] | None = None
        self._shares: Array | None = None
        if task == "classification":
            labels, counts = np.unique(np.asarray(y), return_counts=True)
            self.classes = tuple(labels.tolist())
            self._shares = counts / counts.sum()
            self._answer = labels[[counts.argmax()]]
        else:
            self._answer = np.asarray([float(y.median() if median else y.mean())])

    def predict(self, X: pd.DataFrame) -> Array:
        """Return the same answer for each row of ``X``: (n,)."""
        return np.repeat(self._answer, len(X))

    def predict_proba(self, X: pd.DataFrame) -> Array | None:
        """Return the class shares for each row of ``X``: (n, k); None for a regression."""
        return None if self._shares is None else np.tile(self._shares, (len(X), 1))
