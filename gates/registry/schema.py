"""The tables of the ledger, and the one way to open them: an unknown or damaged file is refused, never made anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gates.errors import BackendError

VERSION = 1
_BUSY_SECONDS = 30.0

_TABLES = """
CREATE TABLE version(
  name TEXT NOT NULL, version INTEGER NOT NULL CHECK (version > 0), digest TEXT NOT NULL, size INTEGER NOT NULL,
  created TEXT NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (name, version), UNIQUE (name, digest)) STRICT;
CREATE TABLE alias(
  name TEXT PRIMARY KEY, version INTEGER NOT NULL, epoch INTEGER NOT NULL CHECK (epoch > 0), since TEXT NOT NULL,
  FOREIGN KEY (name, version) REFERENCES version (name, version)) STRICT;
CREATE TABLE verdict(
  digest TEXT PRIMARY KEY, name TEXT NOT NULL, gate TEXT NOT NULL, subject TEXT NOT NULL, passed INTEGER NOT NULL,
  at TEXT NOT NULL) STRICT;
CREATE TABLE promotion(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, old_version INTEGER, new_version INTEGER NOT NULL, epoch INTEGER NOT NULL,
  at TEXT NOT NULL, decision TEXT NOT NULL, verdicts TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL UNIQUE,
  UNIQUE (name, epoch)) STRICT;
CREATE TABLE used(
  verdict TEXT PRIMARY KEY REFERENCES verdict (digest), promotion INTEGER NOT NULL REFERENCES promotion (id)) STRICT;
CREATE TABLE run(id TEXT PRIMARY KEY, state TEXT NOT NULL, pid INTEGER NOT NULL, at TEXT NOT NULL, document BLOB NOT NULL) STRICT;
CREATE TRIGGER promotion_stays BEFORE UPDATE ON promotion BEGIN SELECT RAISE(ABORT, 'the promotion log is append-only'); END;
CREATE TRIGGER promotion_is_kept BEFORE DELETE ON promotion BEGIN SELECT RAISE(ABORT, 'the promotion log is append-only'); END;
CREATE TRIGGER version_stays BEFORE UPDATE ON version BEGIN SELECT RAISE(ABORT, 'a registered version never changes'); END;
CREATE TRIGGER version_is_kept BEFORE DELETE ON version BEGIN SELECT RAISE(ABORT, 'a registered version is never deleted'); END;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the ledger, making it if the file is not there. Raises `BackendError` for anything that is not a sound ledger."""
    with explained(path):
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        with transaction(connection):
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            if found == 0 and tables == 0:
                for statement in _statements():
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
            elif found != VERSION:
                which = "a newer gates" if found > VERSION else "something else, or an older gates"
                raise BackendError(
                    f"{path} was written by {which} (schema {found}, wanted {VERSION}); nothing was changed",
                    "use the version of gates that wrote it, or name another --home",
                )
        return connection


def _statements() -> Iterator[str]:
    """The statements of the schema; a trigger holds semicolons of its own, so SQLite itself says where one ends."""
    pending = ""
    for line in _TABLES.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending) and pending.strip():
            yield pending
            pending = ""


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, and alone from the first statement on."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say in a sentence what SQLite says in a code."""
    try:
        yield
    except sqlite3.Error as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise BackendError(
                "the registry is busy; nothing was promoted", "wait for the other command to end"
            ) from None
        if "full" in text or "disk I/O" in text:
            raise BackendError(
                f"{path} cannot be written ({text}); nothing was promoted", "free space, or name another --home"
            ) from None
        if "readonly" in text or "unable to open" in text:
            raise BackendError(
                f"{path} cannot be opened for writing ({text})", "name a writable folder with --home"
            ) from None
        raise BackendError(
            f"{path} is damaged or not a registry ({text}); nothing was changed",
            "restore it from a backup, or name another --home",
        ) from None
