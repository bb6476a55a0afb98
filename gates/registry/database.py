"""The one way to open and use the SQLite file: it is made whole or not at all, and every SQLite error becomes a sentence."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gates.errors import BackendError
from gates.registry.blobs import flush_folder
from gates.registry.schema import make_schema, require_schema

_UNFINISHED = ".registry-"
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM)
_CLOSED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)


class Database:
    """Hold one connection to SQLite, usable from several threads, one at a time."""

    def __init__(self, path: Path, patience: float) -> None:
        """Open what is there. ``patience`` is how many seconds a busy file is waited for. Raises `BackendError`."""
        self._path = path
        self._alone = threading.RLock()
        with explained(path):
            _require_plain_file(path)
            try:
                self._connection = _open(path, patience)
            except sqlite3.OperationalError as error:
                if not _lies_read_only(path, error):
                    raise
                try:
                    self._connection = _open_copy(path)
                except OSError:  # it cannot be read either, or there is no place for a copy
                    raise error from None

    def rows(self, query: str, *values: object) -> list[Any]:
        """Run one statement and return all its rows. Raises `BackendError` for any error of SQLite."""
        with self._alone, explained(self._path):
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, *values: object) -> Any:
        """Run one statement and return its first row, or None where there is none. Raises as `rows` does."""
        rows = self.rows(query, *values)
        return rows[0] if rows else None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make everything inside one transaction: all of it is written or nothing, and no other process writes meanwhile.

        Raises `BackendError` when another process writes for longer than the patience of this connection.
        """
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Make everything that is read inside come from one moment, whatever other processes commit meanwhile."""
        with self._transaction("BEGIN"):
            yield

    def content(self) -> bytes:
        """Return the whole database as it is at one moment, with what SQLite still keeps in its log. Raises as `rows` does."""
        with self._alone, explained(self._path):
            content: bytes = self._connection.serialize()
        return content

    def close(self) -> None:
        """Close the connection. Raises `BackendError` for any error of SQLite."""
        with self._alone, explained(self._path):
            self._connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with self._alone, explained(self._path):
            self._connection.execute(begin)
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _open(path: Path, patience: float) -> sqlite3.Connection:
    """Return a connection to a ledger of our schema, in SQLite's write-ahead mode. Raises `sqlite3.Error` and `BackendError`."""
    connection = _connect(path, patience)
    try:
        require_schema(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _lies_read_only(path: Path, error: sqlite3.OperationalError) -> bool:
    """Return whether SQLite only lacks the right to make its files beside ``path``, as in a folder that is mounted read-only."""
    code = error.sqlite_errorcode & 0xFF
    return code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN) and not os.access(path.parent, os.W_OK)


def _open_copy(path: Path) -> sqlite3.Connection:
    """Return a connection to a copy in memory, which refuses every change, of a ledger that nobody has open.

    SQLite reads a ledger in write-ahead mode only where it can make its index beside it, or where somebody has made it; where
    somebody has, no copy is needed. Raises `sqlite3.Error`, `BackendError` and OSError.
    """
    with tempfile.TemporaryDirectory(prefix="gates-ledger-") as folder:
        copy = Path(folder) / path.name
        for name in (path.name, f"{path.name}-wal"):
            with suppress(FileNotFoundError):
                shutil.copyfile(path.with_name(name), copy.with_name(name))
        connection = _open(copy, 0.0)
        try:
            memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            connection.backup(memory)
        finally:
            connection.close()
    for pragma in ("trusted_schema = OFF", "query_only = ON"):
        memory.execute(f"PRAGMA {pragma}")
    return memory


def make_database(path: Path) -> None:
    """Make an empty ledger unless one is there. Several processes may try at once.

    It is built in a file beside ``path`` and then linked, so that nobody sees half of it. Raises `BackendError`.
    """
    _sweep(path.parent)
    building = path.with_name(f"{_UNFINISHED}{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with explained(path):
            connection = _connect(building, 0.0, mode="rwc")
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN IMMEDIATE")
                make_schema(connection)
                connection.execute("COMMIT")
            finally:
                connection.close()
        with suppress(FileExistsError):  # another process was first, and its ledger is as good
            path.hardlink_to(building)
        flush_folder(path.parent)
    except OSError as error:
        raise BackendError(
            f"{path} cannot be made: {error.strerror}; nothing was promoted",
            "name a writable folder on a local disk with --home, or free space",
        ) from None
    finally:
        for left in (building, Path(f"{building}-wal"), Path(f"{building}-shm"), Path(f"{building}-journal")):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def _connect(path: Path, patience: float, mode: str = "rw") -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
    )
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _require_plain_file(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise BackendError(
            f"{path} cannot be opened: {error.strerror}", "name the folder of a registry with --home"
        ) from None
    if not stat.S_ISREG(mode):
        raise BackendError(
            f"{path} is {'a symbolic link' if stat.S_ISLNK(mode) else 'not a file'}; nothing was changed",
            "SQLite's log lies beside the real file: name its own folder with --home",
        )


def _sweep(home: Path) -> None:
    """Remove what a process that was killed while making a ledger left; what is new may belong to a living one."""
    for left in home.glob(f"{_UNFINISHED}*"):
        with suppress(OSError):
            if time.time() - os.lstat(left).st_mtime > 60.0:
                left.unlink()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise `BackendError` with a sentence and a remedy in place of any SQLite error inside; ``path`` is named in it."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the primary code of an extended one
        if code in _BUSY:
            raise BackendError(
                "the registry is busy; nothing was promoted", "wait for the other command to end"
            ) from None
        if code in _FULL:
            raise BackendError(
                f"{path} cannot be written ({error}); nothing was promoted", "free space, or name another --home"
            ) from None
        if code in _CLOSED:
            raise BackendError(
                f"{path} cannot be opened for writing ({error}); nothing was promoted",
                "name a writable folder with --home",
            ) from None
        if code == sqlite3.SQLITE_CONSTRAINT:
            raise BackendError(
                f"{path} refused the change ({error}); nothing was changed", "run gates verify and report what it says"
            ) from None
        raise BackendError(
            f"{path} is damaged or not a registry ({error}); nothing was changed",
            "restore it from a backup, or name another --home",
        ) from None
