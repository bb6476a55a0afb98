"""Turn a row of a behaviour file into cases: frames of features, changed in one way, and the class that each case is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gates.measures.model.behaviour_file import Behaviour, Perturbation, UnusableBehaviour, Value
from gates.measures.model.subjects import Rows

_MOST_COLUMNS = 100  # of "each"; of more, this many evenly spread ones


@dataclass(frozen=True, slots=True)
class Cases:
    """Hold the rows of a behaviour: ``before`` and ``after`` have the same rows. ``classes`` is what each row is about (None:
    nothing), ``names`` for people.
    """

    before: pd.DataFrame
    after: pd.DataFrame
    classes: tuple[object, ...]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)


class Ground:
    """Hold what the cases start from: the holdout, and the middles and deviations of the rows that the model learned from."""

    def __init__(self, holdout: Rows, training: Rows, task: str) -> None:
        self.holdout = holdout
        self.task = task
        self.labels = np.asarray(training.y)
        self._X = training.X
        self.middle = _middle(training.X)

    def build(self, behaviour: Behaviour) -> tuple[Cases, ...]:
        """Build the cases of a row, one part for each column where it changes one after the other; none where nothing can change.

        Raises `UnusableBehaviour` for features that are not there, and for what the task does not have.
        """
        start, classes, names = self._start(behaviour)
        change = behaviour.change
        if change.toward:
            return (self._move(start, names, change),)
        if change == Perturbation():
            return (Cases(start, start, classes, names),)
        columns = self._columns(behaviour)
        groups = [[column] for column in columns] if change.columns == ("each",) else [columns]
        endings = [f" with {group[0]} changed" if change.columns == ("each",) else "" for group in groups]
        return tuple(
            Cases(start, self._alter(start, group, change), classes, tuple(name + ending for name in names))
            for group, ending in zip(groups, endings, strict=True)
            if group
        )

    def _start(self, behaviour: Behaviour) -> tuple[pd.DataFrame, tuple[object, ...], tuple[str, ...]]:
        if behaviour.start == "the holdout":
            n = min(int(behaviour.rows), len(self.holdout))
            ids = tuple(str(id) for id in self.holdout.ids.iloc[:n])
            return self.holdout.X.iloc[:n].reset_index(drop=True), tuple(self.holdout.y.iloc[:n].tolist()), ids
        if behaviour.start == "the middle":
            return self.middle, (None,), ("the middle",)
        if isinstance(behaviour.start, str):
            classes, middles = self._middles(behaviour.start)
            return middles, classes, tuple(f"the middle of {label}" for label in classes)
        return self._written(behaviour.start), (None,), ("the row",)

    def _written(self, values: Mapping[str, Value]) -> pd.DataFrame:
        if absent := [name for name in values if name not in self.middle.columns]:
            raise UnusableBehaviour(f"from names {', '.join(absent[:5])}, and the model has no such feature")
        row = self.middle.copy()
        for name, value in values.items():
            row[name] = _column([value], row[name])
        return row

    def _middles(self, where: str) -> tuple[tuple[object, ...], pd.DataFrame]:
        """The middle of the training rows of each class, or of the third with the highest values."""
        if where == "the middle of the highest third":
            if self.task == "classification":
                raise UnusableBehaviour(f"{where!r} needs numbers to be the highest of, and the task is classification")
            high = self.labels >= np.quantile(self.labels.astype(np.float64), 2 / 3)
            return (None,), _middle(self._X[high])
        if self.task == "regression":
            raise UnusableBehaviour(f"{where!r} needs classes, and the task is regression")
        classes = np.unique(self.labels).tolist()
        middles = [_middle(self._X[self.labels == label]) for label in classes]
        return tuple(classes), pd.concat(middles, ignore_index=True)

    def _move(self, start: pd.DataFrame, names: Sequence[str], change: Perturbation) -> Cases:
        """Every row towards every middle, a share of the way; a category takes the goal's value."""
        goals, middles = self._middles(change.toward)
        before = start.loc[start.index.repeat(len(goals))].reset_index(drop=True)
        goal = pd.concat([middles] * len(start), ignore_index=True)
        after = goal.copy()
        for name in _numeric(before, before.columns):
            after[name] = before[name] + change.share * (goal[name] - before[name])
        moves = [f"{name} towards {'the top' if label is None else label}" for name in names for label in goals]
        return Cases(before, after, tuple(goals) * len(start), tuple(moves))

    def _columns(self, behaviour: Behaviour) -> list[str]:
        """The columns to change; where all or each may be meant, those that can be."""
        change, known = behaviour.change, self.middle.columns
        counts = bool(change.add_sd) or change.multiply != 1.0
        if change.columns not in (("all",), ("each",)):
            if absent := [name for name in change.columns if name not in known]:
                raise UnusableBehaviour(f"change names {', '.join(absent[:5])}, and the model has no such feature")
            if counts and (texts := sorted(set(change.columns) - set(_numeric(self._X, change.columns)))):
                raise UnusableBehaviour(f"change counts with {', '.join(texts[:5])}, which holds no numbers")
            return list(change.columns)
        numbers_only = counts or (isinstance(change.set, (int, float)) and not isinstance(change.set, bool))
        columns = list(_numeric(self._X, known)) if numbers_only else [str(name) for name in known]
        if change.columns == ("each",) and len(columns) > _MOST_COLUMNS:
            return [columns[at] for at in np.linspace(0, len(columns) - 1, _MOST_COLUMNS).astype(int)]
        return columns

    def _alter(self, start: pd.DataFrame, columns: Sequence[str], change: Perturbation) -> pd.DataFrame:
        changed = start.copy()
        for name in columns:
            if change.set is not None:
                changed[name] = _column([None if change.set == "missing" else change.set] * len(start), start[name])
            if change.multiply != 1.0 or change.add_sd:
                deviation = float(self._X[name].std() or 0.0)
                changed[name] = changed[name].astype(np.float64) * change.multiply + change.add_sd * deviation
        return changed.copy()  # in few blocks again: many frames of many blocks are slow to put together


def _middle(X: pd.DataFrame) -> pd.DataFrame:
    """One row: the median of numbers, the commonest of everything else."""
    medians = X[
        list(_numeric(X, X.columns))
    ].median()  # of all columns at once: one after the other takes a hundred times as long
    middle = {name: [medians[name] if name in medians.index else _commonest(X[name])] for name in X.columns}
    return pd.DataFrame(middle, columns=X.columns)


def _commonest(column: pd.Series) -> object:
    modes = column.mode()
    return modes.iloc[0] if len(modes) else None


def _numeric(X: pd.DataFrame, names: Sequence[str]) -> Iterator[str]:
    kinds = dict(zip(X.columns, X.dtypes, strict=True))
    for name in names:
        if pd.api.types.is_numeric_dtype(kinds[name]) and not pd.api.types.is_bool_dtype(kinds[name]):
            yield name


def _column(values: Sequence[object], like: pd.Series) -> pd.Series:
    """A column of values; missing ones as NaN where ``like`` holds numbers."""
    if pd.api.types.is_numeric_dtype(like) and all(
        value is None or isinstance(value, (int, float)) for value in values
    ):
        return pd.Series(values, index=like.index, dtype=np.float64)
    return pd.Series(values, index=like.index, dtype=object)
