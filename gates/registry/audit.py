"""Check the whole ledger again from its bytes. It trusts nothing that it can compute."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from gates.digest import Digest
from gates.errors import SubjectError
from gates.registry.blobs import Blobs
from gates.registry.chain import START, entry_hash
from gates.registry.records import Finding

_RESTORE = "restore the home from a backup; do not serve from it"


def audit(db: sqlite3.Connection, blobs: Blobs) -> Iterator[Finding]:
    """Every finding: the file, the references, the blobs, the log's chain, the champions, the verdicts."""
    yield from _file(db)
    yield from blobs.audit()
    yield from _versions(db, blobs)
    yield from _chain(db, blobs)
    yield from _champions(db)
    yield from _verdicts(db, blobs)


def _file(db: sqlite3.Connection) -> Iterator[Finding]:
    for (answer,) in db.execute("PRAGMA integrity_check").fetchall():
        if answer != "ok":
            yield Finding("registry.db", f"SQLite finds it damaged: {answer}", _RESTORE)
    for row in db.execute("PRAGMA foreign_key_check").fetchall():
        yield Finding(f"table {row[0]}", f"row {row[1]} refers to a row of {row[2]} that is not there", _RESTORE)


def _present(blobs: Blobs, digest: str, where: str) -> Iterator[Finding]:
    try:
        blobs.path(Digest.parse(digest))
    except SubjectError as error:
        yield Finding(where, error.message, error.remedy)


def _versions(db: sqlite3.Connection, blobs: Blobs) -> Iterator[Finding]:
    for name, version, digest, facts in db.execute("SELECT name, version, digest, facts FROM version"):
        yield from _present(blobs, digest, f"{name}@{version}")
        for role in ("data", "golden"):
            if role in json.loads(facts):
                yield from _present(blobs, json.loads(facts)[role], f"{name}@{version} {role}")


def _chain(db: sqlite3.Connection, blobs: Blobs) -> Iterator[Finding]:
    previous, epochs = START, dict[str, tuple[int, int | None]]()
    query = "SELECT name, old_version, new_version, epoch, at, decision, verdicts, previous, hash FROM promotion ORDER BY id"
    for row in db.execute(query):
        name, old, new, epoch, _, decision, _, before, found = row
        where = f"promotion {name} epoch {epoch}"
        if before != previous or entry_hash(row[:8]) != found:
            yield Finding(where, "the log's hash chain is broken: an entry was edited, removed or added", _RESTORE)
        last_epoch, last_version = epochs.get(name, (0, None))
        if epoch != last_epoch + 1 or old != last_version:
            yield Finding(
                where,
                f"follows epoch {last_epoch} of version {last_version}, but says it replaced version {old}",
                _RESTORE,
            )
        previous, epochs[name] = found, (epoch, new)
        yield from _present(blobs, decision, f"{where} decision")


def _champions(db: sqlite3.Connection) -> Iterator[Finding]:
    last = dict[str, tuple[int, int]]()
    for name, new, epoch in db.execute("SELECT name, new_version, epoch FROM promotion ORDER BY id"):
        last[name] = (new, epoch)
    aliases = {name: (version, epoch) for name, version, epoch in db.execute("SELECT name, version, epoch FROM alias")}
    for name in sorted(set(last) | set(aliases)):
        if aliases.get(name) != last.get(name):
            yield Finding(
                f"champion of {name}",
                f"the alias says (version, epoch) {aliases.get(name)}, the log says {last.get(name)}: it was moved by hand",
                "promote the right version with gates promote, or restore the home from a backup",
            )


def _verdicts(db: sqlite3.Connection, blobs: Blobs) -> Iterator[Finding]:
    for digest, name in db.execute("SELECT digest, name FROM verdict"):
        yield from _present(blobs, digest, f"verdict {digest[7:19]} of {name}")
    query = (
        "SELECT used.verdict, verdict.subject, version.digest, verdict.passed, promotion.name, promotion.epoch FROM used"
        " JOIN verdict ON verdict.digest = used.verdict JOIN promotion ON promotion.id = used.promotion"
        " LEFT JOIN version ON version.name = promotion.name AND version.version = promotion.new_version"
    )
    for digest, subject, promoted, passed, name, epoch in db.execute(query):
        if subject != promoted or not passed:
            yield Finding(
                f"promotion {name} epoch {epoch}", f"used the verdict {digest[7:19]}, which does not carry it", _RESTORE
            )
    unused = "SELECT name, epoch FROM promotion WHERE id NOT IN (SELECT promotion FROM used)"
    for name, epoch in db.execute(unused):
        yield Finding(f"promotion {name} epoch {epoch}", "used no verdict", _RESTORE)
