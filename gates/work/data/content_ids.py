"""Name the rows of a table without a key by what they hold, so that a row is the same row in any order and in any file.

The id of a row is a digest of its values in every column but the target and the weight: rows that are equal there have one id, and
so always one side of the split. It does not depend on the order of rows and columns, on CSV or Parquet, or on whether a whole
number is stored as int64 or float64. A row of which one of these values changes is a new row. A label that changes leaves it the
row that it was; rows without a label are recognised.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gates.toml_reader import listed
from gates.work.errors import DataError
from gates.work.records import CONTENT, ColumnRoles

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame, Series

_ROWS = 1 << 16  # that are digested at once
_EXACT = 2.0**53  # up to which float64 holds every whole number
_MISSING = 0x7FF8_0000_0000_0000  # the bits of NaN
_REMEDY = "name the column that identifies a row with id in [tool.ml]"
# Never change these: every row would get another id, and the holdout would be drawn again.
_ROW, _CELL = b"gates-row-1", b"gates-cell-1"


def content_columns(columns: Iterable[object], roles: ColumnRoles) -> tuple[str, ...]:
    """Return the columns that make the id of a row, sorted: all but the target, the weight and the id itself."""
    return tuple(sorted({str(name) for name in columns} - {roles.target, roles.weight, CONTENT}))


def content_ids(frame: DataFrame, roles: ColumnRoles) -> Series:
    """Return the id of each row, ``row-`` and 24 hexadecimal digits. Raises `DataError` for a table of nothing but a target."""
    import numpy
    import pandas

    columns = content_columns(frame.columns, roles)
    if not columns:
        raise DataError("no column identifies a row, and beside the target there is none", _REMEDY)
    named = hashlib.blake2b(json.dumps(columns, ensure_ascii=False).encode(), digest_size=12, person=_ROW)
    ids = []
    for first in range(0, len(frame), _ROWS):
        part = frame.iloc[first : first + _ROWS]
        words = numpy.empty((len(part), len(columns)), dtype="<u8")
        for at, name in enumerate(columns):
            words[:, at] = _words(part[name])
        for row in words:
            digest = named.copy()
            digest.update(row.tobytes())
            ids.append(f"row-{digest.hexdigest()}")
    return pandas.Series(ids, index=frame.index, dtype=object)


def with_content_ids(frame: DataFrame, roles: ColumnRoles) -> DataFrame:
    """Return the table with the ids of its rows in a column `CONTENT`; ``frame`` itself where a column identifies its rows."""
    return frame.assign(**{CONTENT: content_ids(frame, roles)}) if roles.keyless else frame


def without_content_ids(frame: DataFrame) -> DataFrame:
    """Return the table as its file holds it."""
    return frame.drop(columns=CONTENT) if CONTENT in frame.columns else frame


def require_same_columns(current: DataFrame, before: DataFrame, roles: ColumnRoles) -> None:
    """Raise `DataError` where the rows of two tables are identified by different columns: none would be the same row."""
    if not roles.keyless:
        return
    now, then = (set(content_columns(frame.columns, roles)) for frame in (current, before))
    if now != then:
        parts = [f"lack {listed(map(repr, sorted(then - now)))}"] if then - now else []
        parts += [f"have {listed(map(repr, sorted(now - then)))} besides"] if now - then else []
        raise DataError(
            f"rows are identified by their content, and the data {' and '.join(parts)}: no row can be recognised in the"
            " champion's batch",
            f"give the same columns, or {_REMEDY}",
        )


def drop_repeated(previous: DataFrame, batch: DataFrame, roles: ColumnRoles) -> DataFrame:
    """Return the rows of ``previous`` whose id stands once in each table; all of them where a column identifies the rows.

    Of rows that are equal nobody knows which of them carried which label before.
    """
    if roles.id != CONTENT:
        return previous
    twice = {id for frame in (previous, batch) for id in frame[CONTENT][frame[CONTENT].duplicated()]}
    return previous[~previous[CONTENT].isin(twice)]


def _words(values: Series) -> ndarray[Any, Any]:
    """One 64-bit word for each cell: the bits of a number as float64, a digest of a text, the bits of NaN for what is missing."""
    import numpy
    from pandas.api import types

    words: ndarray[Any, Any]
    if types.is_datetime64_any_dtype(values.dtype) or types.is_timedelta64_dtype(values.dtype):
        times = values.dt.tz_convert("UTC").dt.tz_localize(None) if hasattr(values.dtype, "tz") else values
        kind = "m8[us]" if types.is_timedelta64_dtype(values.dtype) else "M8[us]"
        words = times.to_numpy().astype(kind).astype("<i8").view("<u8")
        words[values.isna().to_numpy()] = _MISSING
        return words
    if types.is_numeric_dtype(values.dtype):  # truth values are 0 and 1, as some files store them
        numbers = values.to_numpy()
        floats = numbers.astype("<f8") + 0.0  # -0.0 is 0.0
        floats[numpy.isnan(floats)] = math.nan
        words = floats.view("<u8").copy()
        words[numpy.isnan(floats)] = _MISSING
        for place in numpy.flatnonzero(numpy.isfinite(floats) & (numpy.abs(floats) >= _EXACT)):
            words[place] = _word(numbers[place].item())
        return words
    kept: dict[tuple[type, object], int] = {}
    cells = [(type(value), value) for value in values.tolist()]
    words = numpy.array(
        [kept[cell] if cell in kept else kept.setdefault(cell, _word(cell[1])) for cell in cells], "<u8"
    )
    return words


def _word(value: object) -> int:
    """The word of one cell of any type."""
    if value is None or value == "" or value != value or str(value) in ("NaT", "<NA>"):
        return _MISSING
    if isinstance(value, int | float) and abs(value) < _EXACT:
        return int.from_bytes(struct.pack("<d", float(value) + 0.0), "little")
    if isinstance(value, float) and math.isfinite(value):
        value = int(value)  # above 2**53 every float is a whole number
    elif isinstance(value, float):
        return int.from_bytes(struct.pack("<d", value), "little")
    return int.from_bytes(hashlib.blake2b(str(value).encode(), digest_size=8, person=_CELL).digest(), "little")
