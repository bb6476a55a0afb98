"""Name the rows of a table whose key is several columns: one more column holds the texts of all of them.

It is called like the columns, ``store + day``, and is made when a file is read; a file holds the columns themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from gates.work.data.ids import canonical
from gates.work.errors import DataError
from gates.work.records import ColumnRoles

if TYPE_CHECKING:
    from pandas import DataFrame

_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]00:00:00(?:\.0+)?\Z")


def name_key(columns: Sequence[str]) -> str:
    """Return what the column of ids is called, for the columns of a key."""
    return " + ".join(columns)


def join_key(parts: Sequence[object]) -> str | None:
    """Return one text for the values of a key's columns, another one for other values; None where one is missing.

    A time at midnight is its day, so that a date is one id in CSV and in Parquet.
    """
    texts = [canonical(part) for part in parts]
    if any(text is None for text in texts):
        return None
    return "|".join(_MIDNIGHT.sub(r"\1", text or "").replace("\\", "\\\\").replace("|", "\\|") for text in texts)


def split_key(id: str) -> list[str]:
    """Return the texts that `join_key` joined."""
    return [re.sub(r"\\(.)", r"\1", part) for part in re.findall(r"(?:[^|\\]|\\.)+", id)]


def join_keys(columns: Sequence[Iterable[object]]) -> list[str | None]:
    """Return the text of each row's key, from the columns that make it."""
    return [join_key(parts) for parts in zip(*columns, strict=True)]


def with_key(frame: DataFrame, ids: Sequence[str | None], roles: ColumnRoles, name: str) -> DataFrame:
    """Return the table with one more column of ids. Raises `DataError` where the file has a column of its name."""
    import pandas

    if roles.id in frame.columns:
        raise DataError(
            f"{name} has a column {roles.id!r}, which is what the ids of {' and '.join(map(repr, roles.key))} are called",
            "give the column another name",
        )
    return frame.assign(**{roles.id: pandas.Series(list(ids), index=frame.index, dtype=object)})


def without_key(frame: DataFrame, original: DataFrame, roles: ColumnRoles) -> DataFrame:
    """Return the table as a file holds it, after its ids may have changed: the columns of the key follow the column of ids.

    ``original`` is the table before; an id that it does not have gives the first column its first part.
    """
    if not roles.key or roles.id not in frame.columns:
        return frame
    known = original.drop_duplicates(roles.id).set_index(roles.id)[list(roles.key)].astype(object)
    parts = known.reindex(frame[roles.id])
    fresh = (~frame[roles.id].isin(known.index) & frame[roles.id].notna()).to_numpy()
    for at, column in enumerate(roles.key):
        values = parts[column].to_numpy(dtype=object, copy=True)
        values[fresh] = [split_key(id)[at] for id in frame.loc[fresh, roles.id]]
        frame = frame.assign(**{column: values})
    return frame.drop(columns=roles.id)
