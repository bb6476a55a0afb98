"""Read two files as one source would have written them: where one knows what a column holds, the other is read alike.

A Parquet file knows which columns are texts and which values are missing, and a file with the code ``0012`` knows that its column
holds codes; of a CSV file that shows neither, the column is read again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gates.toml_reader import listed
from gates.work.data.table import read_table
from gates.work.records import ColumnRoles, ColumnType

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_CODE = re.compile(r"0[0-9]+")


def agree(
    frames: tuple[DataFrame, DataFrame], paths: Sequence[Path], names: Sequence[str], roles: ColumnRoles
) -> tuple[tuple[DataFrame, DataFrame], tuple[str, ...]]:
    """Return both tables with their shared columns read alike, and a sentence for each reading that the other file decided.

    ``paths`` and ``names`` are those of the files, in the order of ``frames``. Raises `DataError` like `read_table`.
    """
    read, notes = list(frames), []
    for at, other in ((0, 1), (1, 0)):
        if paths[at].suffix == ".parquet":
            continue
        again: dict[tuple[str, ...], list[str]] = {}
        for name in read[at].columns:
            if name in (roles.id, roles.group) or name not in read[other].columns:
                continue
            typed = paths[other].suffix == ".parquet"
            labels = _labels_like_missing(read[other][name], roles) if typed else ()
            as_text = _is_number(read[at][name]) and _knows_text(read[other][name], typed)
            if labels or as_text:
                again.setdefault(tuple(text for text in roles.missing if text not in labels), []).append(str(name))
            if labels:
                notes.append(
                    f"column {name!r}: {listed(map(repr, labels))} is a value in {names[other]}, and so it is in {names[at]};"
                    ' missing = [""] in [tool.ml] makes it one everywhere'
                )
        for missing, columns in again.items():
            texts: tuple[tuple[str, ColumnType], ...] = tuple((name, "text") for name in columns)
            spelling = replace(roles.spelling, types=(*roles.spelling.types, *texts))
            reading = replace(roles, missing=missing, spelling=spelling)
            table = read_table(paths[at], reading, only=columns, complete=False, name=names[at])
            read[at] = read[at].assign(**{name: table.column(name).to_pandas() for name in columns})
    return (read[0], read[1]), tuple(notes)


def _is_number(values: Series) -> bool:
    from pandas.api import types

    return bool(types.is_numeric_dtype(values.dtype) and not types.is_bool_dtype(values.dtype))


def _knows_text(values: Series, typed: bool) -> bool:
    present = values.dropna()
    if present.empty or not all(isinstance(value, str) for value in present):
        return False
    return typed or any(_CODE.fullmatch(value.strip()) for value in present.unique())


def _labels_like_missing(values: Series, roles: ColumnRoles) -> tuple[str, ...]:
    if _is_number(values):
        return ()
    held = {value for value in values.dropna().unique() if isinstance(value, str)}
    return tuple(text for text in roles.missing if text and text in held)
