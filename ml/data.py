"""Take data and read them: the one way from a source to a table, the same for the parent, the trainer and the gates.

The id column is read as text (``007`` stays ``007``; see `ml.ids`), the target keeps its own labels, whole numbers
stay whole. Text in a numeric column leaves the column as text, so that a check can name the column and count the rows.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ml.ids import canonicals
from ml.records import Roles
from ml.source import fetch
from ml.table import read_table

if TYPE_CHECKING:
    import pyarrow
    from pandas import DataFrame, Series

__all__ = ["fetch", "read", "read_ids"]


def read(path: Path, roles: Roles | None = None) -> DataFrame:
    """The whole file, one row each, columns in the file's order. Raises `DataError` when it is not a sound table with
    rows.

    Numbers are int64 or float64 (float64 where values are missing), truth values bool (object where values are
    missing), dates datetime64, everything else object with None for missing. The target is object where it holds whole
    numbers and missing values, so that ``3`` does not become ``3.0``.
    """
    import pandas

    table = read_table(path, roles)
    columns = {field.name: _column(table.column(index), roles, field.name) for index, field in enumerate(table.schema)}
    return pandas.DataFrame(columns, copy=False)


def read_ids(path: Path, roles: Roles) -> tuple[str | None, ...]:
    """The ids alone, in the order of the rows, without pandas. Raises `DataError` like `read`."""
    return tuple(canonicals(read_table(path, roles, only=[roles.id]).column(roles.id).to_pylist()))


def _column(values: pyarrow.ChunkedArray, roles: Roles | None, name: str) -> Series:
    import pandas
    import pyarrow

    kinds = pyarrow.types
    if kinds.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if kinds.is_null(values.type) or kinds.is_decimal(values.type) or kinds.is_float16(values.type):
        values = values.cast(pyarrow.float64())
    if roles and name == roles.id:
        return pandas.Series(canonicals(values.to_pylist()), dtype=object)
    whole_target = roles is not None and name == roles.target and kinds.is_integer(values.type)
    return values.to_pandas(integer_object_nulls=whole_target, date_as_object=False, deduplicate_objects=True).rename(
        None
    )
