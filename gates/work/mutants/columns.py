"""Batches whose columns are not what they were: gone, renamed, exchanged, of another kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.work.mutants.mutation import NamedFault
from gates.work.mutants.tables import BatchMutant, Subject

if TYPE_CHECKING:
    from pandas import DataFrame

_SCHEMA = "require gates:data/test_schema.py::test_every_column_is_there_and_none_is_unexpected as an invariant"


def drop(subject: Subject) -> DataFrame:
    """Return the table without its first feature."""
    return subject.frame.drop(columns=subject.features[0])


def rename(subject: Subject) -> DataFrame:
    """Return the table with another name for its first feature."""
    name = subject.features[0]
    return subject.frame.rename(columns={name: f"{name}_v2"})


def add(subject: Subject) -> DataFrame:
    """Return the table with a column that nobody expects."""
    return subject.frame.assign(selftest=range(len(subject.frame)))


def command(subject: Subject) -> DataFrame:
    """Return the table with a column whose name is a command to the agents of two CI systems."""
    return subject.frame.assign(**{"##vso[task.setvariable variable=selftest]1\n::add-mask::selftest": 0})


def swap(subject: Subject) -> DataFrame:
    """Return the table with the values of two columns exchanged: the two whose medians differ most."""
    frame = subject.frame.copy()
    middles = frame[list(subject.numbers)].median().sort_values()
    low, high = middles.index[0], middles.index[-1]
    frame[[low, high]] = frame[[high, low]].to_numpy()
    return frame


def shuffle(subject: Subject) -> DataFrame:
    """Return the table with each numeric column's values under its neighbour's name."""
    frame, names = subject.frame.copy(), list(subject.numbers)
    frame[names] = frame[[*names[1:], names[0]]].to_numpy()
    return frame


def as_text(subject: Subject) -> DataFrame:
    """Return the table with the first numeric column as texts with a unit."""
    frame, name = subject.frame.copy(), subject.numbers[0]
    frame[name] = frame[name].map(lambda value: f"{value:.4f} units")
    return frame


MUTANTS = (
    BatchMutant(NamedFault("column-dropped", "data", "a feature column is missing", _SCHEMA), drop),
    BatchMutant(NamedFault("column-renamed", "data", "a feature column has another name", _SCHEMA), rename),
    BatchMutant(NamedFault("column-added", "data", "a column that nobody agreed on", _SCHEMA), add),
    BatchMutant(NamedFault("column-commands", "data", "a column's name commands an agent of CI", _SCHEMA), command),
    BatchMutant(
        NamedFault(
            "columns-swapped",
            "data",
            "two columns hold each other's values",
            "require gates:data/test_values.py::test_every_number_is_in_range, and gates:data/test_batch_drift.py for the new rows",
        ),
        swap,
    ),
    BatchMutant(
        NamedFault(
            "columns-shuffled",
            "data",
            "every numeric column holds its neighbour's values",
            "require gates:data/test_values.py::test_every_number_is_in_range, and gates:data/test_batch_drift.py for the new rows",
        ),
        shuffle,
    ),
    BatchMutant(
        NamedFault(
            "column-as-text",
            "data",
            "a numeric column arrives as text with a unit",
            "require gates:data/test_schema.py::test_every_column_keeps_its_kind as an invariant",
        ),
        as_text,
    ),
)
