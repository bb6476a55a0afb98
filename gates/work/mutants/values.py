"""Batches whose values are wrong: missing, infinite, stuck, scaled, rounded, or with a sentinel in their place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gates.work.mutants.mutation import NamedFault
from gates.work.mutants.tables import BatchMutant, Subject

if TYPE_CHECKING:
    from pandas import DataFrame


def put(subject: Subject, share: float, value: float) -> DataFrame:
    """Return the table with ``value`` in a share of the rows of the first numeric column."""
    frame, name = subject.frame.copy(), subject.numbers[0]
    column = frame[name].astype("float64")
    column.iloc[subject.pick(share)] = value
    frame[name] = column
    return frame


def nulls(subject: Subject) -> DataFrame:
    """Return the table with 5 % of one column missing."""
    return put(subject, 0.05, math.nan)


def all_null(subject: Subject) -> DataFrame:
    """Return the table with one column that is missing everywhere."""
    return subject.frame.assign(**{subject.numbers[0]: math.nan})


def nulls_as_zero(subject: Subject) -> DataFrame:
    """Return the table with zeros in a fifth of one column, as missing values filled with zero look."""
    return put(subject, 0.2, 0.0)


def sentinel(subject: Subject) -> DataFrame:
    """Return the table with the number -999 in 5 % of one column, as missing values marked by a number look."""
    return put(subject, 0.05, -999.0)


def infinite(subject: Subject) -> DataFrame:
    """Return the table with one infinite value."""
    frame, name = subject.frame.copy(), subject.numbers[0]
    column = frame[name].astype("float64")
    column.iloc[0] = math.inf
    frame[name] = column
    return frame


def scale(subject: Subject) -> DataFrame:
    """Return the table with one column a thousand times as large, as in another unit."""
    name = subject.numbers[0]
    return subject.frame.assign(**{name: subject.frame[name] * 1000.0})


def shift(subject: Subject) -> DataFrame:
    """Return the table with one column moved by two of its standard deviations."""
    name = subject.numbers[0]
    column = subject.frame[name].astype("float64")
    return subject.frame.assign(**{name: column + 2.0 * column.std()})


def flip_sign(subject: Subject) -> DataFrame:
    """Return the table with the signs of all numeric features changed, as a change of convention does."""
    return subject.frame.assign(**{name: -subject.frame[name] for name in subject.numbers})


def stick(subject: Subject) -> DataFrame:
    """Return the table with one column that repeats a value, as a stuck sensor does."""
    name = subject.numbers[0]
    return subject.frame.assign(**{name: float(subject.frame[name].median())})


def round_off(subject: Subject) -> DataFrame:
    """Return the table with one column rounded to two significant digits of its spread."""
    name = subject.numbers[0]
    column = subject.frame[name].astype("float64")
    step = float(column.std()) or 1.0
    return subject.frame.assign(**{name: (column / step).round(0) * step})


_MISSING = "require gates:data/test_values.py::test_no_value_is_missing with a bound on null_share"
_RANGE = "require gates:data/test_values.py::test_every_number_is_in_range as an invariant"
_MODE = "require gates:data/test_values.py::test_no_value_takes_over_a_column as an invariant"
_DRIFT = "require gates:data/test_batch_drift.py for the new rows, and do not accept drift beforehand"

MUTANTS = (
    BatchMutant(NamedFault("values-missing", "data", "5 % of a column are missing", _MISSING), nulls),
    BatchMutant(NamedFault("column-empty", "data", "a whole column is missing its values", _MISSING), all_null),
    BatchMutant(NamedFault("nulls-as-zero", "data", "20 % of a column were filled with 0", _MODE), nulls_as_zero),
    BatchMutant(NamedFault("sentinel", "data", "5 % of a column are -999", _RANGE), sentinel),
    BatchMutant(
        NamedFault(
            "infinite",
            "data",
            "one value is infinite",
            "require gates:data/test_values.py::test_every_number_is_finite as an invariant",
        ),
        infinite,
    ),
    BatchMutant(
        NamedFault("column-scaled", "data", "a column arrives in another unit, 1,000 times as large", _RANGE), scale
    ),
    BatchMutant(NamedFault("column-shifted", "data", "a column moved by two standard deviations", _DRIFT), shift),
    BatchMutant(NamedFault("sign-flipped", "data", "every number changed its sign", _DRIFT), flip_sign),
    BatchMutant(NamedFault("column-stuck", "data", "a column holds one value only", _MODE), stick),
    BatchMutant(
        NamedFault(
            "column-rounded",
            "data",
            "a column lost its decimals",
            "require gates:data/test_values.py::test_no_column_loses_its_decimals, or "
            "gates:data/test_values.py::test_no_value_takes_over_a_column, as an invariant",
        ),
        round_off,
    ),
)
