"""Compare a batch with the one before it, row by row: what is new, and what changed under an old id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.records import Roles

if TYPE_CHECKING:
    from pandas import DataFrame


def arrivals(batch: DataFrame, previous: DataFrame, roles: Roles) -> DataFrame:
    """The rows of ``batch`` whose id is not in ``previous``; a missing id counts as new."""
    return batch[~batch[roles.id].isin(previous[roles.id].dropna())]


def count_changed_rows(batch: DataFrame, previous: DataFrame, roles: Roles) -> int:
    """The rows of ``batch`` whose id is in ``previous`` with another content, over the columns that both have."""
    columns = [column for column in batch.columns if column in previous.columns]
    known = batch[batch[roles.id].isin(previous[roles.id].dropna())][columns]
    if known.empty:
        return 0
    before = set(map(tuple, _comparable(previous[columns])))
    return sum(tuple(row) not in before for row in _comparable(known))


def _comparable(frame: DataFrame) -> list[list[object]]:
    """Rows as plain values in which missing equals missing."""
    plain = frame.astype(object).where(frame.notna(), None)
    rows: list[list[object]] = plain.to_numpy().tolist()
    return rows
