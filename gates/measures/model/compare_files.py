"""Compare two models by files of their predictions, wherever the models came from: what `gates compare` asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gates.measures.model.comparison import Comparison, compare, describe
from gates.measures.model.metrics import Metric, find
from gates.measures.model.prediction_files import Array, Sheet, align, alike, read_sheet
from gates.measures.model.predictions import NotComparable


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
) -> FileComparison:
    """Compare the predictions of two models in files, on the rows of the file of truth.

    The file of truth has one column (or names it by ``target``); a file of predictions has one column of labels or
    values, or one column of probabilities for each class, named by its label. ``id`` and ``groups`` name columns, the
    latter of the file of truth.

    Raises `UnusableMetric` for a metric that does not exist, and `NotComparable` for files that cannot be compared.
    """
    known = find(metric)
    sheets = (read_sheet(truth, "truth"), read_sheet(champion, "champion"), read_sheet(challenger, "challenger"))
    (facts, old, new), by = align(sheets, id)
    label = _target(facts, target, [name for name in (by, groups) if name])
    columns = [_answers(sheet, by) for sheet in (old, new)]
    clusters = None if groups is None else facts.texts(groups)
    compared = _compare(known, facts, label, (old, new), columns, clusters, margin, level)
    aligned = f"rows aligned by {by!r}" if by else "rows taken in their order"
    needed = f"; too few rows to tell, it needs n >= {compared.unproved_n:,}" if compared.unproved_n else ""
    plain = {name: _plain(value) for name, value in asdict(compared).items()}
    passed = compared.decision in ("better", "no_worse")
    return FileComparison(
        compared.decision, passed, f"{describe(compared)}{needed}; {aligned}", {**plain, "id": by, "groups": groups}
    )


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
    groups: Array | None,
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
        return compare(y, *values, metric=metric.name, margin=margin, level=level, groups=groups)
    truth = facts.texts(label)
    if metric.needs == "labels":
        answers = [_labels(sheet, names) for sheet, names in zip(sheets, columns, strict=True)]
        y, *given = alike((truth, *answers))
        for sheet, labels in zip(sheets, given, strict=True):
            _require_common(sheet, y, labels)
        return compare(y, *given, metric=metric.name, margin=margin, level=level, groups=groups)
    return _compare_probabilities(metric, truth, sheets, columns, groups, margin, level)


def _labels(sheet: Sheet, columns: list[str]) -> Array:
    """The answered labels: the one column, or the name of the likeliest class."""
    if len(columns) == 1:
        return sheet.texts(columns[0])
    return np.asarray(columns, dtype=object)[_shares(sheet, columns).argmax(axis=1)]


def _shares(sheet: Sheet, columns: list[str]) -> NDArray[np.float64]:
    from gates.measures.model.predictions import probabilities

    return probabilities(sheet.numbers(columns), sheet.name)


def _require_common(sheet: Sheet, truth: Array, answers: Array) -> None:
    """Refuse two spellings of the same classes, which would look like a model that is never right."""
    known, answered = np.unique(truth), np.unique(answers)
    if not np.isin(answered, known).any():
        examples = [", ".join(repr(value) for value in part[:3].tolist()) for part in (answered, known)]
        raise NotComparable(
            f"no answer of {sheet.name} is a label of the truth: it says {examples[0]}, the truth {examples[1]}"
        )


def _compare_probabilities(
    metric: Metric,
    truth: Array,
    sheets: tuple[Sheet, Sheet],
    columns: Sequence[list[str]],
    groups: Array | None,
    margin: float,
    level: float,
) -> Comparison:
    if all(len(names) == 1 for names in columns):  # the probability of the second of two classes
        (y,) = alike((truth,))
        shares = [sheet.numbers(names)[:, 0] for sheet, names in zip(sheets, columns, strict=True)]
        return compare(y, *shares, metric=metric.name, margin=margin, level=level, groups=groups)
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
    return compare(y, *wide, metric=metric.name, margin=margin, level=level, groups=groups, classes=kept)


def _plain(value: object) -> object:
    """Exact builtins only, as a strict JSON document wants them."""
    if value is None or isinstance(value, str):
        return value
    return int(value) if isinstance(value, (int, np.integer)) else float(value)  # type: ignore[arg-type]
