"""The newest rows that a model has never seen, by their number or by their time: what a nightly run looks at.

The rule it protects: rows whose id the model's own batch held say nothing new, and a row from the future or without a readable
time has no place in a window of time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from gates.work.errors import DataError
from gates.work.records import ColumnRoles

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_ROWS = re.compile(r"(\d+) rows?\Z")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(h|d)\Z")
_SECONDS = {"h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Window:
    """Hold the chosen rows (``frame``), the count of all rows that were read, and a sentence on how they were chosen."""

    frame: DataFrame
    read: int
    sentence: str


def choose_newest(arrived: DataFrame, known: Series, roles: ColumnRoles, window: str, now: datetime) -> Window:
    """Choose the rows of ``arrived`` whose ids are not ``known``, and of these the newest.

    ``window`` is ``500 rows`` (the last in the file, or by the time column), ``7d`` or ``12h`` before the newest row, or ``all``.

    Raises `DataError` for a window of time without a time column, and for times that cannot be read or have not passed.
    """
    fresh = arrived[~arrived[roles.id].isin(known.dropna())] if roles.id in arrived.columns else arrived
    sentence = f"{len(fresh):,} of {len(arrived):,} rows are new to the champion"
    if roles.id not in arrived.columns:
        sentence = f"the data have no column {roles.id!r}, so all {len(arrived):,} rows count as new"
    if len(fresh) and roles.time is not None and window != "all":
        fresh = _in_order_of_time(fresh, roles.time, now)
    rows, span = _ROWS.match(window), _SPAN.match(window)
    if rows:
        return _cut(fresh.iloc[-int(rows[1]) :], arrived, f"{sentence}, of which the newest {rows[1]} are looked at")
    if span:
        if roles.time is None:
            raise DataError(
                f"the window {window!r} needs a time, and [tool.ml] names no time column",
                "name the column with time in [tool.ml], or choose a window like '500 rows'",
            )
        return _cut(
            _since(fresh, roles.time, float(span[1]) * _SECONDS[span[2]]), arrived, f"{sentence}, within {window}"
        )
    return _cut(fresh, arrived, sentence)


def _cut(frame: DataFrame, arrived: DataFrame, sentence: str) -> Window:
    return Window(frame, len(arrived), sentence)


def _in_order_of_time(fresh: DataFrame, column: str, now: datetime) -> DataFrame:
    times = times_of(fresh, column)
    unreadable, future = int(times.isna().sum()), int((times > now).sum())
    if unreadable or future:
        raise DataError(
            f"of {len(fresh):,} new rows {unreadable:,} have no readable time in column {column!r} and {future:,} are from"
            " the future; which rows are the newest is unknown",
            "correct the times, or the clock of this machine",
        )
    return fresh.loc[times.sort_values(kind="stable").index]


def _since(fresh: DataFrame, column: str, seconds: float) -> DataFrame:
    from pandas import Timedelta

    if fresh.empty:
        return fresh
    times = times_of(fresh, column)
    return fresh[times > times.max() - Timedelta(seconds=seconds)]


def times_of(frame: DataFrame, column: str) -> Series:
    """Return the times of a column in UTC, missing where they cannot be read; numbers are no times. Raises `DataError`."""
    import pandas

    if column not in frame.columns:
        raise DataError(f"the data have no column {column!r}, which [tool.ml] names as time", "add the column")
    cells = frame[column]
    if pandas.api.types.is_numeric_dtype(cells.dtype):
        return pandas.Series(pandas.NaT, index=cells.index, dtype="datetime64[ns, UTC]")
    return pandas.to_datetime(cells, errors="coerce", utc=True, format="mixed")
