"""Compare two models by files of their predictions, wherever the models came from: what `gates compare` asks."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gates.measures.model.comparison import Comparison, compare, describe
from gates.measures.model.metrics import Metric, find
from gates.measures.model.own_metrics import Declared, make_metric
from gates.measures.model.prediction_files import Array, Sheet, align, alike, read_sheet
from gates.measures.model.predictions import NotComparable
from gates.missing import MISSING


@dataclass(frozen=True, slots=True)
class FileComparison:
    """Hold a decision, whether it carries a promotion, a sentence for people, and the same as plain numbers for a JSON document."""

    decision: str
    passed: bool
    sentence: str
    document: Mapping[str, object]


def compare_files(
    truth: Path,
    champion: Path,
    challenger: Path,
    *,
    metric: str,
    margin: float,
    level: float = 0.95,
    target: str | None = None,
    id: str | None = None,
    groups: str | None = None,
    weight: str | None = None,
    missing: Sequence[str] = MISSING,
    own: Mapping[str, str | float] | None = None,
) -> FileComparison:
    """Compare the predictions of two models in files, on the rows of the file of truth.

    The file of truth has one column (or names it by ``target``); a file of predictions has one column of labels or values, or
    one column of probabilities for each class, named by its label. ``id``, ``groups`` and ``weight`` name columns, the latter
    two of the file of truth. ``missing`` is how missing values are spelt in CSV. ``own`` is how a project declares ``metric``
    itself: the fields of `gates.measures.model.own_metrics.Declared`, and the ``task``; a function gets labels as texts.

    Raises `UnusableMetric` for a metric that does not exist, and `NotComparable` for files that cannot be compared.
    """
    known = find(metric) if own is None else _make_own(metric, own)
    files = {"truth": truth, "champion": champion, "challenger": challenger}
    sheets = [read_sheet(path, name, missing) for name, path in files.items()]
    (facts, old, new), by = align(sheets, id)
    label = _target(
        facts, target, [name for name in (by, *map(str.strip, (id or "").split(",")), groups, weight) if name]
    )
    columns = [_answers(sheet, by) for sheet in (old, new)]
    units = _Units(
        None if groups is None else facts.texts(groups),
        None if weight is None else _weights(facts, weight),
    )
    compared = _compare(known, facts, label, (old, new), columns, units, margin, level)
    aligned = f"rows aligned by {by!r}" if by else "rows taken in their order"
    needed = f"; too few rows to tell, it needs n >= {compared.unproved_n:,}" if compared.unproved_n else ""
    plain = {name: _plain(value) for name, value in asdict(compared).items()}
    passed = compared.decision in ("better", "no_worse")
    return FileComparison(
        compared.decision,
        passed,
        f"{describe(compared)}{needed}; {aligned}",
        {**plain, "id": by, "groups": groups, "weight": weight},
    )


def _make_own(metric: str, own: Mapping[str, str | float]) -> Metric:
    declared = Declared(
        metric, str(own["function"]), str(own["of"]), str(own["label"]), float(own["beta"]), str(own["better"])
    )
    return make_metric(declared, str(own["task"]))


@dataclass(frozen=True, slots=True)
class _Units:
    """What counts as one row, and for how much."""

    groups: Array | None
    weights: Array | None


def _weights(facts: Sheet, column: str) -> Array:
    facts.texts(column)  # says how many are missing
    return facts.numbers([column])[:, 0]


def _target(facts: Sheet, target: str | None, others: Sequence[str]) -> str:
    if target is not None:
        return target
    left = [name for name in facts.columns if name not in others]
    if len(left) != 1:
        raise NotComparable(
            f"{facts.name} has {len(left)} columns that could be the truth: {', '.join(left[:5])}; say which with --target"
        )
    return left[0]


def _answers(sheet: Sheet, id: str | None) -> list[str]:
    columns = [name for name in sheet.columns if name != id]
    if not columns:
        raise NotComparable(f"{sheet.name} has no column beside {id!r}; wanted predictions")
    return columns


def _compare(
    metric: Metric,
    facts: Sheet,
    label: str,
    sheets: tuple[Sheet, Sheet],
    columns: Sequence[list[str]],
    units: _Units,
    margin: float,
    level: float,
) -> Comparison:
    if metric.needs == "values":
        for sheet, names in zip(sheets, columns, strict=True):
            if len(names) > 1:
                raise NotComparable(f"{sheet.name} has {len(names)} columns of predictions; {metric.name} wants one")
        facts.texts(label)
        y = facts.numbers([label])[:, 0]
        values = [sheet.numbers(names)[:, 0] for sheet, names in zip(sheets, columns, strict=True)]
        return compare(
            y, *values, metric=metric, margin=margin, level=level, groups=units.groups, weights=units.weights
        )
    truth = facts.texts(label)
    if metric.needs == "labels":
        answers = [_labels(sheet, names) for sheet, names in zip(sheets, columns, strict=True)]
        y, *given = alike((truth, *answers))
        for sheet, labels in zip(sheets, given, strict=True):
            _require_common(sheet, y, labels)
        return compare(y, *given, metric=metric, margin=margin, level=level, groups=units.groups, weights=units.weights)
    return _compare_probabilities(metric, truth, sheets, columns, units, margin, level)


def _labels(sheet: Sheet, columns: list[str]) -> Array:
    """The answered labels: the one column, or the name of the likeliest class."""
    if len(columns) == 1:
        return sheet.texts(columns[0])
    return np.asarray(columns, dtype=object)[_shares(sheet, columns).argmax(axis=1)]


def _shares(sheet: Sheet, columns: list[str]) -> NDArray[np.float64]:
    from gates.measures.model.predictions import probabilities

    return probabilities(sheet.numbers(columns), sheet.name)


def _require_common(sheet: Sheet, truth: Array, answers: Array) -> None:
    """Refuse two spellings of the same classes, which would look like a model that is never right, or wrong on one class."""
    known, answered = np.unique(truth), np.unique(answers)
    strange = answered[~np.isin(answered, known)]
    alike = {_fold(label): label for label in known.tolist()}
    doubled = [(label, alike[_fold(label)]) for label in strange.tolist() if _fold(label) in alike]
    if doubled:
        pairs = ", ".join(f"{label!a} for {spelt!a}" for label, spelt in doubled[:3])
        rows = int(np.isin(answers, [label for label, _ in doubled]).sum())
        raise NotComparable(
            f"{sheet.name} spells {len(doubled)} labels of the truth otherwise ({pairs}), which would count {rows:,} answers as "
            f"wrong; write them as the truth does (the same Unicode form, case and spaces)"
        )
    if len(strange) == len(answered):
        examples = [", ".join(repr(value) for value in part[:3].tolist()) for part in (answered, known)]
        raise NotComparable(
            f"no answer of {sheet.name} is a label of the truth: it says {examples[0]}, the truth {examples[1]}"
        )


def _fold(label: object) -> str:
    """One text for spellings that people take for the same: composed Unicode, no spaces around, no case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(label)).strip().casefold())


def _compare_probabilities(
    metric: Metric,
    truth: Array,
    sheets: tuple[Sheet, Sheet],
    columns: Sequence[list[str]],
    units: _Units,
    margin: float,
    level: float,
) -> Comparison:
    if all(len(names) == 1 for names in columns):  # the probability of the second of two classes
        (y,) = alike((truth,))
        shares = [sheet.numbers(names)[:, 0] for sheet, names in zip(sheets, columns, strict=True)]
        return compare(
            y, *shares, metric=metric, margin=margin, level=level, groups=units.groups, weights=units.weights
        )
    for sheet, names in zip(sheets, columns, strict=True):
        if len(names) == 1:
            raise NotComparable(
                f"{sheet.name} has one column; {metric.name} wants a probability for each class, as in the other file"
            )
    y, *named = alike((truth, *(np.asarray(names, dtype=object) for names in columns)))
    classes = np.unique(np.concatenate([y, *named]))
    wide = []
    for sheet, names, labels in zip(sheets, columns, named, strict=True):
        _require_common(sheet, y, labels)
        shares = np.zeros((len(y), len(classes)))
        shares[:, np.searchsorted(classes, labels)] = _shares(sheet, names)
        wide.append(shares)
    kept = tuple(classes.tolist())
    return compare(
        y,
        *wide,
        metric=metric.name,
        margin=margin,
        level=level,
        groups=units.groups,
        weights=units.weights,
        classes=kept,
    )


def _plain(value: object) -> object:
    """Exact builtins only, as a strict JSON document wants them."""
    if value is None or isinstance(value, str):
        return value
    return int(value) if isinstance(value, (int, np.integer)) else float(value)  # type: ignore[arg-type]
