"""The tables of the ledger, with the rules that SQLite itself holds: what is written stays, and the alias follows the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from gates.errors import BackendError

APPLICATION = 0x47415445  # "GATE" in the file's header
VERSION = 3

_TABLES = """
CREATE TABLE version(
  name TEXT NOT NULL, version INTEGER NOT NULL CHECK (version > 0), digest TEXT NOT NULL, size INTEGER NOT NULL,
  created TEXT NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (name, version), UNIQUE (name, digest)) STRICT;
CREATE TABLE alias(
  name TEXT PRIMARY KEY, version INTEGER NOT NULL, epoch INTEGER NOT NULL CHECK (epoch > 0), since TEXT NOT NULL,
  FOREIGN KEY (name, version) REFERENCES version (name, version)) STRICT;
CREATE TABLE verdict(
  digest TEXT PRIMARY KEY, name TEXT NOT NULL, gate TEXT NOT NULL, subject TEXT NOT NULL,
  passed INTEGER NOT NULL CHECK (passed IN (0, 1)), at TEXT NOT NULL) STRICT;
CREATE TABLE promotion(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, old_version INTEGER, new_version INTEGER NOT NULL, digest TEXT NOT NULL,
  epoch INTEGER NOT NULL, at TEXT NOT NULL, decision TEXT NOT NULL, verdicts TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('promotion', 'rollback', 'break-glass')), previous TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE, UNIQUE (name, epoch),
  FOREIGN KEY (name, new_version) REFERENCES version (name, version)) STRICT;
CREATE TABLE used(
  verdict TEXT PRIMARY KEY REFERENCES verdict (digest), promotion INTEGER NOT NULL REFERENCES promotion (id)) STRICT;
CREATE TABLE note(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL,
  previous TEXT NOT NULL, hash TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE run(
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('started', 'passed', 'awaiting', 'refused', 'failed', 'promoted')),
  pid INTEGER NOT NULL, born TEXT NOT NULL, at TEXT NOT NULL, document BLOB NOT NULL) STRICT;
"""

# (trigger, when it fires, what it says). INSERT rules are there because INSERT OR REPLACE deletes without a DELETE trigger.
_RULES = (
    ("version_stays", "UPDATE ON version", "a registered version never changes"),
    ("version_is_kept", "DELETE ON version", "a registered version is never deleted"),
    (
        "version_follows",
        "INSERT ON version WHEN new.version <> (SELECT coalesce(max(version), 0) + 1 FROM version WHERE name = new.name)",
        "versions are numbered one after the other",
    ),
    ("verdict_stays", "UPDATE ON verdict", "a kept verdict never changes"),
    ("verdict_is_kept", "DELETE ON verdict", "a kept verdict is never deleted"),
    (
        "verdict_is_new",
        "INSERT ON verdict WHEN EXISTS (SELECT 1 FROM verdict WHERE digest = new.digest)",
        "a kept verdict never changes",
    ),
    ("used_stays", "UPDATE ON used", "a used verdict stays used"),
    ("used_is_kept", "DELETE ON used", "a used verdict stays used"),
    (
        "used_is_new",
        "INSERT ON used WHEN EXISTS (SELECT 1 FROM used WHERE verdict = new.verdict)",
        "a verdict is used once",
    ),
    ("promotion_stays", "UPDATE ON promotion", "the promotion log is append-only"),
    ("promotion_is_kept", "DELETE ON promotion", "the promotion log is append-only"),
    (
        "promotion_follows",
        "INSERT ON promotion WHEN new.epoch <> (SELECT coalesce(max(epoch), 0) + 1 FROM promotion WHERE name = new.name)"
        " OR EXISTS (SELECT 1 FROM promotion WHERE id = new.id OR hash = new.hash)",
        "the promotion log is append-only",
    ),
    (
        "alias_is_moved_by_promotion",
        "UPDATE ON alias WHEN NOT EXISTS (SELECT 1 FROM promotion WHERE name = new.name AND new_version = new.version"
        " AND epoch = new.epoch AND epoch = (SELECT max(epoch) FROM promotion WHERE name = new.name))"
        " OR new.name <> old.name",
        "the champion moves only by promotion",
    ),
    (
        "alias_is_made_by_promotion",
        "INSERT ON alias WHEN NOT EXISTS (SELECT 1 FROM promotion WHERE name = new.name AND new_version = new.version"
        " AND epoch = new.epoch AND epoch = (SELECT max(epoch) FROM promotion WHERE name = new.name))",
        "the champion moves only by promotion",
    ),
    ("alias_is_kept", "DELETE ON alias", "the champion moves only by promotion"),
    ("note_stays", "UPDATE ON note", "the notes are append-only"),
    ("note_is_kept", "DELETE ON note", "the notes are append-only"),
    (
        "note_follows",
        "INSERT ON note WHEN EXISTS (SELECT 1 FROM note WHERE id = new.id OR hash = new.hash)",
        "the notes are append-only",
    ),
    ("run_stays", "UPDATE ON run WHEN old.state <> 'started'", "a run that ended never changes"),
    ("run_is_kept", "DELETE ON run", "the history is never deleted"),
)


def make_schema(connection: sqlite3.Connection) -> None:
    """Make the tables and the triggers that protect what was written, and write the schema's number into the file."""
    for statement in _statements():
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def require_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `BackendError` unless every table and rule of this very version is there, word for word."""
    application, version = _header(connection)
    objects = _objects(connection)
    if not objects and (application, version) == (0, 0):
        raise BackendError(
            f"{path} is empty: it was never finished, or was emptied; nothing was changed",
            "restore it from a backup; if nothing was ever promoted from this home, delete the whole folder",
        )
    if application != APPLICATION:
        raise BackendError(
            f"{path} is a database of something else; nothing was changed", "name another folder with --home"
        )
    if version != VERSION:
        which = "a newer" if version > VERSION else "an older"
        raise BackendError(
            f"{path} was written by {which} gates (schema {version}, wanted {VERSION}); nothing was changed",
            "use the version of gates that wrote it, or name another --home",
        )
    wanted = _wanted()
    wrong = sorted(name for name in wanted.keys() | objects.keys() if wanted.get(name) != objects.get(name))
    if wrong:
        raise BackendError(
            f"{path} is half-written or was altered by hand: not as it was made: {', '.join(wrong)}; nothing was changed",
            "restore it from a backup, or name another --home",
        )


def _header(connection: sqlite3.Connection) -> tuple[int, int]:
    return (
        connection.execute("PRAGMA application_id").fetchone()[0],
        connection.execute("PRAGMA user_version").fetchone()[0],
    )


def _objects(connection: sqlite3.Connection) -> Mapping[str, str]:
    query = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    return dict(connection.execute(query).fetchall())


def _wanted() -> Mapping[str, str]:
    """The objects as SQLite itself writes them down."""
    memory = sqlite3.connect(":memory:")
    try:
        make_schema(memory)
        return _objects(memory)
    finally:
        memory.close()


def _statements() -> Iterator[str]:
    yield from (statement.strip() for statement in _TABLES.split(";") if statement.strip())
    for name, when, says in _RULES:
        yield f"CREATE TRIGGER {name} BEFORE {when} BEGIN SELECT RAISE(ABORT, '{says}'); END"
