"""Measure models on the holdout: score one, compare two, compare one with a dummy; all now, on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gates.measures.model import paired_scores
from gates.measures.model.comparison import Comparison, compare
from gates.measures.model.dummy import Dummy
from gates.measures.model.metrics import Metric, UnusableMetric, resolve
from gates.measures.model.predictions import NotComparable
from gates.measures.model.row_units import groups_of, weights_of
from gates.measures.model.subjects import Array, Model, Rows
from gates.measures.shapes import Roles


@dataclass(frozen=True, slots=True)
class Answers:
    """Hold what a model answers to the rows, and what its probability columns stand for."""

    given: Array
    classes: tuple[object, ...] | None


def score(metric: str | Metric, model: Model, rows: Rows, roles: Roles) -> float:
    """Return the model's score on the rows, weighted where the roles name a weight. Raises `UnusableMetric` and `NotComparable`."""
    known = resolve(metric, roles.task)
    (answers,) = _ask(known, (model,), rows)
    return paired_scores.score(
        rows.y, answers.given, metric=known, classes=answers.classes, task=roles.task, weights=weights_of(rows, roles)
    )


def compare_models(
    metric: str | Metric,
    champion: Model,
    challenger: Model,
    rows: Rows,
    roles: Roles,
    *,
    limit: float | None,
    level: float = 0.95,
    names: tuple[str, str] = ("champion", "challenger"),
) -> Comparison:
    """Compare two models on the rows; the evidence's bound ``limit`` is the margin: ``>= -0.06`` allows a loss of 0.06.

    Rows are resampled by the group and counted by the weight that the roles name. ``names`` is what messages call the models.
    """
    known = resolve(metric, roles.task)
    old, new = _ask(known, (champion, challenger), rows)
    return compare(
        rows.y, old.given, new.given, metric=known, margin=read_margin(known.name, limit), level=level, classes=new.classes,
        task=roles.task, groups=groups_of(rows, roles), weights=weights_of(rows, roles), names=names,
    )  # fmt: skip


def compare_with_dummy(
    metric: str | Metric,
    challenger: Model,
    training: Rows,
    rows: Rows,
    roles: Roles,
    *,
    limit: float | None,
    level: float = 0.95,
) -> Comparison:
    """Compare the challenger, as if with a champion, with a model that has learned nothing from the features."""
    dummy = Dummy(training.y, roles.task, median=metric in ("mae", "median_absolute_error"))
    return compare_models(
        metric, dummy, challenger, rows, roles, limit=limit, level=level, names=("dummy", "challenger")
    )


def read_margin(metric: str, limit: float | None) -> float:
    """Return what may be lost, from the bound of the evidence: one number in one place.

    Raises `NotComparable` where there is no bound.
    """
    if limit is None:
        raise NotComparable(
            f"the comparison of {metric} has no bound; give its evidence one in [tool.gates], like '>= -0.05'"
        )
    return max(0.0, -limit)


def _ask(metric: Metric, models: Sequence[Model], rows: Rows) -> tuple[Answers, ...]:
    if metric.needs == "values":
        return tuple(Answers(model.predict(rows.X), None) for model in models)
    if (
        metric.needs == "labels"
    ):  # a label that is known from the training is one, also where no row of the holdout has it
        known = _union([model.classes or () for model in models])
        return tuple(Answers(model.predict(rows.X), known) for model in models)
    classes = _union((*(model.classes or () for model in models), tuple(rows.y.unique().tolist())))
    return tuple(Answers(_widen(metric, model, rows, classes), classes) for model in models)


def _union(several: Sequence[Sequence[object]]) -> tuple[object, ...]:
    """Every class once, in the order of first sight; numpy scalars as Python's own."""
    return tuple(
        dict.fromkeys(getattr(label, "item", lambda label=label: label)() for labels in several for label in labels)
    )


def _widen(metric: Metric, model: Model, rows: Rows, classes: tuple[object, ...]) -> Array:
    """The model's probabilities in columns for all ``classes``: a class that it does not know has probability 0."""
    probabilities = model.predict_proba(rows.X)
    if probabilities is None or model.classes is None:
        raise UnusableMetric(
            f"{metric.name!r} needs probabilities, and the model gives none; use a metric of labels, like macro_f1"
        )
    wide = np.zeros((len(rows), len(classes)))
    wide[:, [classes.index(label) for label in _union((model.classes,))]] = probabilities
    return wide
