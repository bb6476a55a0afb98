"""What a project declares about rows that depend on each other, turned into blocks: a group, a time span, a number of rows.

The rule it protects: what is declared is used or refused. A time that cannot be read puts its row into no block, and a row in no
block would count as independent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from gates.measures.drift.arrays import Codes, Flags, Floats
from gates.measures.drift.blocks import Blocks
from gates.measures.drift.faults import DriftFault
from gates.measures.shapes import Roles
from gates.toml_reader import read_seconds

if TYPE_CHECKING:
    import pandas as pd

DAY = 86_400.0
_ROWS = re.compile(r"([1-9]\d{0,8}) rows?\Z")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_Rows = tuple["pd.DataFrame", "pd.DataFrame"]


def divide_into_blocks(
    reference: pd.DataFrame, current: pd.DataFrame, roles: Roles
) -> tuple[pd.DataFrame, pd.DataFrame, Blocks | None]:
    """Return both tables and their blocks as ``roles`` declare them: ``block``, else ``group``; None where neither is declared.

    A block that has rows on both sides counts as one block of each. With ``season`` the rows of a weekday that one side lacks are
    left out. Raises `DriftFault` for a declaration that makes no sense, and for a time that cannot be read.
    """
    sides = (reference, current)
    seconds, rows = (None, None) if roles.block is None else _read_block(roles.block)
    if roles.season is not None and (seconds is None or DAY % seconds):
        raise DriftFault(
            f"season is {roles.season!r} and block {roles.block!r}, wanted a block that divides a day:"
            " block = '1d' goes with a season"
        )
    if seconds is not None:
        times = [
            _read_times(side, roles.time, name) for side, name in zip(sides, ("the reference", "current"), strict=True)
        ]
        spans = [np.floor_divide(one, seconds).astype(np.int64) for one in times]
        return _in_seasons(sides, spans, roles, seconds)
    if rows is not None:
        numbers = [_count_off(_order(side, roles.time), rows) for side in sides]
        return reference, current, _number(numbers, f"blocks of {rows:,} rows")
    if roles.group is None or any(roles.group not in side.columns for side in sides):
        return reference, current, None
    return (
        reference,
        current,
        _number([_code_groups(side[roles.group]) for side in sides], f"groups of {roles.group!r}"),
    )


def list_orders(reference: pd.DataFrame, roles: Roles) -> tuple[Codes, ...] | None:
    """Return the orders, besides that of the file, in which rows of ``reference`` may depend on each other: that of time.

    None where ``order = "none"`` says that the order of the rows means nothing, and nothing is looked for. A time that cannot
    be read gives no order.
    """
    import pandas as pd

    if roles.order == "none":
        return None
    if roles.time is None or roles.time not in reference.columns:
        return ()
    times = reference[roles.time]
    if not pd.api.types.is_numeric_dtype(times.dtype):
        times = pd.to_datetime(times, errors="coerce", utc=True, format="mixed")
    return () if times.isna().any() else (np.argsort(times.to_numpy(), kind="stable"),)


def _read_block(text: str) -> tuple[float | None, int | None]:
    """The seconds of a block of time, or the rows of a block of rows."""
    rows = _ROWS.match(text)
    if rows:
        return None, int(rows[1])
    seconds = read_seconds(text)
    if seconds is None:
        raise DriftFault(f"block is {text!r}, wanted a length of time like '1d' or a number of rows like '50 rows'")
    return seconds, None


def _read_times(side: pd.DataFrame, column: str | None, name: str) -> Floats:
    """Seconds since 1970 in UTC of each row, all of them readable."""
    import pandas as pd

    if column is None:
        raise DriftFault(
            "block is a length of time, and no time column is named: name it with time in [tool.ml] or --time"
        )
    if column not in side.columns:
        raise DriftFault(
            f"{name} has no column {column!r}, which is named as time: blocks of time need it on both sides"
        )
    cells = side[column]
    numbers = pd.api.types.is_numeric_dtype(cells.dtype)
    times = (
        pd.Series(pd.NaT, index=cells.index)
        if numbers
        else pd.to_datetime(cells, errors="coerce", utc=True, format="mixed")
    )
    unreadable = int(times.isna().sum())
    if unreadable:
        raise DriftFault(
            f"{unreadable:,} of {len(side):,} rows of {name} have no readable time in column {column!r}: correct them, "
            "or declare a number of rows as block"
        )
    stamps = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    seconds: Floats = stamps.astype(np.int64) / 1e6
    return seconds


def _order(side: pd.DataFrame, column: str | None) -> Codes:
    """The rank of each row in time where all times can be read, else in the file: (rows,)."""
    if column is None or column not in side.columns or not len(side):
        return np.arange(len(side))
    times = _read_times(side, column, "a side")
    rank = np.empty(len(side), dtype=np.int64)
    rank[np.argsort(times, kind="stable")] = np.arange(len(side))
    return rank


def _count_off(rank: Codes, size: int) -> Codes:
    """Blocks of at least ``size`` rows and as equal as possible; one block where there are fewer rows."""
    blocks = max(1, len(rank) // size)
    return rank * blocks // max(len(rank), 1)


def _code_groups(column: pd.Series) -> Codes:
    """A number for each group; a row without a group is a group of its own."""
    import pandas as pd

    codes, levels = pd.factorize(column, use_na_sentinel=True)
    alone = codes < 0
    numbers = codes.astype(np.int64)
    numbers[alone] = len(levels) + np.arange(int(alone.sum()))
    return numbers


def _number(
    sides: list[Codes], name: str, season: Callable[[Codes], Codes] | None = None, left_out: str = ""
) -> Blocks:
    """Number the blocks of both sides one after the other; ``season`` gives the stratum of a block by its own number."""
    values, of_row = zip(*(np.unique(side, return_inverse=True) for side in sides), strict=True)
    before, now = (len(one) for one in values)
    numbered = np.concatenate([of_row[0], before + of_row[1]]).astype(np.int64)
    every = np.concatenate(values)
    stratum = np.zeros(before + now, dtype=np.int64) if season is None else season(every)
    return Blocks(numbered, np.arange(before + now) >= before, stratum, name, left_out)


def _in_seasons(
    sides: _Rows, spans: list[Codes], roles: Roles, seconds: float
) -> tuple[pd.DataFrame, pd.DataFrame, Blocks]:
    """Blocks of time and, where a season is declared, without the rows of a weekday that is on one side alone."""
    name = f"blocks of {roles.block}"
    if roles.season is None:
        return *sides, _number(spans, name)
    if roles.season != "weekday":
        raise DriftFault(f"season is {roles.season!r}, wanted 'weekday'")

    def weekday(span: Codes) -> Codes:
        return (np.floor_divide(span * seconds, DAY).astype(np.int64) + 3) % 7  # 1 January 1970 was a Thursday

    days = [weekday(one) for one in spans]
    common = np.intersect1d(*days)
    kept: list[Flags] = [np.isin(one, common) for one in days]
    gone = np.setxor1d(np.unique(days[0]), np.unique(days[1]))
    dropped = sum(int((~one).sum()) for one in kept)
    left_out = (
        f"{dropped:,} rows of {', '.join(_WEEKDAYS[day] for day in gone)} are on one side alone and left out"
        if dropped
        else ""
    )
    before, now = (side[keep] for side, keep in zip(sides, kept, strict=True))
    chosen = [one[keep] for one, keep in zip(spans, kept, strict=True)]
    return before, now, _number(chosen, f"{name} within weekdays", weekday, left_out)
