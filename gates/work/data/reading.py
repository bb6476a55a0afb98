"""Take data and read them: the one way from a source to a table, the same for the parent, the trainer and the gates.

The columns of ids and groups are read as text (``007`` stays ``007``; see `gates.work.data.ids`), and so are codes with leading
zeros (see `gates.work.data.spelling`); the target keeps its own
labels, whole numbers stay whole. Text in a numeric column leaves the column as text, so that a check can name the column and
count the rows.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from gates.work.data.content_ids import with_content_ids
from gates.work.data.ids import canonicals
from gates.work.data.keys import join_keys, with_key
from gates.work.data.source import fetch
from gates.work.data.table import read_table
from gates.work.records import ColumnRoles, ColumnType

if TYPE_CHECKING:
    import pyarrow
    from pandas import DataFrame, Series

__all__ = ["fetch", "read", "read_ids"]


def read(
    path: Path,
    roles: ColumnRoles | None = None,
    *,
    complete: bool = True,
    notes: list[str] | None = None,
    name: str = "",
) -> DataFrame:
    """Read a whole file as a table with the columns in the file's order. What was guessed is added to ``notes``, as sentences.

    ``name`` is what messages call the file; empty, they use that of its path.

    Raises `DataError` when it is not a sound table with rows and, where it must be ``complete``, when id or target is absent.

    Numbers are int64 or float64 (float64 where values are missing), truth values bool (object where values are
    missing), dates datetime64, everything else object with None for missing. Where no column identifies a row, one more column
    `gates.work.records.CONTENT` holds ids made from what the rows hold. The target is object where it holds whole
    numbers and missing values, so that ``3`` does not become ``3.0``.
    """
    table = read_table(path, roles, complete=complete, notes=notes, name=name)
    frame = _plain(table).to_pandas(
        date_as_object=False, ignore_metadata=True
    )  # no index of pandas' own: rows align by place
    for column in (roles.id, roles.group) if roles is not None else ():
        if column in frame.columns and column not in (roles.key if roles else ()):
            frame[column] = _objects(list(canonicals(table.column(column).to_pylist())))
    if roles is not None and roles.target in frame.columns:
        target = table.column(roles.target)
        if target.null_count and _is_whole(target):
            frame[roles.target] = _objects(target.to_pylist())
    if roles is not None and roles.key and set(roles.key) <= set(frame.columns):
        frame = with_key(frame, _read_keys(path, roles, name), roles, name or "the data")
    return cast("DataFrame", frame if roles is None else with_content_ids(frame, roles))


def read_ids(path: Path, roles: ColumnRoles) -> tuple[str | None, ...]:
    """Return the ids alone, in the order of the rows; without pandas where a column holds them. Raises `DataError` like `read`."""
    if roles.keyless:
        return tuple(read(path, roles)[roles.id])
    if roles.key:
        return tuple(_read_keys(path, roles, ""))
    return tuple(canonicals(read_table(path, roles, only=[roles.id]).column(roles.id).to_pylist()))


def _read_keys(path: Path, roles: ColumnRoles, name: str) -> list[str | None]:
    """The ids of rows whose key is several columns, from these as the file spells them."""
    texts: tuple[tuple[str, ColumnType], ...] = tuple((column, "text") for column in roles.key)
    reading = replace(roles, spelling=replace(roles.spelling, types=texts))
    table = read_table(path, reading, only=roles.key, complete=False, name=name)
    return join_keys([table.column(column).to_pylist() for column in roles.key])


def _plain(table: pyarrow.Table) -> pyarrow.Table:
    """The table without the types that pandas would show as objects although they are numbers or texts."""
    import pyarrow

    for index, field in enumerate(table.schema):
        kind = field.type
        if pyarrow.types.is_dictionary(kind):
            table = table.set_column(index, field.name, table.column(index).cast(kind.value_type))
        elif pyarrow.types.is_null(kind) or pyarrow.types.is_decimal(kind) or pyarrow.types.is_float16(kind):
            table = table.set_column(index, field.name, table.column(index).cast(pyarrow.float64()))
    return table


def _is_whole(values: pyarrow.ChunkedArray) -> bool:
    import pyarrow

    return bool(pyarrow.types.is_integer(values.type))


def _objects(values: list[object]) -> Series:
    import pandas

    return pandas.Series(values, dtype=object)
