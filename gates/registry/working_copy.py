"""A ledger's file in a folder of this process's own, taken from somewhere else and given back as bytes."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import tempfile
import time
import weakref
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from gates.errors import BackendError
from gates.registry.blobs import Blobs
from gates.registry.database import make_database
from gates.registry.sqlite import Registry

NAME = "registry.db"
STALE = 86400.0  # seconds after which what a killed process left is removed
Log = tuple[int, str]  # how many entries, and the hash of the last


class WorkingCopy:
    """Hold at most one open `Registry`, on a file in a folder below ``cache``, with the blobs of ``blobs``."""

    def __init__(
        self, cache: Path, blobs: Blobs, clock: Callable[[], datetime] | None, moment: Callable[[str], None]
    ) -> None:
        self._folder, lock = _own_folder(cache)
        self._end = weakref.finalize(self, _remove_folder, self._folder, lock)
        self._blobs = blobs
        self._clock = clock
        self._moment = moment
        self.ledger: Registry | None = None

    def open(self, content: bytes) -> Registry:
        """Write these bytes to the file and return the ledger in it, open. Raises `BackendError` for what is no sound ledger."""
        self.forget()
        self._path.write_bytes(content)
        self.ledger = Registry(self._folder, self._clock, moment=self._moment)
        self.ledger.blobs = self._blobs
        return self.ledger

    def begin(self) -> bytes:
        """Return an empty ledger as bytes."""
        self.forget()
        make_database(self._path)
        content = self._path.read_bytes()
        self.forget()
        return content

    def content(self) -> bytes:
        """Return the ledger as bytes, with what SQLite still keeps in its log beside the file."""
        with closing(sqlite3.connect(self._path)) as connection:
            content: bytes = connection.serialize()
        return content

    def log(self) -> Log:
        """Return how many entries the promotion log has, and the hash of the last one (empty where there is none)."""
        with closing(sqlite3.connect(self._path)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM promotion").fetchone()
        return count, self.logged(count)

    def logged(self, position: int) -> str:
        """Return the hash of the promotion log's entry at a position, counted from 1; empty where there is none."""
        query = "SELECT hash FROM promotion ORDER BY id LIMIT 1 OFFSET ?"
        with closing(sqlite3.connect(self._path)) as connection:
            row = connection.execute(query, (position - 1,)).fetchone() if position else None
        return str(row[0]) if row else ""

    def forget(self) -> None:
        """Close the ledger and remove its file; changes that nobody read with `content` are lost."""
        if self.ledger is not None:
            self.ledger.close()
            self.ledger = None
        for left in self._folder.glob(f"{NAME}*"):
            left.unlink()

    def remove(self) -> None:
        """Close the ledger and remove the folder; this object cannot be used again."""
        self.forget()
        self._end()

    @property
    def _path(self) -> Path:
        return self._folder / NAME


def _own_folder(cache: Path) -> tuple[Path, int]:
    """Return a new folder, and the descriptor of it that holds its lock: the lock shows others that its process lives."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for left in cache.glob("work-*"):
            with suppress(FileNotFoundError):  # another process removed it just now
                if time.time() - left.lstat().st_mtime > STALE:
                    _remove_abandoned(left)
        folder = Path(tempfile.mkdtemp(prefix="work-", dir=cache))
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        raise BackendError(
            f"{cache} cannot be written: {error.strerror}", "name a writable folder with --home"
        ) from None
    return folder, descriptor


def _remove_abandoned(folder: Path) -> None:
    """Remove a folder unless its process lives, however long that did nothing, or another process removes it just now."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)


def _remove_folder(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)
