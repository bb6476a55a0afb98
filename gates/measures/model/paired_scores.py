"""Two models' answers beside the truth, checked and packed for metrics and for the bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gates.measures.model.metrics import Floats, Metric, Prepare, PrepareWithout, UnusableMetric, find, resolve
from gates.measures.model.predictions import (
    Codes,
    NotComparable,
    column,
    encode,
    numbers,
    order_classes,
    probabilities,
    require_same_rows,
)
from gates.measures.model.row_order import order_rows
from gates.measures.model.row_units import count_effective, scale_weights
from gates.measures.model.small_classes import leave_out
from gates.plain import show

Array: TypeAlias = NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Contest:
    """Hold the scores of two models on one set of rows.

    ``units`` (n,) is the cell of each row: rows that agree in truth and both answers share a cell. Scores are in the
    metric's direction; ``difference`` and ``differences(weights)`` are oriented so that positive means that the
    challenger is better. ``wins`` and ``losses``: rows where only the challenger, only the champion, is right (labels).
    ``effective`` counts rows of equal weight that carry as much; ``strange`` counts the answers of each that are no label of the
    truth; ``classes`` (n,) is the true class of each row, for a metric that averages over classes, and ``left_out`` names those
    that the average leaves out. ``order`` (n,) is the place of each row in what was given: rows are held in an order that their
    content alone decides, and rows of equal ``kinds`` (n,) are alike in everything. ``influence`` (n,) is how far each row moves
    the difference (None where no formula is known). Of a mean over classes of labels, ``fewest`` holds the rows of the rarest
    counted class and the number of these; ``by_label`` (rows, wins, losses) of each, where the mean is that of recalls.
    """

    metric: Metric
    n: int
    units: Codes
    cells: int
    champion: float
    challenger: float
    difference: float
    differences: Callable[[Floats], Floats]
    disagreements: int
    wins: int
    losses: int
    unit: float
    effective: float
    order: Codes
    kinds: Codes
    strange: tuple[int, int] = (0, 0)
    classes: Array | None = None
    left_out: tuple[tuple[object, int], ...] = ()
    influence: Floats | None = None
    by_label: tuple[tuple[int, int, int], ...] = ()
    fewest: tuple[int, int] | None = None


def score(
    y: ArrayLike,
    answers: ArrayLike,
    *,
    metric: str | Metric,
    classes: Sequence[object] | None = None,
    task: str | None = None,
    weights: ArrayLike | None = None,
    name: str = "challenger",
) -> float:
    """Return one model's score. Arguments as in `contest`. Raises `UnusableMetric` and `NotComparable`."""
    names = (name, name)
    met = contest(y, answers, answers, metric=metric, classes=classes, task=task, weights=weights, names=names)
    return met.challenger


def contest(
    y: ArrayLike,
    champion: ArrayLike,
    challenger: ArrayLike,
    *,
    metric: str | Metric,
    classes: Sequence[object] | None = None,
    task: str | None = None,
    weights: ArrayLike | None = None,
    names: tuple[str, str] = ("champion", "challenger"),
    level: float | None = None,
) -> Contest:
    """Check and pack answers for the same rows.

    ``y`` is (n,); answers are (n,), or (n, k) probabilities in the order of ``classes``. For answers that are labels, ``classes``
    are those known besides the ones in ``y``: an answer among them is a wrong answer, not a misspelt one. ``weights`` is (n,).
    ``names`` is what messages call the two models. With a ``level``, a mean over classes of labels leaves out those that
    `small_classes` calls too small.

    Raises `UnusableMetric` where the metric cannot judge this task, `NotComparable` for empty, missing, infinite or
    unequal input, one row, one class, and for a score that is undefined.
    """
    known = find(metric) if task is None else resolve(metric, task)
    n = require_same_rows(**dict(zip(("y", *_apart(names)), (y, champion, challenger), strict=True)))
    truth = column(y, "y")
    heavy = None if weights is None else scale_weights(weights, n)
    if known.task == "classification" and len(np.unique(truth.astype(str))) < 2:
        raise NotComparable(f"all {n:,} rows of y are {show(truth[0])}; {known.name} needs at least two classes")
    if known.needs == "labels":
        answers = (_labels(champion, truth, classes, names[0]), _labels(challenger, truth, classes, names[1]))
        return _contest_labels(known, truth, *answers, heavy, classes or (), names, level)
    if known.needs == "probabilities":
        return _contest_probabilities(
            known, truth, probabilities(champion, names[0]), probabilities(challenger, names[1]), classes, heavy
        )
    values = (numbers(y, "y"), numbers(champion, names[0]), numbers(challenger, names[1]))
    if (
        task is None
        and all(np.array_equal(part, np.round(part)) for part in values)
        and set(values[1]) | set(values[2]) <= set(values[0])
    ):
        resolve(
            metric, "classification"
        )  # every answer is one of the true labels: these are class numbers, and it says why they are refused
    disagreements = int(np.count_nonzero(values[1] != values[2]))
    return _pack(known, None, values[0], values[1], values[2], 0, disagreements, (0, 0), heavy)


def _apart(names: tuple[str, str]) -> tuple[str, str]:
    return names if names[0] != names[1] else (names[0], f"{names[1]} again")


def _labels(answers: ArrayLike, truth: Array, classes: Sequence[object] | None, name: str) -> Array:
    """Labels as they are; of probabilities the likeliest class."""
    if np.ndim(answers) == 2 and np.shape(answers)[1] > 1:
        likely = probabilities(answers, name)
        named = np.empty(likely.shape[1], dtype=object)
        named[:] = order_classes(truth, likely.shape[1], classes)
        chosen = named[likely.argmax(axis=1)]
        return np.asarray(chosen.tolist())
    return column(answers, name)


def _contest_labels(
    metric: Metric,
    truth: Array,
    champion: Array,
    challenger: Array,
    weights: Floats | None,
    known: Sequence[object],
    names: tuple[str, str],
    level: float | None,
) -> Contest:
    codes, labels = encode((truth, champion, challenger))
    others = {str(label) for label in known}
    for name, answers, given in ((names[0], champion, codes[1]), (names[1], challenger, codes[2])):
        if not np.isin(given, codes[0]).any() and not others & {str(label) for label in np.unique(answers).tolist()}:
            shown = [", ".join(repr(value) for value in np.unique(part)[:3].tolist()) for part in (answers, truth)]
            raise NotComparable(
                f"no answer of the {name} is a label of y: it says {shown[0]}, y says {shown[1]}; "
                f"give labels spelt as in y, or probabilities as one column for each class"
            )
    strange = tuple(int(np.count_nonzero(~np.isin(given, codes[0]))) for given in codes[1:])
    right = codes[1] == codes[0], codes[2] == codes[0]
    decided = int(np.count_nonzero(right[1] & ~right[0])), int(np.count_nonzero(right[0] & ~right[1]))
    differ = int(np.count_nonzero(codes[1] != codes[2]))
    k = len(labels)
    if metric.label is not None:
        codes, k = _one_against_rest(metric, codes, labels), 2
        truth = np.where(codes[0] == 1, metric.label, f"not {metric.label}")
    small: tuple[int, ...] = ()
    if metric.without is not None and level is not None:
        small = leave_out(codes[0], codes[1], codes[2], k, level=level)
        metric = replace(metric, prepare=_prepare_without(metric.without, small))
    if metric.raw:
        met = _pack(metric, None, truth, champion, challenger, 0, differ, decided, weights)
    elif weights is not None:
        met = _pack(metric, None, codes[0], codes[1], codes[2], k, differ, decided, weights)
    else:  # rows that agree in truth and both answers are one cell
        cells, units = np.unique(np.column_stack(codes), axis=0, return_inverse=True)
        unit = units.reshape(-1).astype(np.intp)
        met = _pack(metric, unit, cells[:, 0], cells[:, 1], cells[:, 2], k, differ, decided, None)
    met = replace(met, strange=(strange[0], strange[1]))
    if not metric.by_class:
        return met
    counts = np.bincount(codes[0], minlength=k)
    counted = np.setdiff1d(np.flatnonzero(counts), small)
    won, lost = (np.bincount(codes[0][rows], minlength=k) for rows in (right[1] & ~right[0], right[0] & ~right[1]))
    by_label = tuple((int(counts[code]), int(won[code]), int(lost[code])) for code in counted)
    return replace(
        met,
        classes=truth[met.order],
        left_out=tuple((labels[code], int(counts[code])) for code in small),
        fewest=(int(counts[counted].min()), len(counted)),
        by_label=by_label if metric.name == "balanced_accuracy" else (),
    )


def _prepare_without(prepare: PrepareWithout, left_out: tuple[int, ...]) -> Prepare:
    return lambda truth, answered, k: prepare(truth, answered, k, left_out)


def _one_against_rest(metric: Metric, codes: Sequence[Codes], labels: Sequence[object]) -> tuple[Codes, ...]:
    """Codes that are 1 for the metric's class and 0 for every other."""
    named = [code for code, label in enumerate(labels) if str(label) == metric.label]
    if not any(bool((codes[0] == code).any()) for code in named):
        raise NotComparable(
            f"{metric.name} is about the class {metric.label!r}, and no row of y has it; y has "
            f"{', '.join(show(labels[code]) for code in np.unique(codes[0])[:5])}"
        )
    return tuple(np.isin(part, named).astype(np.intp) for part in codes)


def _contest_probabilities(
    metric: Metric,
    truth: Array,
    champion: Floats,
    challenger: Floats,
    classes: Sequence[object] | None,
    weights: Floats | None,
) -> Contest:
    if champion.shape != challenger.shape:
        raise NotComparable(
            f"the champion knows {champion.shape[1]} classes and the challenger {challenger.shape[1]}; wanted the same columns"
        )
    k = champion.shape[1]
    order = {label: place for place, label in enumerate(order_classes(truth, k, classes))}
    unknown = sorted({str(label) for label in truth.tolist() if label not in order})
    if unknown:
        raise NotComparable(
            f"y holds labels without a probability column: {', '.join(unknown[:5])}; give each class a column"
        )
    codes = np.asarray([order[label] for label in truth.tolist()], dtype=np.intp)
    differ = int(np.count_nonzero((champion != challenger).any(axis=1)))
    met = _pack(metric, None, codes, champion, challenger, k, differ, (0, 0), weights)
    return replace(met, classes=truth[met.order] if metric.by_class else None)


def _pack(
    metric: Metric,
    cell_of_row: Codes | None,
    truth: Array,
    champion: Array,
    challenger: Array,
    k: int,
    disagreements: int,
    wins_and_losses: tuple[int, int],
    row_weights: Floats | None,
) -> Contest:
    """Put the rows into their order and score them; without ``cell_of_row`` (n,) each row is a cell of its own."""
    n = len(truth) if cell_of_row is None else len(cell_of_row)
    whole = truth, champion, challenger
    if cell_of_row is not None:
        order = np.argsort(cell_of_row, kind="stable").astype(np.intp)
        units = kinds = cell_of_row[order]
    elif metric.raw:  # a function of the project's own gets the rows as they are
        order = units = kinds = np.arange(n, dtype=np.intp)
    else:  # equal rows are one cell, so that it does not matter which of them is drawn
        order, kinds = order_rows([*whole, *([] if row_weights is None else [row_weights])])
        whole = truth[order], champion[order], challenger[order]
        units, firsts = kinds, np.flatnonzero(np.diff(kinds, prepend=-1))
        truth, champion, challenger = (part[firsts] for part in whole)
    effective = count_effective(row_weights, n)
    heavy = np.ones(n) if row_weights is None else row_weights[order]
    row_weights = None if row_weights is None else heavy[np.flatnonzero(np.diff(units, prepend=-1))]
    sides = metric.prepare(truth, champion, k), metric.prepare(truth, challenger, k)
    sign = 1.0 if metric.higher_is_better else -1.0

    def differences(weights: Floats) -> Floats:
        counted = weights if row_weights is None else weights * row_weights
        return sign * (sides[1](counted) - sides[0](counted))

    every = np.bincount(units).astype(np.float64)[None, :]
    if row_weights is not None:
        every = every * row_weights
    scores = float(sides[0](every)[0]), float(sides[1](every)[0])
    if np.isinf(scores).any():
        raise NotComparable(
            f"{metric.name} is beyond what a float can hold on these {len(units):,} rows; scale the values"
        )
    if not np.isfinite(scores).all():
        raise NotComparable(f"{metric.name} is undefined on these {len(units):,} rows: {_reason(metric)}")
    unit = 1.0 if metric.bounded else abs(scores[0])
    moved = None
    if metric.influence is not None:
        ours, theirs = (metric.influence(whole[0], answers, k, heavy) for answers in (whole[2], whole[1]))
        moved = np.asarray(sign * (ours - theirs))
    return Contest(
        metric=metric,
        n=len(units),
        units=units,
        cells=len(every[0]),
        champion=scores[0],
        challenger=scores[1],
        difference=sign * (scores[1] - scores[0]) + 0.0,  # no negative zero
        differences=differences,
        disagreements=disagreements,
        wins=wins_and_losses[0],
        losses=wins_and_losses[1],
        unit=unit,
        effective=effective,
        order=order,
        kinds=kinds,
        influence=moved,
    )


def _reason(metric: Metric) -> str:
    return "the truth does not vary" if metric.task == "regression" else "it needs rows of at least two classes"


__all__ = ["Contest", "UnusableMetric", "contest", "score"]
