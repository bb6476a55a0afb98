"""Keep bytes under their own digest, written once: a name in the store can only ever mean one content."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from gates.digest import Digest
from gates.errors import BackendError, DigestMismatch, SubjectError
from gates.registry.records import Finding

_CHUNK = 1 << 20
TEMPORARY = ".tmp-"
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a FIFO must not make us wait
_FOLDER = re.compile(r"[0-9a-f]{2}\Z")
_BLOB = re.compile(r"[0-9a-f]{64}\Z")
_RESTORE = "restore the home from a backup, or run the gates again"


class Blobs:
    """Keep content under its own digest: ``root/ab/<64 hexadecimal digits>``, files read-only. ``moment`` is called with how
    far a write is, for crash tests.
    """

    def __init__(self, root: Path, moment: Callable[[str], None] = lambda _: None) -> None:
        self._root = root
        self._moment = moment

    def put(self, source: Path) -> Digest:
        """Copy a regular file in and return its digest.

        Raises `SubjectError` for a link, a file that cannot be read and one that changes meanwhile, `BackendError` where the copy
        cannot be written.
        """
        try:
            with _open_plain(source) as file:
                before = os.fstat(file.fileno())
                digest = _hash(file)
                _require_still(source, before, file)
                if not self._holds(digest):
                    file.seek(0)
                    if self._write(file, digest) != digest:
                        raise _changed(source)
                    _require_still(source, before, file)
                return digest
        except OSError as error:
            raise SubjectError(f"{source} {_explained(error)}", "give the path of the file itself") from None

    def put_bytes(self, content: bytes) -> Digest:
        """Keep the content and return its digest. Raises `BackendError` when it cannot be written."""
        digest = Digest.of_bytes(content)
        if not self._holds(digest):
            self._write(BytesIO(content), digest)
        return digest

    def path(self, digest: Digest) -> Path:
        """Return where the bytes are, after hashing them again.

        Raises `SubjectError` for a blob that is missing, is a link or has a second name, `DigestMismatch` for other bytes.
        """
        with self._open(digest) as file:
            if (actual := _hash(file)) != digest:
                raise DigestMismatch(self._place(digest), expected=digest, found=actual)
        return self._place(digest)

    def read(self, digest: Digest) -> bytes:
        """Return the bytes, hashed as they were read. Raises as `path` does."""
        with self._open(digest) as file:
            content = file.read()
        if (actual := Digest.of_bytes(content)) != digest:
            raise DigestMismatch(self._place(digest), expected=digest, found=actual)
        return content

    def has(self, digest: Digest) -> bool:
        """Return whether something is in the blob's place; says nothing of its bytes."""
        return os.path.lexists(self._place(digest)) and not self._place(digest).parent.is_symlink()

    def is_empty(self) -> bool:
        """Return whether the store holds nothing but unfinished files."""
        return next(self._folders(), None) is None

    def faults(self) -> Mapping[str, Finding]:
        """Hash every blob again; return what is wrong, by the hexadecimal name of the blob or the path of a stray file."""
        faults: dict[str, Finding] = {}
        for path in self._entries():
            stray = str(path.relative_to(self._root))
            try:
                digest = Digest(path.name)
                if self._place(digest) != path:
                    faults[stray] = Finding(f"blobs/{stray}", "lies in the folder of other digits", "move it away")
                else:
                    self.path(digest)
            except DigestMismatch as error:
                faults[path.name] = Finding(f"blob {path.name[:12]}", error.message, _RESTORE)
            except SubjectError as error:
                known = stray if len(path.name) != 64 else path.name
                faults[known] = Finding(f"blobs/{stray[:80]}", error.message, error.remedy)
        return faults

    def digests(self) -> tuple[Digest, ...]:
        """Return the digest of every blob that is there; says nothing of its bytes."""
        return tuple(Digest(path.name) for path in self._entries() if _BLOB.match(path.name))

    def audit(self) -> tuple[Finding, ...]:
        """Return the findings of `faults`: one for each damaged blob and each stray file."""
        return tuple(self.faults().values())

    def sweep(self, older_than: float = 60.0) -> int:
        """Remove files and folders that killed processes left unfinished, and return how many.

        What is younger than ``older_than`` seconds stays, and what belongs to a living process, which holds a lock on it.
        """
        swept = 0
        for path in self._root.glob(f"{TEMPORARY}*"):
            with suppress(OSError):
                descriptor = os.open(path, _READ)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if time.time() - os.fstat(descriptor).st_mtime >= older_than:
                        if path.is_dir():
                            shutil.rmtree(path)
                        else:
                            path.unlink()
                        swept += 1
                finally:
                    os.close(descriptor)
        return swept

    def _place(self, digest: Digest) -> Path:
        return self._root / digest.hex[:2] / digest.hex

    def _folders(self) -> Iterator[Path]:
        if self._root.is_dir():
            yield from (path for path in sorted(self._root.iterdir()) if not path.name.startswith(TEMPORARY))

    def _entries(self) -> Iterator[Path]:
        for folder in self._folders():
            if _FOLDER.match(folder.name) and folder.is_dir() and not folder.is_symlink():
                yield from sorted(folder.iterdir())
            else:
                yield folder

    def _holds(self, digest: Digest) -> bool:
        """Whether the blob is there and sound; a damaged one is written again, as its name leaves no doubt of its content."""
        try:
            self.path(digest)
        except SubjectError:
            return False
        return True

    def _open(self, digest: Digest) -> BinaryIO:
        place, name = self._place(digest), f"the blob {digest.short}"
        if place.parent.is_symlink():
            raise SubjectError(f"the folder of {name} is a symbolic link", _RESTORE)
        try:
            file = _open_plain(place)
        except FileNotFoundError:
            raise SubjectError(f"{name} is missing", _RESTORE) from None
        except OSError as error:
            raise SubjectError(f"{name} {_explained(error)}", _RESTORE) from None
        if os.fstat(file.fileno()).st_nlink > 1:
            file.close()
            raise SubjectError(
                f"{name} has a second name (a hard link), through which it can be changed",
                f"make it a file of its own again: cp -p {place} {place}.new && mv -f {place}.new {place}",
            )
        return file

    def _write(self, content: BinaryIO, digest: Digest) -> Digest:
        """Write to a temporary file, flush it to the disk, and only then give it its name. Returns the digest of what was read.

        Where that is not ``digest``, nothing is kept.
        """
        place, temporary = self._place(digest), None
        try:
            made = not self._root.exists()
            self._root.mkdir(parents=True, exist_ok=True)
            temporary, file = self._begin_file()
            with file:
                running = hashlib.sha256()
                while chunk := content.read(_CHUNK):
                    running.update(chunk)
                    file.write(chunk)
                file.flush()
                self._moment("blob written")
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o444)
                if (written := Digest(running.hexdigest())) != digest:
                    return written
                place.parent.mkdir(exist_ok=True)
                if place.parent.is_symlink():
                    raise NotADirectoryError(errno.ENOTDIR, "the folder is a symbolic link")
                temporary.replace(place)
            for folder in (place.parent, self._root, *([self._root.parent] if made else [])):
                flush_folder(folder)
            self._moment("blob named")
            return digest
        except OSError as error:
            raise BackendError(
                f"{self._root} cannot take a blob: {error.strerror}; nothing was promoted",
                "free space, or name another --home",
            ) from None
        finally:
            if temporary is not None:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)

    def _begin_file(self) -> tuple[Path, BinaryIO]:
        """Return a new temporary file, open and locked: the lock shows `sweep` that its writer lives. Raises OSError."""
        while True:
            temporary = self._root / f"{TEMPORARY}{secrets.token_hex(8)}"
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            file = os.fdopen(descriptor, "wb")
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return temporary, file
            file.close()  # swept before it was locked


def flush_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open_plain(path: Path) -> BinaryIO:
    """Open a regular file, without following a link or waiting for a pipe. Raises OSError."""
    descriptor = os.open(path, _READ)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a regular file")


def _explained(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "is a symbolic link"
    return "is not a regular file" if error.errno == errno.EINVAL else f"cannot be read: {error.strerror}"


def _hash(file: BinaryIO) -> Digest:
    running = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        running.update(chunk)
    return Digest(running.hexdigest())


def _require_still(source: Path, before: os.stat_result, file: BinaryIO) -> None:
    after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns, before.st_ctime_ns) != (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    ):
        raise _changed(source)


def _changed(source: Path) -> SubjectError:
    return SubjectError(f"{source} changed while it was read", "let its writer finish, then try again")
