"""Name bytes by their content, so that a verdict cannot be used for another file."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gates.errors import DigestMismatch, SubjectError

_CHUNK = 1 << 16  # most files have less, and the buffer of a read is made anew
_HEX = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """Hold a SHA-256 digest, written ``sha256:<hex>``."""

    hex: str

    def __post_init__(self) -> None:
        if not _HEX.match(self.hex):
            raise SubjectError(f"{self.hex[:80]!r} is not a SHA-256 digest", "a digest has 64 hexadecimal digits")

    def __str__(self) -> str:
        return f"sha256:{self.hex}"

    @property
    def short(self) -> str:
        """Return the first twelve digits, for people."""
        return self.hex[:12]

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read ``sha256:<hex>``. Raises `SubjectError` for anything else."""
        algorithm, _, digits = text.partition(":")
        if algorithm != "sha256":
            raise SubjectError(f"{text[:80]!r} is not a digest", "write it as sha256:<64 hexadecimal digits>")
        return cls(digits)

    @classmethod
    def of(cls, path: Path | str) -> Digest:
        """Return the digest of a file's bytes. Raises `SubjectError` when it cannot be read."""
        try:
            running = hashlib.sha256()
            for chunk in _read(path):
                running.update(chunk)
            return cls(running.hexdigest())
        except OSError as error:
            raise SubjectError(
                f"{path} cannot be read: {error.strerror}", "check the path and its permissions"
            ) from None

    @classmethod
    def of_bytes(cls, content: bytes) -> Digest:
        """Return the digest of these bytes."""
        return cls(hashlib.sha256(content).hexdigest())

    def require(self, path: Path) -> None:
        """Raise `DigestMismatch` unless ``path`` holds bytes with this digest, `SubjectError` when it cannot be read."""
        if (actual := Digest.of(path)) != self:
            raise DigestMismatch(path, expected=self, found=actual)


def _read(path: Path | str) -> Iterator[bytes]:
    """The bytes of a file, in parts. A run reads hundreds of small files; a file object costs more than the bytes of one."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        while chunk := os.read(descriptor, _CHUNK):
            yield chunk
    finally:
        os.close(descriptor)


def digest_tree(root: Path, members: Iterable[Path]) -> Digest:
    """Return one digest of many files: their paths relative to ``root`` and their bytes, in a fixed order.

    Folders are walked; compiled Python and hidden folders do not count. Raises `SubjectError` for a symbolic link
    (what it points to could change without a trace) and for a member that does not exist.
    """
    return digest_list(list_tree(root, members))


def list_tree(root: Path, members: Iterable[Path]) -> Mapping[str, Digest]:
    """Return the files that `digest_tree` covers, by their path relative to ``root``, with the digest of each, sorted by path.

    Raises as `digest_tree` does.
    """
    files = {inside: path for member in members for inside, path in _walk_member(root, member)}
    return {inside: Digest.of(files[inside]) for inside in sorted(files, key=lambda inside: inside.split("/"))}


def digest_list(files: Mapping[str, Digest]) -> Digest:
    """Return one digest of files given as path and digest; another order gives another digest."""
    return Digest.of_bytes("".join(f"{path}\0{digest.hex}\n" for path, digest in files.items()).encode())


def _walk_member(root: Path, member: Path) -> Iterator[tuple[str, str]]:
    """Yield each file that counts, as its path relative to ``root`` and its path. A `Path` for each would take most of the time."""
    inside = member.relative_to(root).as_posix()
    if not member.exists() and not member.is_symlink():
        raise SubjectError(f"{member} does not exist", "name an existing file or folder as the gate's suite")
    if any(_is_passed_over(part) for part in inside.split("/") if part != "."):
        return
    _refuse_link(member.is_symlink(), inside)
    if member.is_dir():
        yield from _walk(os.fspath(member), "" if inside == "." else f"{inside}/")
    elif member.is_file():
        yield inside, os.fspath(member)


def _walk(folder: str, prefix: str) -> Iterator[tuple[str, str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_passed_over(entry.name):
                continue
            _refuse_link(entry.is_symlink(), f"{prefix}{entry.name}")
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, f"{prefix}{entry.name}/")
            elif entry.is_file(follow_symlinks=False):
                yield f"{prefix}{entry.name}", entry.path


def _is_passed_over(name: str) -> bool:
    return name == "__pycache__" or name.startswith(".")


def _refuse_link(is_link: bool, inside: str) -> None:
    if is_link:
        raise SubjectError(f"{inside} is a symbolic link", "put the file itself into the suite")
