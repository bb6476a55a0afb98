"""Compare a batch with the one before it, row by row: what is new, and what changed under an old id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.work.records import ColumnRoles

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def arrivals(batch: DataFrame, previous: DataFrame, roles: ColumnRoles) -> DataFrame:
    """Return the rows of ``batch`` whose id is not in ``previous``; a missing id counts as new."""
    return batch[~batch[roles.id].isin(previous[roles.id].dropna())]


def count_changed_rows(batch: DataFrame, previous: DataFrame, roles: ColumnRoles) -> int:
    """Return the rows of ``batch`` whose id is in ``previous`` with another content, over the columns that both have."""
    columns = [column for column in batch.columns if column in previous.columns]
    known = batch[batch[roles.id].isin(previous[roles.id].dropna())]
    numeric = {column for column in columns if _is_numeric(batch[column]) and _is_numeric(previous[column])}
    before, now = (_fingerprints(frame[columns], numeric) for frame in (previous, known))
    return int((~now.isin(before)).sum())


def _is_numeric(values: Series) -> bool:
    from pandas.api import types

    return bool(types.is_numeric_dtype(values.dtype))


def _fingerprints(frame: DataFrame, numeric: set[str]) -> Series:
    """One 64-bit hash for each row, in which missing equals missing and ``1`` equals ``1.0``."""
    import pandas

    plain = frame.astype({column: "float64" if column in numeric else str for column in frame.columns})
    return pandas.util.hash_pandas_object(plain, index=False)
