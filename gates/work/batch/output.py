"""Write the answers whole or not at all, as CSV or Parquet. A text that a spreadsheet would take for a formula is defused in CSV.

The file is written beside its place under a name of its own and moved there at the end; a killed run leaves that part, which the
next one throws away. Two runs cannot write to one place.
"""

from __future__ import annotations

import csv
import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

from gates.work.errors import DataError

_PLAIN = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?%?\Z", re.ASCII)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|")  # what spreadsheets run, or cut off before they run the rest


def defused(value: object) -> object:
    """Return the value itself, or a text with an apostrophe before it where a spreadsheet would run it as a formula."""
    if isinstance(value, str) and value.startswith(_FORMULA) and not _PLAIN.match(value):
        return f"'{value}"
    return value


class Sink(Protocol):
    """Take rows of answers."""

    @property
    def defused(self) -> int:
        """Return how many texts got an apostrophe because a spreadsheet would run them as a formula."""
        ...

    def write(self, columns: Sequence[Sequence[object]]) -> None:
        """Write rows, given as columns of equal length in the order of the output's names. Raises `OSError`."""
        ...

    def close(self) -> None:
        """Write what is held back. Raises `OSError`."""
        ...


@contextmanager
def replacing(path: Path, names: Sequence[str], *, replace: bool) -> Iterator[Sink]:
    """Open a sink whose content takes the place of ``path`` when the block ends well, and is thrown away otherwise.

    Raises `DataError` for a place that is taken, in use, or cannot be written.
    """
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise DataError(
            f"{path.name} ends neither with .csv nor with .parquet", "name the output so that its form is known"
        )
    if os.path.lexists(path) and not replace:
        raise DataError(f"{path} is there already", "name another file, or use --replace")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise DataError(f"{path} is not a regular file", "name another file")
    part = path.with_name(f".{path.name}.part")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}", "name a file in a writable folder") from None
    with os.fdopen(descriptor, "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(f"another run writes {path} right now", "wait for it to end") from None
        try:
            os.ftruncate(file.fileno(), 0)
            sink = _open(file, path, names)
            yield sink
            sink.close()
            file.flush()
            os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise DataError(f"{path} cannot be written: {error.strerror or error}", "check free space") from None
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _open(file: IO[bytes], path: Path, names: Sequence[str]) -> Sink:
    return _Csv(file, names) if path.suffix.lower() == ".csv" else _Parquet(file, names)


class _Csv:
    """UTF-8, one header line."""

    def __init__(self, file: IO[bytes], names: Sequence[str]) -> None:
        self.defused = 0
        self._file = file
        self._put([[self._safe(name)] for name in names])

    def write(self, columns: Sequence[Sequence[object]]) -> None:
        self._put([[self._safe(value) for value in column] for column in columns])

    def close(self) -> None:
        """Nothing is held back."""

    def _put(self, columns: Sequence[Sequence[object]]) -> None:
        writer = csv.writer(_Encoded(self._file), lineterminator="\n")
        writer.writerows(zip(*columns, strict=True))

    def _safe(self, value: object) -> object:
        safe = defused(value)
        self.defused += safe is not value
        return safe


class _Encoded:
    """What `csv.writer` writes to."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode("utf-8"))


class _Parquet:
    """Columns keep their kinds; the first rows say what these are."""

    defused = 0

    def __init__(self, file: IO[bytes], names: Sequence[str]) -> None:
        self._file = file
        self._names = names
        self._writer: Any = None

    def write(self, columns: Sequence[Sequence[object]]) -> None:
        import pyarrow
        from pyarrow import parquet

        schema = self._writer.schema if self._writer is not None else None
        arrays = [
            pyarrow.array(column, type=schema.field(name).type if schema is not None else None)
            for name, column in zip(self._names, columns, strict=True)
        ]
        table = pyarrow.table(dict(zip(self._names, arrays, strict=True)))
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self._file, table.schema)
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
