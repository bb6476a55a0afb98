"""Take a folder of Parquet parts, as Spark and others write one, for one table: one snapshot in one order, whoever lists them.

Directories like ``day=2024-01-31`` (Hive) are columns of the parts below them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from gates.toml_reader import listed
from gates.work.data.budget import refuse_heavy, refuse_large
from gates.work.errors import DataError

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import fs

_HIVE = re.compile(r"([^=/]+)=([^/]*)\Z")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,17})\Z", re.ASCII)
_MOST_PARTS = 100_000
_WANTED = "name one CSV or Parquet file, or a folder of Parquet parts alone"


def write_parts(files: fs.FileSystem, folder: str, into: Path, name: str) -> None:
    """Write the parts in a folder as one Parquet file. The rows are in the order of the parts' paths.

    Files whose names begin with ``_`` or ``.`` are left out, as Spark and Hive do.

    Raises `DataError` for a folder without parts, for other files in it, for parts with different columns, and for more than
    `gates.work.data.budget` allows, which the footers say before a row is read.
    """
    import pyarrow
    from pyarrow import parquet

    paths = _list_parts(files, folder, name)
    partitions = _partitions(folder, paths, name)
    try:
        footers = [parquet.read_metadata(path, filesystem=files) for path in paths]
        columns = max(footer.num_columns for footer in footers)
        refuse_large(sum(footer.num_rows for footer in footers), columns + len(partitions), name)
        groups = (footer.row_group(at) for footer in footers for at in range(footer.num_row_groups))
        refuse_heavy(sum(group.total_byte_size for group in groups), name)
        schemas = [parquet.read_schema(path, filesystem=files).remove_metadata() for path in paths]
        schema = _one_schema(schemas, paths, folder, name)
        if twice := [column for column in partitions if column in schema.names]:
            raise DataError(f"{name} has {twice[0]!r} as a folder and as a column", "leave out one of them")
        whole = pyarrow.schema([*schema, *(pyarrow.field(c, values.type) for c, values in partitions.items())])
        with parquet.ParquetWriter(into, whole) as writer:
            for place, path in enumerate(paths):
                with files.open_input_file(path) as source:
                    for batch in parquet.ParquetFile(source).iter_batches():
                        part = pyarrow.Table.from_batches([batch]).select(schema.names).cast(schema)
                        for column, values in partitions.items():
                            same = pyarrow.repeat(values[place], len(part))
                            part = part.append_column(pyarrow.field(column, values.type), same)
                        writer.write_table(part.replace_schema_metadata(None))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{name} cannot be read as Parquet parts: {str(error)[:200]}", _WANTED) from None


def _list_parts(files: fs.FileSystem, folder: str, name: str) -> list[str]:
    from pyarrow import fs

    try:
        infos = files.get_file_info(fs.FileSelector(folder, recursive=True))
    except OSError as error:
        raise DataError(f"{name} cannot be listed: {str(error)[:200]}", "check the path and its permissions") from None
    start = len(folder.rstrip("/")) + 1
    paths = sorted(
        info.path
        for info in infos
        if info.type != fs.FileType.Directory
        and not any(piece.startswith(("_", ".")) for piece in info.path[start:].split("/"))
    )
    if not paths:
        raise DataError(f"{name} is a directory, not a file, and holds no Parquet parts", _WANTED)
    if len(paths) > _MOST_PARTS:
        raise DataError(f"{name} holds {len(paths):,} files, at most {_MOST_PARTS:,} are read", _WANTED)
    for path in paths:
        with files.open_input_file(path) as source:
            if source.read(4) != b"PAR1":
                raise DataError(
                    f"{name} is a directory, not a file, and {path[start:]!r} in it is no Parquet part", _WANTED
                )
    return paths


def _partitions(folder: str, paths: list[str], name: str) -> dict[str, pyarrow.Array]:
    """The value of each Hive column for each part: whole numbers where all are, else texts."""
    import pyarrow

    start = len(folder.rstrip("/")) + 1
    pairs = [[_HIVE.match(piece) for piece in path[start:].split("/")[:-1]] for path in paths]
    rows = [{unquote(match[1]): unquote(match[2]) for match in row if match} for row in pairs]
    if any(list(row) != list(rows[0]) for row in rows):
        strange = next(row for row in rows if list(row) != list(rows[0]))
        raise DataError(
            f"the folders in {name} name different columns: {listed(rows[0]) or 'none'}, and {listed(strange) or 'none'}",
            "give each part the same folders",
        )
    columns = {}
    for column in rows[0]:
        values = [None if row[column] == _NO_VALUE else row[column] for row in rows]
        whole = all(value is None or _WHOLE.match(value) for value in values)
        columns[column] = (
            pyarrow.array([None if value is None else int(value) for value in values], pyarrow.int64())
            if whole
            else pyarrow.array(values, pyarrow.string())
        )
    return columns


def _one_schema(schemas: list[pyarrow.Schema], paths: list[str], folder: str, name: str) -> pyarrow.Schema:
    import pyarrow

    start = len(folder.rstrip("/")) + 1
    for schema, path in zip(schemas, paths, strict=True):
        if set(schema.names) != set(schemas[0].names):
            odd = sorted(set(schema.names) ^ set(schemas[0].names))
            raise DataError(
                f"the parts of {name} have different columns: {path[start:]!r} and {paths[0][start:]!r} differ in"
                f" {listed(map(repr, odd))}",
                "write the parts with the same columns",
            )
    try:
        return pyarrow.unify_schemas(schemas, promote_options="permissive")
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError) as error:
        raise DataError(f"the parts of {name} have columns of different types: {str(error)[:200]}", _WANTED) from None
