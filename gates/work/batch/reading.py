"""Read CSV and Parquet in pieces, never the whole: numbers are checked later, row by row, so here everything may still be text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gates.toml_reader import listed, nearest
from gates.work.data.csv_header import check_names, header_of
from gates.work.data.file_format import HEAD, format_of
from gates.work.data.spelling import respell, respell_dates
from gates.work.errors import DataError
from gates.work.records import ModelSignature

if TYPE_CHECKING:
    import pyarrow

BLOCK = 1 << 20  # bytes of CSV; pyarrow reads some thirty of them ahead
ROWS = 4096  # rows of Parquet
_HEADER = 4 << 20
_RAGGED = re.compile(r"Row #(?P<row>\d+): Expected (?P<wanted>\d+) columns, got (?P<found>\d+)")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Hold consecutive rows of a file. ``first`` is the number of the first one; the row below the header is number 1."""

    first: int
    rows: pyarrow.RecordBatch


def chunks_of(path: Path, signature: ModelSignature) -> Iterator[Chunk]:
    """Read the columns that the model needs, and the id where it is there, piece by piece.

    Raises `DataError` for what is not a sound table, and for a file that changes while it is read.
    """
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            kind = format_of(file.read(HEAD), path.name)
        first = 1
        for rows in (_parquet if kind == "parquet" else _csv)(path, signature):
            if rows.num_rows:
                yield Chunk(first, _spelt(rows, signature))
                first += rows.num_rows
        after = path.stat()
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {error.strerror or error}", "check the path and its permissions"
        ) from None
    if first == 1:
        raise DataError(f"{path.name} has a header and no rows", "give at least one row")
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino):
        raise DataError(f"{path.name} changed while it was read", "score a file that nobody writes to")


def _wanted(columns: list[str], signature: ModelSignature, name: str) -> list[str]:
    absent = [feature for feature in signature.names if feature not in columns]
    if absent:
        raise DataError(
            f"{name} lacks {len(absent)} of the {len(signature.names)} columns that the model needs:"
            f" {listed(absent)}{nearest(absent[0], columns)}",
            "give every feature of the model",
        )
    key = signature.key or (signature.id,)
    return list(dict.fromkeys([*(key if set(key) <= set(columns) else ()), *signature.names]))


def _spelt(rows: pyarrow.RecordBatch, signature: ModelSignature) -> pyarrow.RecordBatch:
    """The rows with numbers and dates in texts spelt as in training, see `gates.work.data.spelling`; what is neither stays."""
    from pyarrow import types

    spelling = signature.spelling
    numbers = spelling if spelling.separated else replace(spelling, thousands=",")
    for feature in signature.features:
        index = rows.schema.get_field_index(feature.name)
        column = rows.column(index)
        if not types.is_string(column.type):
            continue
        if feature.kind == "number":
            rows = rows.set_column(index, feature.name, respell(column, numbers))
        elif feature.kind == "date" and spelling.date_format:
            rows = rows.set_column(index, feature.name, respell_dates(column, spelling.date_format))
    return rows


def _csv(path: Path, signature: ModelSignature) -> Iterator[pyarrow.RecordBatch]:
    import pyarrow
    from pyarrow import csv

    with path.open("rb") as file:
        columns = header_of(file.read(_HEADER), path.name)
    check_names(columns, path.name, None)
    wanted = _wanted(columns, signature, path.name)
    convert = csv.ConvertOptions(
        null_values=list(signature.missing),
        strings_can_be_null=True,
        column_types={name: pyarrow.string() for name in wanted},
        include_columns=wanted,
    )
    try:
        reader = csv.open_csv(
            path,
            read_options=csv.ReadOptions(block_size=BLOCK, use_threads=False),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=convert,
        )
        with reader:
            yield from reader
    except pyarrow.ArrowInvalid as error:
        raise _explained(error, path.name) from None


def _explained(error: Exception, name: str) -> DataError:
    if ragged := _RAGGED.search(str(error)):
        row = int(ragged["row"]) - 1  # pyarrow counts the header
        fault = f"row {row} of {name} has {ragged['found']} columns, wanted {ragged['wanted']}"
        return DataError(fault, "correct the row; nothing after it can be trusted to stand in the right column")
    if "UTF8" in str(error):
        return DataError(f"{name} holds bytes that are not UTF-8", "save it as UTF-8")
    return DataError(f"{name} is damaged: {str(error).splitlines()[0]:.200}", "write the file again")


def _parquet(path: Path, signature: ModelSignature) -> Iterator[pyarrow.RecordBatch]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path, memory_map=False, pre_buffer=False) as file:
            wanted = _wanted(list(file.schema_arrow.names), signature, path.name)
            yield from file.iter_batches(batch_size=ROWS, columns=wanted)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowException) as error:
        raise DataError(f"{path.name} is damaged: {str(error).splitlines()[0]:.200}", "write the file again") from None
