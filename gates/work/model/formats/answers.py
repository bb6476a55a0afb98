"""Give a model of another library the face of scikit-learn: labels from scores, and shares where the model has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gates.work.errors import ArtifactError, DataError
from gates.work.records import Label

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame

Scores = Callable[["DataFrame"], "ndarray[Any, Any]"]


@dataclass(frozen=True, slots=True)
class Described:
    """Hold what a model's bytes say about themselves.

    ``features`` are the names that it learned, in order; empty where it keeps none. ``width`` is the number of features, 0 where
    it is not known. ``outputs`` is the number of classes, None for a regression. ``labels`` are the classes in the order of the
    scores, None where the model keeps their numbers alone.
    """

    features: tuple[str, ...]
    width: int
    outputs: int | None
    labels: tuple[Label, ...] | None = None


class Regression:
    """Predict numbers: ``scores`` gives (n,) or (n, 1) for a DataFrame of n rows."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores

    def predict(self, X: DataFrame) -> ndarray[Any, Any]:
        """Return (n,) float64. Raises `DataError` where an answer is no finite number."""
        import numpy

        return _finite(numpy.asarray(self._scores(X), dtype=numpy.float64).reshape(len(X)))


class Classification:
    """Predict labels: ``scores`` gives (n, number of classes) shares, or (n,) shares of the second of two classes."""

    def __init__(self, scores: Scores, classes: Sequence[Label]) -> None:
        import numpy

        self._scores = scores
        self.classes_ = numpy.asarray(list(classes))

    def predict_proba(self, X: DataFrame) -> ndarray[Any, Any]:
        """Return (n, number of classes) float64.

        Raises `ArtifactError` where the model gives another number of scores, `DataError` where a score is no finite number.
        """
        import numpy

        shares: ndarray[Any, Any] = numpy.asarray(self._scores(X), dtype=numpy.float64)
        if shares.ndim == 1 or shares.shape[1] == 1:
            shares = shares.reshape(len(X))
            shares = numpy.column_stack([1.0 - shares, shares])
        if shares.shape != (len(X), len(self.classes_)):
            raise ArtifactError(
                f"the model gives {shares.shape[1]} scores for each row, and {len(self.classes_)} labels are known",
                "name its labels, in its own order, when you register it",
            )
        return _finite(shares)

    def predict(self, X: DataFrame) -> ndarray[Any, Any]:
        """Return (n,) labels: of each row the class with the largest share, the first of equal ones."""
        labels: ndarray[Any, Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels


class Labels:
    """Predict labels where the model gives no shares: ``numbers`` gives (n,) places among the classes."""

    def __init__(self, numbers: Scores, classes: Sequence[Label]) -> None:
        import numpy

        self._numbers = numbers
        self.classes_ = numpy.asarray(list(classes))

    def predict(self, X: DataFrame) -> ndarray[Any, Any]:
        """Return (n,) labels. Raises `ArtifactError` for a number that stands for no class."""
        import numpy

        places = numpy.asarray(self._numbers(X)).reshape(len(X)).astype(numpy.int64)
        if len(places) and not (places.min() >= 0 and places.max() < len(self.classes_)):
            raise ArtifactError(
                f"the model answers class {int(places.max())}, and {len(self.classes_)} labels are known",
                "name its labels, in its own order, when you register it",
            )
        labels: ndarray[Any, Any] = self.classes_[places]
        return labels


def _finite(scores: ndarray[Any, Any]) -> ndarray[Any, Any]:
    """Return the scores if each is a number: the largest of three missing shares is no answer."""
    import numpy

    odd = ~numpy.isfinite(scores if scores.ndim == 1 else scores.sum(axis=1))
    if odd.any():
        raise DataError(
            f"the model answers {int(odd.sum())} of {len(scores)} rows with no finite number, first row {int(odd.argmax())}",
            "give it no missing values where it learned none",
        )
    return scores


def as_estimator(scores: Scores, classes: Sequence[Label] | None) -> Classification | Regression:
    """Return the face of a model whose scores are shares, or numbers where ``classes`` is None."""
    return Regression(scores) if classes is None else Classification(scores, classes)


def first_line(error: BaseException) -> str:
    """Return the first line of a library's message, at most 300 characters: what follows is its own stack."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
