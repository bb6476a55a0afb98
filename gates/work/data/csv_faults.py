"""Say what a program did to a CSV file when it exported it, and in which line, before a parser turns it into a riddle."""

from __future__ import annotations

import codecs
import csv
import io
import mmap
import re

from gates.work.errors import DataError

_BLOCK = 1 << 20
_SHOWN = 40  # characters of a value in a message
_HINT = re.compile(rb"(?:\xef\xbb\xbf)?\"?sep=.?\"?\s*\Z", re.IGNORECASE)


def refuse_export_marks(head: bytes, name: str) -> None:
    """Raise `DataError` for a separator hint or a comment in the first line, lines that end with CR, and commas that end each line.

    ``head`` holds the first lines of the file.
    """
    if b"\r" in head and b"\n" not in head:
        raise DataError(
            f"the lines of {name} end with CR alone, as an old Mac or Excel writes them",
            "save it with line ends LF or CR LF",
        )
    lines = [line.rstrip(b"\r") for line in head.split(b"\n", 2)]
    if _HINT.match(lines[0]):
        hint = lines[0].decode("utf-8-sig", "replace").strip()
        raise DataError(
            f"line 1 of {name} is {hint!r}, a hint for Excel and not the header",
            "remove the line; the header must be the first, and commas must part the values",
        )
    if len(lines) < 2:
        return
    first, second = (_width(line) for line in lines[:2])
    if lines[0].lstrip(b"\xef\xbb\xbf").startswith(b"#") and first != second:
        raise DataError(
            f"line 1 of {name} begins with '#' and has {first} values where line 2 has {second}: it is a comment, not the header",
            "remove the comment; the header must be the first line",
        )
    if lines[0].endswith(b",") and lines[1].endswith(b",") and first == second and not _has_gaps(lines[0]):
        raise DataError(
            f"each line of {name} ends with a comma, so that there is one more column without a name",
            "write the file without the last comma of each line",
        )


def end_of_rows(content: mmap.mmap | bytes, columns: int) -> int:
    """Return the number of bytes without lines of nothing but blanks at the end; a table of one column may mean them."""
    end = len(content)
    if columns < 2:
        return end
    tail = content[max(0, end - _BLOCK) : end]
    last = tail.rstrip(b" \t\r\n")
    return end - len(tail) + len(last) + 1 if len(last) + 1 < len(tail) and b"\n" in tail[len(last) :] else end


def refuse_other_encoding(content: mmap.mmap | bytes, name: str) -> None:
    """Raise `DataError` with line, column and value of the first byte that is not UTF-8; nothing where all are."""
    decoder, offset, line = codecs.getincrementaldecoder("utf-8")(), 0, 1
    while offset < len(content):
        block = content[offset : offset + _BLOCK]
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(block, final=offset + len(block) >= len(content))
        except UnicodeDecodeError as error:
            at = offset - pending + error.start
            line += content[offset:at].count(b"\n") if at > offset else 0
            raise _not_utf8(content, at, line, name) from None
        line += block.count(b"\n")
        offset += len(block)


def _not_utf8(content: mmap.mmap | bytes, at: int, line: int, name: str) -> DataError:
    start, end = content.rfind(b"\n", 0, at) + 1, content.find(b"\n", at)
    row = content[start : end if end >= 0 else len(content)].decode("latin-1")
    header = content[: max(0, content.find(b"\n"))].decode("utf-8", "replace").lstrip("\ufeff")
    before, names, values = (_cells(text) for text in (row[: at - start], header, row))
    place = max(0, len(before) - 1)
    column = f", column {names[place]!r}" if line > 1 and place < len(names) else ""
    value = values[place][:_SHOWN] if place < len(values) else ""
    return DataError(
        f"{name} is not UTF-8 text: line {line}{column} holds the byte {content[at]:#04x}, in Latin-1 {value!r}",
        "save it as UTF-8",
    )


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line)), [])
    except csv.Error:
        return []


def _width(line: bytes) -> int:
    return len(_cells(line.decode("utf-8-sig", "replace")))


def _has_gaps(header: bytes) -> bool:
    """Whether another column than the last has no name."""
    return any(not cell.strip() for cell in _cells(header.decode("utf-8-sig", "replace"))[:-1])
