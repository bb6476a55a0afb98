"""Read how much each row counts: a column of finite numbers of at least 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.plain import show
from gates.work.errors import DataError
from gates.work.records import ColumnRoles

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def weights_of(frame: DataFrame, roles: ColumnRoles) -> Series | None:
    """Return the weight of each row as float64 (n,), or None where no column of weights is named.

    Raises `DataError` for weights that are missing, no numbers, infinite, below 0, or all 0.
    """
    if roles.weight is None:
        return None
    import numpy
    import pandas

    given = frame[roles.weight]
    numbers = pandas.to_numeric(given, errors="coerce").astype("float64")
    unusable = ~numpy.isfinite(numbers.to_numpy()) | (numbers.to_numpy() < 0)
    if unusable.any():
        first = given[unusable].iloc[0]
        raise DataError(
            f"{int(unusable.sum())} of {len(given)} rows have no usable weight in column {roles.weight!r}, like {show(first)}",
            "give each row a finite number of at least 0",
        )
    if not numbers.sum() > 0:
        raise DataError(f"every weight in column {roles.weight!r} is 0", "give the rows that count a weight above 0")
    return numbers
