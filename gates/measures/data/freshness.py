"""How old the newest row of a batch is, by its time column."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Ages:
    """Hold the age of the newest row in days (NaN where no time could be read), and the numbers of unreadable and future times."""

    newest: float
    unreadable: int
    future: int
    rows: int
    detail: str


def measure_ages(frame: DataFrame, column: str, *, now: datetime) -> Ages:
    """Measure ages in days before ``now`` (with a time zone). Times without a zone count as UTC; numbers are no times."""
    import pandas as pd

    if column not in frame.columns:
        return Ages(math.nan, len(frame), 0, len(frame), f"the time column {column!r} is missing")
    cells = frame[column]
    if pd.api.types.is_numeric_dtype(cells.dtype):
        times = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[ns, UTC]")
    else:
        times = pd.to_datetime(cells, errors="coerce", utc=True, format="mixed")
    known = times.dropna()
    if known.empty:
        return Ages(math.nan, len(frame), 0, len(frame), f"no time can be read from column {column!r}")
    moment = pd.Timestamp(now).tz_convert("UTC")
    past = known[known <= moment]
    newest = (moment - past.max()).total_seconds() / 86400 if len(past) else math.nan
    unreadable = len(frame) - len(known)
    return Ages(
        newest, unreadable, len(known) - len(past), len(frame), f"column {column!r}, newest {known.max().isoformat()}"
    )
