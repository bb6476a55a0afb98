"""Read the header of a CSV file and say what is wrong with it, before a parser turns it into a riddle."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence

from gates.plain import differs_little
from gates.toml_reader import listed, nearest
from gates.work.data.csv_faults import refuse_export_marks, refuse_other_encoding
from gates.work.errors import DataError
from gates.work.records import CONTENT, ColumnRoles

WIDEST = 10_100  # ten thousand features, and the columns that name, date and label a row
_LONGEST = 4 << 20
_OTHERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def header_of(content: bytes, name: str) -> list[str]:
    """Return the column names in the first line. Raises `DataError` when there is none, or it is not comma separated."""
    refuse_export_marks(content[:_LONGEST], name)
    try:
        text = content[:_LONGEST].decode("utf-8-sig", errors="strict" if len(content) <= _LONGEST else "ignore")
    except UnicodeDecodeError as error:
        text = content[: error.start].decode("utf-8-sig")
        if "\n" not in text:
            refuse_other_encoding(content, name)
    try:
        columns = next(csv.reader(io.StringIO(text), strict=True), [])
    except csv.Error as error:
        raise DataError(
            f"the header of {name} cannot be read: {error}", "the first line must name the columns, separated by commas"
        ) from None
    line = text.split("\n", 1)[0]
    for delimiter, called in _OTHERS.items():
        if (len(columns) == 1 and delimiter in line) or line.count(delimiter) > 2 * len(columns):
            count = line.count(delimiter) + 1
            raise DataError(
                f"{name} is separated by {called}, not by commas: its header has {count} names between {called}",
                "save it comma separated",
            )
    return columns


def check_names(columns: Sequence[str], name: str, roles: ColumnRoles | None) -> None:
    """Raise `DataError` for too many columns, repeated or empty names, and for a column that a role names and that is not there."""
    if len(columns) > WIDEST:
        raise DataError(
            f"{name} has {len(columns):,} columns, at most {WIDEST:,} are read",
            "name fewer columns, or reduce them before",
        )
    repeated = [column for column, count in Counter(columns).items() if count > 1]
    if repeated:
        raise DataError(
            f"{name} has {len(repeated)} column names more than once: {listed(map(repr, repeated))}",
            "give each column its own name",
        )
    unnamed = [str(position) for position, column in enumerate(columns, 1) if not column.strip()]
    if unnamed:
        raise DataError(
            f"{name} has no name for column {listed(unnamed)}; a row index that pandas wrote looks like this",
            "write it with to_csv(index=False), or name the column",
        )
    if roles is None:
        return
    if roles.keyless and CONTENT in columns:
        raise DataError(
            f"{name} has a column {CONTENT!r}, which is what rows without a key are identified by",
            "give the column another name, or name the column that identifies a row with id in [tool.ml]",
        )
    time = roles.time if roles.split == "time" else None
    named = (
        *(("id", column) for column in roles.key or (None if roles.keyless else roles.id,)),
        ("target", roles.target),
        ("group", roles.group),
        ("weight", roles.weight),
        ("time", time),
    )
    for role, column in named:
        if column is not None and column not in columns:
            raise DataError(
                f"{name} has no column {column!r}, which [tool.ml] names as {role}; "
                f"its {len(columns)} columns are {listed(columns)}{differs_little(column, columns) or nearest(column, columns)}",
                f"add the column, or correct {role} in [tool.ml]",
            )
