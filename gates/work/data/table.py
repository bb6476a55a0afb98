"""Parse CSV and Parquet with pyarrow, strictly: a file that breaks off, or has a row too short, is an error that names
the line.

How missing values are spelt in CSV is `gates.missing.MISSING`, unless the roles say otherwise.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gates.missing import MISSING
from gates.work.data.budget import refuse_heavy, refuse_large
from gates.work.data.csv_faults import end_of_rows, refuse_other_encoding
from gates.work.data.csv_header import check_names, header_of
from gates.work.data.file_format import HEAD, format_of, refuse_nul
from gates.work.data.spelling import read_codes, spell_out
from gates.work.errors import DataError
from gates.work.records import ColumnRoles

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet

_ROWS = 1 << 16  # that are read at once
_INDEX = re.compile(r"__index_level_\d+__\Z")  # row numbers that pandas wrote
_RAGGED = re.compile(r"(?:Row #(?P<row>\d+): )?Expected (?P<wanted>\d+) columns, got (?P<found>\d+)")


def read_table(
    path: Path,
    roles: ColumnRoles | None,
    *,
    only: Sequence[str] = (),
    complete: bool = True,
    notes: list[str] | None = None,
    name: str = "",
) -> pyarrow.Table:
    """Return the whole file, or ``only`` some of its columns. Unless it must be ``complete``, id and target may be absent.

    A sentence for each guess about a column is added to ``notes``. Raises `DataError` for everything that is
    not a sound table with rows.
    """
    name = name or (path.name if len(path.name) < 60 else "the data")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
            kind = format_of(head, name)
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", "check the path and its permissions") from None
    _use_system_memory()
    read = _read_parquet if kind == "parquet" else _read_csv
    table, guesses = spell_out(read(content, name, roles, only, complete), roles)
    if notes is not None:
        notes.extend(guesses)
    if table.num_rows == 0:
        raise DataError(
            f"{name} has a header of {table.num_columns} columns and no rows",
            "give at least one row; the gates need many more",
        )
    return table


def column_names(path: Path) -> list[str]:
    """Return the names of the columns of a file, without reading the rest; nothing where it is no sound table."""
    import pyarrow
    from pyarrow import parquet

    try:
        if path.suffix == ".parquet":
            return list(parquet.read_schema(path).names)
        with path.open("rb") as file:
            return header_of(file.read(4 << 20), path.name)
    except (DataError, OSError, pyarrow.ArrowException):
        return []


def _use_system_memory() -> None:
    """pyarrow's own allocator (mimalloc) crashes the process once threads that used it have come and gone; malloc does not."""
    import pyarrow

    pyarrow.set_memory_pool(pyarrow.system_memory_pool())


def _read_csv(
    content: mmap.mmap, name: str, roles: ColumnRoles | None, only: Sequence[str], complete: bool
) -> pyarrow.Table:
    import pyarrow
    from pyarrow import csv

    refuse_heavy(len(content), name)
    offset = content.find(b"\0")
    if offset >= 0:
        refuse_nul(content[:], name)
    columns = header_of(content[: 4 << 20], name)
    check_names(columns, name, roles if complete else None)
    as_text = {name: pyarrow.string() for name in _texts(roles)}
    nulls = list(roles.missing if roles else MISSING)
    convert = csv.ConvertOptions(
        null_values=nulls, strings_can_be_null=True, column_types=as_text, include_columns=list(only)
    )
    parse = csv.ParseOptions(newlines_in_values=True)
    buffer = pyarrow.py_buffer(content).slice(0, end_of_rows(content, len(columns)))
    try:
        table = csv.read_csv(pyarrow.BufferReader(buffer), convert_options=convert, parse_options=parse)
    except pyarrow.ArrowInvalid:
        table = _explain(buffer, content, name, convert, parse)

    def as_texts(columns: Sequence[str]) -> pyarrow.Table:
        options = csv.ConvertOptions(
            null_values=nulls,
            strings_can_be_null=True,
            column_types=dict.fromkeys(columns, pyarrow.string()),
            include_columns=list(columns),
        )
        return csv.read_csv(pyarrow.BufferReader(buffer), convert_options=options, parse_options=parse)

    table = read_codes(table, content, roles, as_texts)
    refuse_large(table.num_rows, table.num_columns, name)
    binary = [field.name for field in table.schema if pyarrow.types.is_binary(field.type)]
    if binary:
        refuse_other_encoding(content, name)
        raise DataError(f"{name} holds bytes that are not UTF-8 in column {binary[0]!r}", "save it as UTF-8")
    return table


def _texts(roles: ColumnRoles | None) -> list[str]:
    """The columns that are read as the file spells them: those that name rows and groups, and those that are declared as texts."""
    if roles is None:
        return []
    declared = [name for name, kind in roles.spelling.types if kind != "number"]
    return [name for name in (roles.id, roles.group, *declared) if name]


def _explain(buffer: pyarrow.Buffer, content: mmap.mmap, name: str, convert: object, parse: object) -> pyarrow.Table:
    """Read again with one thread, which is slower and knows the line."""
    import pyarrow
    from pyarrow import csv

    try:
        source = pyarrow.BufferReader(buffer)
        return csv.read_csv(
            source, read_options=csv.ReadOptions(use_threads=False), convert_options=convert, parse_options=parse
        )
    except pyarrow.ArrowInvalid as error:
        refuse_other_encoding(content, name)
        ragged = _RAGGED.search(str(error))
        if not ragged:
            raise DataError(
                f"{name} cannot be read as CSV: {str(error)[:200]}", "check the file; it may be damaged"
            ) from None
        line = f"line {ragged['row']}" if ragged["row"] else "a line"
        breaks_off = (
            ", where the file ends: it was cut off" if ragged["row"] and _is_last(content, int(ragged["row"])) else ""
        )
        if int(ragged["found"]) == int(ragged["wanted"]) + 1 and _ends_with_comma(content, int(ragged["row"] or 0)):
            breaks_off = ": it ends with a comma"
        raise DataError(
            f"{line} of {name} has {ragged['found']} values, the header names {ragged['wanted']} columns{breaks_off}",
            "fetch or write the file again; quote values that hold a comma",
        ) from None


def _ends_with_comma(content: mmap.mmap, line: int) -> bool:
    position = 0
    for _ in range(line - 1):
        position = content.find(b"\n", position) + 1
    end = content.find(b"\n", position)
    return line > 0 and content[position : end if end >= 0 else len(content)].rstrip().endswith(b",")


def _is_last(content: mmap.mmap, line: int) -> bool:
    position = -1
    for _ in range(line - 1):
        position = content.find(b"\n", position + 1)
        if position < 0:
            return False
    end = content.find(b"\n", position + 1)
    return end < 0 or end >= len(content) - 2


def _read_parquet(
    content: mmap.mmap, name: str, roles: ColumnRoles | None, only: Sequence[str], complete: bool
) -> pyarrow.Table:
    import pyarrow
    from pyarrow import parquet

    try:
        with pyarrow.BufferReader(pyarrow.py_buffer(content)) as source:
            file = parquet.ParquetFile(source)
            check_names(file.schema_arrow.names, name, roles if complete else None)
            nested = [field.name for field in file.schema_arrow if pyarrow.types.is_nested(field.type)]
            if nested:
                raise DataError(
                    f"{name} holds lists or records in column {nested[0]!r}", "give one value for each row and column"
                )
            columns = list(only) or [name for name in file.schema_arrow.names if not _INDEX.match(name)]
            refuse_large(file.metadata.num_rows, len(columns), name)
            refuse_heavy(sum(file.metadata.row_group(at).total_byte_size for at in range(file.num_row_groups)), name)
            table = _read_groups(file, columns, name)
            table.validate(full=True)  # texts that are not UTF-8 would break whoever reads them
            return table
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(
            f"{name} cannot be read as Parquet: {str(error)[:200]}", "fetch or write the file again"
        ) from None


def _read_groups(file: parquet.ParquetFile, columns: Sequence[str], name: str) -> pyarrow.Table:
    """Read group by group: a text that stands once in the file can stand in every row of the table."""
    import pyarrow

    pieces, size = [file.schema_arrow.empty_table().select(columns)], 0
    for group in range(file.num_row_groups):
        for batch in file.iter_batches(_ROWS, row_groups=[group], columns=columns, use_threads=True):
            size += batch.nbytes
            refuse_heavy(size, name)
            pieces.append(pyarrow.Table.from_batches([batch]))
    return pyarrow.concat_tables(pieces).replace_schema_metadata(
        None
    )  # what other programs noted there decides nothing
