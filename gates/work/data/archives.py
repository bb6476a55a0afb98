"""Unpack a compressed file, and never more of it than a table may hold: what a file says of its size is not believed.

The bytes are counted while they come out, and what an archive claims beforehand is looked at before the first one does.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gates.toml_reader import listed
from gates.work.errors import DataError

_BLOCK = 1 << 20
_REMEDY = "sample or split the data"
_AGAIN = "fetch or write the file again"
_Read = Callable[[int], bytes]
_UNSOUND = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError)


def kind_of_archive(head: bytes) -> str:
    """Return ``gzip``, ``zip`` or ``zstd`` for a file that begins with ``head``; empty for any other."""
    signatures = (("gzip", b"\x1f\x8b"), ("zip", b"PK\x03\x04"), ("zstd", b"\x28\xb5\x2f\xfd"))
    return next((kind for kind, signature in signatures if head.startswith(signature)), "")


@contextmanager
def unpacked(path: Path, kind: str, name: str, largest: int) -> Iterator[_Read]:
    """Give a function that reads the content of an archive, by the most bytes that it may return.

    Raises `DataError` for an archive that is damaged or encrypted, that holds another number of files than one, or that unpacks to
    more than ``largest`` bytes.
    """
    try:
        with path.open("rb") as file:
            opened = {"gzip": _gzip, "zip": _zip, "zstd": _zstd}[kind](file, name, largest)
            yield _counted(opened, name, largest)
    except DataError:
        raise
    except _UNSOUND as error:
        raise DataError(f"{name} is a damaged {kind} archive: {str(error)[:200]}", _AGAIN) from None


def _counted(read: _Read, name: str, largest: int) -> _Read:
    size = 0

    def counted(wanted: int) -> bytes:
        nonlocal size
        content = read(wanted)
        size += len(content)
        _refuse_large(size, name, largest)
        return content

    return counted


def _refuse_large(size: int, name: str, largest: int) -> None:
    if size > largest:
        raise DataError(f"{name} unpacks to more than {largest:,} bytes", _REMEDY)


def _gzip(file: IO[bytes], name: str, largest: int) -> _Read:
    import gzip

    file.seek(-4, 2)
    claimed = struct.unpack("<I", file.read(4))[0]  # of the last member, RFC 1952
    if claimed > largest:
        raise DataError(
            f"{name} says that it unpacks to more than {largest:,} bytes ({claimed:,}), or it was cut off", _REMEDY
        )
    file.seek(0)
    archive = gzip.GzipFile(fileobj=file)
    return archive.read


def _zip(file: IO[bytes], name: str, largest: int) -> _Read:
    archive = zipfile.ZipFile(file)
    members = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
    if any(one.filename == "[Content_Types].xml" for one in members):
        raise DataError(f"{name} is an Office document, not CSV or Parquet", "save the sheet as CSV")
    if len(members) != 1:
        names = listed([repr(one.filename) for one in members]) or "none"
        raise DataError(f"{name} holds {len(members)} files: {names}", "give an archive of one table")
    if members[0].flag_bits & 1:
        raise DataError(f"{name} is encrypted", "unpack it, and name the file")
    _refuse_large(members[0].file_size, name, largest)
    return archive.open(members[0]).read


def _zstd(file: IO[bytes], name: str, largest: int) -> _Read:
    import pyarrow

    if not pyarrow.Codec.is_available("zstd"):
        raise DataError(f"{name} is a zstd archive, which this pyarrow cannot unpack", "unpack it, and name the file")
    stream = pyarrow.CompressedInputStream(pyarrow.PythonFile(file, mode="r"), "zstd")
    return lambda wanted: bytes(stream.read(min(wanted, _BLOCK)))
