"""Metrics that a project declares itself: precision, recall, F1 and F-beta of one class, and functions of its own.

The rule it protects: a metric of the project's own is held to what every other is held to. It is a finite number, the same one
twice, on the rows as they are and on each resample, and it never goes on with a value that is none.
"""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from gates.measures.model.labels import divide
from gates.measures.model.metrics import METRICS, Metric, Prepare, UnusableMetric
from gates.measures.model.predictions import NotComparable
from gates.plain import show

Floats: TypeAlias = NDArray[np.float64]
Array: TypeAlias = NDArray[np.generic]
Function: TypeAlias = Callable[..., object]
OF_A_CLASS = ("precision", "recall", "f1", "f_beta")


@dataclass(frozen=True, slots=True)
class Declared:
    """Hold how a project declares a metric: ``function`` is an import string, or ``of`` one of `OF_A_CLASS` with its class.

    ``better`` is ``higher`` or ``lower``.
    """

    name: str
    function: str = ""
    of: str = ""
    label: str = ""
    beta: float = 1.0
    better: str = "higher"


def make_metric(declared: Declared, task: str) -> Metric:
    """Return the metric that a project declared, for ``task`` ("classification" or "regression").

    Raises `UnusableMetric` for a name that is taken, a function that cannot be imported or called, and a class where there is none.
    """
    if declared.name in METRICS:
        raise UnusableMetric(f"{declared.name!r} is a metric already; give yours another name in [tool.gates.metrics]")
    higher = declared.better != "lower"
    if declared.function:
        prepare = _prepare_function(declared.name, declared.function)
        needs = "labels" if task == "classification" else "values"
        return Metric(
            declared.name, "classification" if needs == "labels" else "regression", higher,
            "labels" if needs == "labels" else "values", prepare, bounded=False, raw=True,
        )  # fmt: skip
    if task != "classification":
        raise UnusableMetric(f"{declared.name!r} is the {declared.of} of a class, and the task is {task}")
    prepare = _OF_A_CLASS[declared.of](declared.beta)
    return Metric(declared.name, "classification", True, "labels", prepare, label=declared.label, by_class=True)


def prepare_precision(truth: Array, predicted: Array, k: int) -> Callable[[Floats], Floats]:
    """Prepare the share of the answers 1 that are right, 0 where there is none. ``truth`` and ``predicted`` are 0 or 1."""
    hits, answered = (truth == 1) & (predicted == 1), predicted == 1
    return lambda weights: divide(weights @ hits.astype(float), weights @ answered.astype(float))


def prepare_recall(truth: Array, predicted: Array, k: int) -> Callable[[Floats], Floats]:
    """Prepare the share of the rows of class 1 that are answered so; NaN in a sample without such a row."""
    hits, actual = ((truth == 1) & (predicted == 1)).astype(float), (truth == 1).astype(float)

    def score(weights: Floats) -> Floats:
        rows = weights @ actual
        return np.divide(weights @ hits, rows, out=np.full(len(weights), np.nan), where=rows > 0)

    return score


def prepare_f_beta(truth: Array, predicted: Array, k: int, *, beta: float = 1.0) -> Callable[[Floats], Floats]:
    """Prepare (1 + b^2) P R / (b^2 P + R) for the class 1, as scikit-learn's; NaN in a sample without such a row."""
    hits, actual, answered = (truth == 1) & (predicted == 1), truth == 1, predicted == 1

    def score(weights: Floats) -> Floats:
        rows = weights @ actual.astype(float)
        under = beta**2 * rows + weights @ answered.astype(float)
        return np.where(rows > 0, divide((1 + beta**2) * (weights @ hits.astype(float)), under), np.nan)

    return score


_OF_A_CLASS: Mapping[str, Callable[[float], Prepare]] = {
    "precision": lambda beta: prepare_precision,
    "recall": lambda beta: prepare_recall,
    "f1": lambda beta: prepare_f_beta,
    "f_beta": lambda beta: cast(Prepare, partial(prepare_f_beta, beta=beta)),
}


def load_function(name: str, import_string: str) -> Function:
    """Import the function that ``module:function`` names. Raises `UnusableMetric` where it cannot be imported or called."""
    module, _, attribute = import_string.partition(":")
    try:
        function = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # whatever the project's module raises
        raise UnusableMetric(
            f"the metric {name!r}: {import_string} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    if not callable(function):
        raise UnusableMetric(f"the metric {name!r}: {import_string} is a {type(function).__name__}, not a function")
    return cast(Function, function)


def _prepare_function(name: str, import_string: str) -> Prepare:
    function = load_function(name, import_string)
    takes_weights = _takes_weights(function)

    def prepare(truth: Array, answered: Array, k: int) -> Callable[[Floats], Floats]:
        whole = [_call(function, name, import_string, truth, answered, None) for _ in range(2)]
        if whole[0] != whole[1]:
            raise NotComparable(
                f"{name}: {import_string} returned {show(whole[0])} and then {show(whole[1])} for the same rows; fix its seed"
            )

        def score_once(weights: Floats) -> float:
            if takes_weights:
                used = weights > 0
                rows, heavy = (truth[used], answered[used]), weights[used]
            else:
                counts = weights.astype(np.intp)
                if not np.array_equal(counts, weights):
                    raise NotComparable(
                        f"{name}: [tool.ml] names a weight, and {import_string} has no parameter sample_weight; write it as "
                        f"{import_string.partition(':')[2]}(y_true, y_pred, sample_weight=None)"
                    )
                places = np.repeat(np.arange(len(truth)), counts)
                rows, heavy = (truth[places], answered[places]), None
            try:
                return _call(function, name, import_string, *rows, heavy)
            except NotComparable:  # undefined for this resample; the rows as they are were measured above
                return math.nan

        def score(weights: Floats) -> Floats:
            return np.array([score_once(row) for row in weights])

        return score

    return prepare


def _takes_weights(function: Function) -> bool:
    try:
        return "sample_weight" in inspect.signature(function).parameters
    except (TypeError, ValueError):  # built-in, without a signature
        return False


def _call(
    function: Function, name: str, import_string: str, truth: Array, answered: Array, weights: Floats | None
) -> float:
    """One finite number of a function for copies of the rows. Raises `NotComparable` for anything else."""
    heavy: dict[str, Floats] = {} if weights is None else {"sample_weight": weights.copy()}
    try:
        value = function(truth.copy(), answered.copy(), **heavy)
    except Exception as error:
        raise NotComparable(
            f"{name}: {import_string} failed on {len(truth):,} rows: {type(error).__name__}: {error}"
        ) from error
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise NotComparable(
            f"{name}: {import_string} returned {show(value):.60}, a {type(value).__name__}; wanted one number"
        )
    if not math.isfinite(value):
        raise NotComparable(
            f"{name}: {import_string} returned {show(value)} on {len(truth):,} rows; wanted a finite number"
        )
    return float(value)
