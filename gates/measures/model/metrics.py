"""The metrics that a gate may ask for, by name.

The rule it protects: a verdict must not depend on how classes happen to be numbered. A metric that computes with class
numbers (the squared error of labels, say) is refused for classification, because renumbering the classes would change
who wins.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gates.measures.model import influence, labels, ranking, residuals, scoring_rules

Task: TypeAlias = Literal["classification", "regression"]
Needs: TypeAlias = Literal["labels", "probabilities", "values"]
Floats: TypeAlias = NDArray[np.float64]

# Takes the truth (m,) and the answers (m,) or (m, k) of m rows or cells; gives a function from weights (draws, m) to
# scores (draws,).
Prepare: TypeAlias = Callable[[NDArray[np.generic], NDArray[np.generic], int], Callable[[Floats], Floats]]

# The same with the codes of the classes that a mean over classes leaves out.
PrepareWithout: TypeAlias = Callable[
    [NDArray[np.generic], NDArray[np.generic], int, Sequence[int]], Callable[[Floats], Floats]
]


class UnusableMetric(ValueError):
    """Say that the configuration names a metric that cannot judge this task: an error of usage, not of the model."""

    misconfigured = True  # the gate then ends as misconfigured, not as refused


@dataclass(frozen=True, slots=True)
class Metric:
    """Hold one metric. ``bounded``: its values lie within 0..1 or -1..1, so that one row moves it by about 1/n.

    ``by_class``: it averages over classes, so that the rarest one counts as much as the others. ``label`` names the one class that
    it is about, as text; its codes are then 1 for that class and 0 for the rest. ``raw``: it is given the labels themselves, row
    by row, and not codes of cells. ``influence`` gives how far each row moves it, where a formula is known; ``without`` prepares it
    with some classes left out, where it is a mean over classes of labels.
    """

    name: str
    task: Task
    higher_is_better: bool
    needs: Needs
    prepare: Prepare
    bounded: bool = True
    depends_on_numbering: bool = False
    by_class: bool = False
    label: str | None = None
    raw: bool = False
    influence: influence.Influence | None = None
    without: PrepareWithout | None = None


def _of_labels(name: str, prepare: Prepare, *, by_class: bool = False, without: PrepareWithout | None = None) -> Metric:
    return Metric(name, "classification", True, "labels", prepare, by_class=by_class, without=without)


def _of_probabilities(
    name: str,
    prepare: Prepare,
    moved: influence.Influence,
    *,
    higher: bool,
    bounded: bool = True,
    by_class: bool = False,
) -> Metric:
    return Metric(name, "classification", higher, "probabilities", prepare, bounded, by_class=by_class, influence=moved)


def _of_numbers(name: str, prepare: Prepare, moved: influence.Influence | None, *, higher: bool = False) -> Metric:
    return Metric(name, "regression", higher, "values", prepare, False, depends_on_numbering=True, influence=moved)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _of_labels("accuracy", labels.prepare_accuracy),
        _of_labels(
            "balanced_accuracy",
            labels.prepare_balanced_accuracy,
            by_class=True,
            without=labels.prepare_balanced_accuracy,
        ),
        _of_labels("macro_f1", labels.prepare_macro_f1, by_class=True, without=labels.prepare_macro_f1),
        _of_labels("weighted_f1", labels.prepare_weighted_f1),
        _of_labels(
            "macro_precision", labels.prepare_macro_precision, by_class=True, without=labels.prepare_macro_precision
        ),
        _of_labels("matthews", labels.prepare_matthews, by_class=True),
        _of_probabilities(
            "log_loss", scoring_rules.prepare_log_loss, influence.of_log_loss, higher=False, bounded=False
        ),
        _of_probabilities("brier", scoring_rules.prepare_brier, influence.of_brier, higher=False),
        _of_probabilities("roc_auc_ovr", ranking.prepare_roc_auc, influence.of_roc_auc, higher=True, by_class=True),
        _of_probabilities(
            "average_precision",
            ranking.prepare_average_precision,
            influence.of_average_precision,
            higher=True,
            by_class=True,
        ),
        _of_numbers("r2", residuals.prepare_r2, influence.of_r2, higher=True),
        _of_numbers(
            "explained_variance", residuals.prepare_explained_variance, influence.of_explained_variance, higher=True
        ),
        _of_numbers("mae", residuals.prepare_mae, influence.of_mae),
        _of_numbers("mse", residuals.prepare_mse, influence.of_mse),
        _of_numbers("rmse", residuals.prepare_rmse, influence.of_rmse),
        _of_numbers("median_absolute_error", residuals.prepare_median_absolute_error, None),
    )
}

# scikit-learn's spellings of the same things.
_ALIASES = {
    "f1_macro": "macro_f1",
    "f1_weighted": "weighted_f1",
    "precision_macro": "macro_precision",
    "recall_macro": "balanced_accuracy",
    "macro_recall": "balanced_accuracy",
    "mcc": "matthews",
    "matthews_corrcoef": "matthews",
    "neg_log_loss": "log_loss",
    "brier_score": "brier",
    "neg_brier_score": "brier",
    "roc_auc": "roc_auc_ovr",
    "mean_squared_error": "mse",
    "neg_mean_squared_error": "mse",
    "mean_absolute_error": "mae",
    "neg_mean_absolute_error": "mae",
    "root_mean_squared_error": "rmse",
    "neg_root_mean_squared_error": "rmse",
    "r2_score": "r2",
}


def find(name: str | Metric) -> Metric:
    """Return the metric of that name, or the metric itself. Raises `UnusableMetric` with the nearest spelling."""
    if isinstance(name, Metric):
        return name
    known = METRICS.get(_ALIASES.get(name, name))
    if known is not None:
        return known
    close = difflib.get_close_matches(name.strip().lower(), [*METRICS, *_ALIASES], n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise UnusableMetric(f"there is no metric {name!r} (legal: {', '.join(METRICS)}){hint}")


def resolve(name: str | Metric, task: str) -> Metric:
    """Return the metric of that name, or the metric itself, for ``task`` ("classification" or "regression").

    Raises `UnusableMetric` for an unknown name or task, for a metric of the other task, and, with the reason, for a
    metric that computes with class numbers where the task is classification.
    """
    metric, name = find(name), name if isinstance(name, str) else name.name
    if task not in ("classification", "regression"):
        raise UnusableMetric(f"there is no task {task!r}; legal: classification, regression")
    if task == "classification" and metric.depends_on_numbering:
        raise UnusableMetric(
            f"{name!r} computes with the numbers of the classes, which are only names: give the same classes other numbers and "
            f"another model wins. Use accuracy, macro_f1 or log_loss for classification"
        )
    if metric.task != task:
        legal = ", ".join(sorted(known.name for known in METRICS.values() if known.task == task))
        raise UnusableMetric(f"{name!r} is a metric of {metric.task}, and the task is {task}; legal: {legal}")
    return metric
