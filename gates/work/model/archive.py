"""Open the zip archive of a model file, unless it is more than that: hidden bytes, double members, or far more than it seems."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from gates.work.errors import ArtifactError

if TYPE_CHECKING:
    from typing import BinaryIO

MOST_BYTES = 2 << 30  # unpacked
MOST_TREE = 64 << 20  # of the tree of objects, which takes many times as much once it is parsed
MOST_MEMBERS = 100_000
TREE = "schema.json"
_END = 22  # bytes of the end of a zip archive without a comment
_REMEDY = "train the model again with gates run"
_SMALLER = "train a smaller model"


def open_archive(file: BinaryIO, name: str) -> zipfile.ZipFile:
    """Return the open archive in ``file``; nothing is unpacked yet.

    Raises `ArtifactError` for bytes before or behind it, two members of one name, a folder, an encrypted member, and an archive
    that is too large once it is unpacked; `zipfile.BadZipFile` where it is no archive.
    """
    archive = zipfile.ZipFile(file)
    try:
        for fault, remedy in _faults(archive, file):
            raise ArtifactError(f"{name} {fault}", remedy)
    except BaseException:
        archive.close()
        raise
    return archive


def _faults(archive: zipfile.ZipFile, file: BinaryIO) -> list[tuple[str, str]]:
    members = archive.infolist()
    names = [member.filename for member in members]
    size = file.seek(0, 2)
    file.seek(max(0, size - _END))
    end = file.read(_END)
    unpacked = sum(member.file_size for member in members)
    twice = (
        sorted({name for name in names if names.count(name) > 1})
        if len(set(names)) < len(names) <= MOST_MEMBERS
        else []
    )
    odd = [name for name in names if name.endswith("/") or name.startswith(("/", "\\")) or ".." in name.split("/")]
    tree = max((member.file_size for member in members if member.filename == TREE), default=0)
    faults = [
        (len(members) > MOST_MEMBERS, f"holds {len(members):,} members; at most {MOST_MEMBERS:,} are read", _SMALLER),
        (bool(twice), f"holds {', '.join(twice[:3])} more than once", _REMEDY),
        (not end.startswith(b"PK\x05\x06") or end[-2:] != b"\0\0", "has bytes behind its end", _REMEDY),
        (min((member.header_offset for member in members), default=0) != 0, "has bytes before its beginning", _REMEDY),
        (bool(odd), f"holds {', '.join(map(ascii, odd[:3]))}, which is no file of a model", _REMEDY),
        (any(member.flag_bits & 1 for member in members), "holds an encrypted member", _REMEDY),
        (tree > MOST_TREE, f"holds a tree of objects of {tree:,} bytes; at most {MOST_TREE:,} are read", _SMALLER),
        (
            unpacked > MOST_BYTES,
            f"holds {unpacked:,} bytes once it is unpacked; at most {MOST_BYTES:,} are read",
            _SMALLER,
        ),
    ]
    return [(fault, remedy) for holds, fault, remedy in faults if holds]
