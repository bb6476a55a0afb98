"""Look at what an estimator gives back before it is signed: the cause of a fault is named once, where it can be mended.

Without this a list where an array was expected, a second dimension or an unknown label would end as dozens of failed checks of the
model and the endpoint, each of which names a consequence.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from gates.toml_reader import listed
from gates.work.data.features import normalise
from gates.work.errors import TrainingError
from gates.work.model.apart import apart
from gates.work.model.project_model import remedy_of
from gates.work.records import Label, ModelSignature

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame, Series
    from sklearn.base import BaseEstimator

MOST = 200  # rows of the holdout that are predicted
_ONE_TARGET = (
    "return an estimator of one target; several targets or labels at once are not supported: train a model for each"
)
_TOLERANCE = 1e-3  # float32 models miss a sum of 1 by a few 1e-7 for each class


def name_classes(estimator: BaseEstimator, train: str) -> tuple[Label, ...]:
    """Return the labels that a classifier names in ``classes_``, in its order, as Python's own values.

    ``train`` is what messages call the training function. Raises `TrainingError` where there are none, where they repeat, and for
    those of several targets.
    """
    import numpy

    classes = getattr(estimator, "classes_", None)
    called = f"{train} returned {type(estimator).__name__}"
    if classes is None:
        raise TrainingError(f"{called} without classes_", "return a fitted classifier")
    several = isinstance(classes, list | tuple) and any(
        isinstance(one, list | tuple | numpy.ndarray) for one in classes
    )
    if several or numpy.ndim(classes) != 1:
        raise TrainingError(f"{called}, whose classes_ are those of several targets", _ONE_TARGET)
    plain = [getattr(label, "item", lambda label=label: label)() for label in classes]
    if len(set(map(str, plain))) != len(plain) or not plain:
        raise TrainingError(
            f"{called}, whose classes_ name {len(plain)} labels, {len(set(map(str, plain)))} of them different",
            "set classes_ to each label of the target once, as in numpy.unique(y)",
        )
    return tuple(cast(list[Label], plain))


def check_answers(
    estimator: BaseEstimator, signature: ModelSignature, holdout: DataFrame, y: Series
) -> tuple[str, ...]:
    """Predict up to `MOST` rows of the holdout twice, and return a sentence for each thing worth knowing.

    ``y`` is the target of the training rows. Raises `TrainingError` with one sentence for answers that cannot be served: none,
    another shape or length, labels that ``classes_`` does not name, numbers that are not finite, probabilities that are none, and
    answers that differ the second time.
    """
    import numpy

    called = f"{type(estimator).__name__}.predict"
    X = normalise(holdout.head(MOST), signature.features)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        first, again = (_shape(_call(estimator, "predict", X), called, len(X)) for _ in range(2))
        shares = _probabilities(estimator, signature, X)
    if signature.classes is not None:
        _require_labels(first, signature.classes, y, called)
    else:
        _require_numbers(first, called)
    if not numpy.array_equal(first, again):
        different = int((first != again).sum())
        raise TrainingError(
            f"{called} gives {different} of {len(X)} rows another answer the second time",
            "fix the seed of what is random in predict, and keep no state between calls",
        )
    return (*_note_printing(printed.getvalue(), called), *_note_contradiction(first, shares, signature))


def _call(estimator: BaseEstimator, method: str, X: DataFrame) -> object:
    try:
        with apart():
            return getattr(estimator, method)(X.copy())
    except FileNotFoundError as error:
        raise TrainingError(
            f"{type(estimator).__name__}.{method} fails where the model lies alone: {type(error).__name__}: {error}",
            remedy_of(error),
        ) from error
    except Exception as error:
        raise TrainingError(
            f"{type(estimator).__name__}.{method} fails on rows of the holdout: {type(error).__name__}: {error}",
            "call it on rows that it was not fitted on; missing values and unknown categories occur there",
        ) from error


def _shape(answers: object, called: str, n: int) -> ndarray[Any, Any]:
    """The answers as (n,), of which a column (n, 1) is another form."""
    import numpy

    if answers is None:
        raise TrainingError(f"{called} returned None", "return one answer for each row: is a return missing?")
    try:
        array: ndarray[Any, Any] = numpy.asarray(answers)
    except ValueError:  # rows of different lengths
        raise TrainingError(f"{called} returned rows of different lengths", "return one answer for each row") from None
    if array.ndim == 2 and array.shape[1] > 1:
        raise TrainingError(
            f"{called} returned {array.shape[1]} columns for one target, the shape {array.shape}",
            f"return the label or number of each row, like argmax of one column a class; or {_ONE_TARGET}",
        )
    if array.ndim == 0 or array.ndim > 2 or array.shape[0] != n:
        raise TrainingError(
            f"{called} returned the shape {array.shape} for {n} rows",
            f"return one answer for each row: the shape ({n},)",
        )
    return array.reshape(n)


def _require_labels(answers: ndarray[Any, Any], classes: Sequence[Label], y: Series, called: str) -> None:
    learned = y.unique().tolist()
    if not set(learned) & set(classes):
        raise TrainingError(
            f"classes_ names {listed(repr(label) for label in classes)}, and no training row has one of these: "
            f"the target holds {listed(map(repr, learned))}",
            "keep the target's own labels: fit on y as it is given, or set classes_ to them",
        )
    known = set(classes)
    strange = sorted({repr(label) for label in answers.tolist() if label is None or label not in known})
    if strange:
        raise TrainingError(
            f"{called} answers {listed(strange)}, which classes_ does not name; it names {listed(map(repr, classes))}",
            "return labels of classes_, not their numbers: classes_[index]",
        )


def _require_numbers(answers: ndarray[Any, Any], called: str) -> None:
    import numpy

    if answers.dtype.kind not in "iuf":
        raise TrainingError(
            f"{called} returned {answers.dtype} entries, wanted numbers", "return one number for each row"
        )
    if lost := int((~numpy.isfinite(answers)).sum()):
        raise TrainingError(
            f"{called} returned {lost} of {len(answers)} numbers that are not finite",
            "let it answer every row; missing values occur in the holdout",
        )


def _probabilities(estimator: BaseEstimator, signature: ModelSignature, X: DataFrame) -> ndarray[Any, Any] | None:
    """The probabilities (n, number of classes), or None where the model has none."""
    import numpy

    if not signature.probabilities or signature.classes is None:
        return None
    called, wanted = f"{type(estimator).__name__}.predict_proba", (len(X), len(signature.classes))
    given = _call(estimator, "predict_proba", X)
    if isinstance(given, list) and given and numpy.ndim(given[0]) == 2:
        raise TrainingError(f"{called} returned {len(given)} tables, one a target", _ONE_TARGET)
    try:
        shares: ndarray[Any, Any] = numpy.asarray(given, dtype=numpy.float64)
    except (TypeError, ValueError):
        raise TrainingError(f"{called} returned no numbers", f"return the shape {wanted}: a column a class") from None
    if shares.shape != wanted:
        raise TrainingError(
            f"{called} returned the shape {shares.shape}, wanted {wanted}",
            "return one column for each label of classes_, in that order",
        )
    off = ~numpy.isfinite(shares).all(axis=1) | (shares < -1e-9).any(axis=1)
    off |= numpy.abs(numpy.nan_to_num(shares).sum(axis=1) - 1) > _TOLERANCE
    if off.any():
        raise TrainingError(
            f"{called} returned {int(off.sum())} of {len(X)} rows that are no probabilities, like {shares[off][0].tolist()}",
            "return finite shares of at least 0 that add up to 1 in each row, or no predict_proba",
        )
    return shares


def _note_printing(text: str, called: str) -> tuple[str, ...]:
    if not text:
        return ()
    return (
        f"{called} writes to standard output, {len(text)} characters for {MOST} rows: the server's log would hold them for every "
        "request; take the print out",
    )


def _note_contradiction(
    answers: ndarray[Any, Any], shares: ndarray[Any, Any] | None, signature: ModelSignature
) -> tuple[str, ...]:
    """A sentence where labels and probabilities contradict each other: another order of the columns looks like this."""
    import numpy

    if shares is None or signature.classes is None:
        return ()
    place = {label: at for at, label in enumerate(signature.classes)}
    chosen = shares[numpy.arange(len(answers)), [place[label] for label in answers.tolist()]]
    against = int((chosen < shares.max(axis=1) - 1e-6).sum())
    if against <= len(answers) / 2:
        return ()
    return (
        f"of {against} of {len(answers)} rows predict answers another class than predict_proba finds likeliest; "
        "are the columns in the order of classes_?",
    )
