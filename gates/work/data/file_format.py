"""Know a file by its bytes, never by its name: a login page saved as ``data.csv`` is still a login page."""

from __future__ import annotations

from typing import Literal

from gates.work.errors import DataError

Format = Literal["csv", "parquet"]
HEAD = 1 << 16

_WANTED = "give a CSV file (comma separated, UTF-8, one header line) or a Parquet file"
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xfe\x00\x00", "UTF-32 text"),
    (b"\x00\x00\xfe\xff", "UTF-32 text"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a zip archive (an Excel workbook is one)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\x89HDF", "an HDF5 file"),
    (b"ARROW1", "an Arrow IPC file"),
    (b"\x80\x04", "a pickle, which is never read"),
    (b"\x80\x05", "a pickle, which is never read"),
)
_TEXTS: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "an HTML page (a login page?)"),
    (b"<html", "an HTML page (a login page?)"),
    (b"<?xml", "an XML document"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"version https://git-lfs", "a Git LFS pointer, not the data"),
)


def format_of(head: bytes, name: str) -> Format:
    """Return the format of a file that begins with ``head``. Raises `DataError` when it is neither CSV nor Parquet."""
    if not head.strip():
        raise DataError(f"{name} is empty", _WANTED)
    if head.startswith(b"PAR1"):
        return "parquet"
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            raise DataError(f"{name} is {what}, not CSV or Parquet", _WANTED)
    beginning = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    for signature, what in _TEXTS:
        if beginning.startswith(signature):
            raise DataError(f"{name} is {what}, not CSV or Parquet", _WANTED)
    refuse_nul(head, name)
    return "csv"


def refuse_nul(content: bytes, name: str) -> None:
    """Raise `DataError` when the bytes cannot be UTF-8 text because they hold NUL."""
    offset = content.find(b"\0")
    if offset < 0:
        return
    if offset < 4 and content.count(b"\0", 0, 1000) > len(content[:1000]) // 4:
        raise DataError(f"{name} is UTF-16 or UTF-32 text without a mark, not UTF-8", _WANTED)
    raise DataError(f"{name} holds a NUL byte at byte {offset}; it is binary or damaged, not CSV", _WANTED)
