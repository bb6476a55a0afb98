"""Keep bytes under their own digest, written once: a name in the store can only ever mean one content."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gates.digest import Digest
from gates.errors import BackendError, SubjectError
from gates.registry.records import Finding

_CHUNK = 1 << 20
_TEMPORARY = ".tmp-"


class Blobs:
    """``root/ab/<64 hexadecimal digits>``, files read-only."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, source: Path) -> Digest:
        """Copy a regular file in and return its digest. Raises `SubjectError` for links and files that change meanwhile."""
        try:
            descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            what = "is a symbolic link" if source.is_symlink() else f"cannot be read: {error.strerror}"
            raise SubjectError(f"{source} {what}", "give the path of the file itself") from None
        with os.fdopen(descriptor, "rb") as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise SubjectError(f"{source} is not a regular file", "give the path of a file")
            digest = self._write(iter(lambda: file.read(_CHUNK), b""))
            after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns, before.st_ctime_ns) != (
            after.st_size,
            after.st_mtime_ns,
            after.st_ctime_ns,
        ):
            raise SubjectError(f"{source} changed while it was read", "let its writer finish, then try again")
        return digest

    def put_bytes(self, content: bytes) -> Digest:
        return self._write(iter([content]))

    def path(self, digest: Digest) -> Path:
        """Where the bytes lie, after hashing them again. Raises `SubjectError` or `DigestMismatch`."""
        path = self._place(digest)
        if path.is_symlink():
            raise SubjectError(
                f"the blob {digest.short} was replaced by a symbolic link", "restore the home from a backup"
            )
        if not path.is_file():
            raise SubjectError(
                f"the blob {digest.short} is missing", "restore the home from a backup, or run the gates again"
            )
        digest.require(path)
        return path

    def read(self, digest: Digest) -> bytes:
        """The bytes, hashed as they were read."""
        path = self.path(digest)
        content = path.read_bytes()
        if Digest.of_bytes(content) != digest:
            digest.require(path)
        return content

    def audit(self) -> Iterator[Finding]:
        """Hash every blob again; sweep what a killed writer left."""
        for folder in sorted(self._root.glob("??")):
            for path in sorted(folder.iterdir()):
                try:
                    self.path(Digest(path.name))
                except SubjectError as error:
                    yield Finding(f"blob {path.name[:12]}", error.message, error.remedy)
        for orphan in self._root.glob(f"{_TEMPORARY}*"):
            orphan.unlink(missing_ok=True)

    def _place(self, digest: Digest) -> Path:
        return self._root / digest.hex[:2] / digest.hex

    def _write(self, chunks: Iterator[bytes]) -> Digest:
        """Write to a temporary file, flush it to the disk, and only then give it its name."""
        temporary: Path | None = None
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            running = hashlib.sha256()
            with tempfile.NamedTemporaryFile(dir=self._root, prefix=_TEMPORARY, delete=False) as file:
                temporary = Path(file.name)
                for chunk in chunks:
                    running.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o444)
            digest = Digest(running.hexdigest())
            place = self._place(digest)
            if not (place.is_file() and not place.is_symlink() and Digest.of(place) == digest):
                place.parent.mkdir(exist_ok=True)
                temporary.replace(place)
                _flush_folder(place.parent)
                _flush_folder(self._root)
            return digest
        except OSError as error:
            raise BackendError(
                f"{self._root} cannot take a blob: {error.strerror}; nothing was promoted",
                "free space, or name another --home",
            ) from None
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
