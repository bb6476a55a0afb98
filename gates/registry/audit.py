"""Check the whole ledger again from its bytes. It trusts nothing that it can compute, and a row it cannot read is a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gates.digest import Digest
from gates.errors import BackendError, SubjectError
from gates.registry.blobs import Blobs
from gates.registry.chain import FIELDS, NOTE_FIELDS, START, entry_hash
from gates.registry.database import Database
from gates.registry.records import Finding, Move
from gates.registry.rows import digests_in, facts_in

_RESTORE = "restore the home from a backup; do not serve from it"
_BLOB_FACTS = ("data", "golden")  # facts of a version that name a blob
_Need = tuple[str, str]  # where a blob is needed, its digest as text


def audit(db: Database, blobs: Blobs) -> Iterator[Finding]:
    """Yield every finding: of the file, references, versions, the log's chain, champions, verdicts, and every blob."""
    with db.snapshot():
        findings = list(_readable("registry.db", lambda: _file(db)))
        needs = list[_Need]()
        for part in (_versions, _chain, _champions, _verdicts, _uses, _notes):
            findings += _readable(f"registry.db {part.__name__[1:]}", lambda part=part: part(db, needs))  # type: ignore[misc]
    yield from findings
    yield from _blobs(blobs, needs)


def _readable(where: str, part: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from part()
    except (BackendError, SubjectError) as error:
        yield Finding(where, error.message, _RESTORE)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        yield Finding(where, f"a row cannot be read: {error}", _RESTORE)


def _file(db: Database) -> Iterator[Finding]:
    for (answer,) in db.rows("PRAGMA integrity_check"):
        if answer != "ok":
            yield Finding("registry.db", f"SQLite finds it damaged: {answer}", _RESTORE)
    for table, row, parent, _ in db.rows("PRAGMA foreign_key_check"):
        yield Finding(f"table {table}", f"row {row} refers to a row of {parent} that is not there", _RESTORE)


def _versions(db: Database, needs: list[_Need]) -> Iterator[Finding]:
    last = dict[str, int]()
    for name, version, digest, facts in db.rows(
        "SELECT name, version, digest, facts FROM version ORDER BY name, version"
    ):
        if version != last.get(name, 0) + 1:
            yield Finding(f"{name}@{version}", f"follows version {last.get(name, 0)}: a version was removed", _RESTORE)
        last[name] = version
        needs.append((f"{name}@{version}", digest))
        facts_of = facts_in(facts)
        needs.extend((f"{role} of {name}@{version}", facts_of[role]) for role in _BLOB_FACTS if role in facts_of)


def _chain(db: Database, needs: list[_Need]) -> Iterator[Finding]:
    before, champions = START, dict[str, tuple[int, int | None]]()
    registered = {
        (name, version): digest for name, version, digest in db.rows("SELECT name, version, digest FROM version")
    }
    for row in db.rows(f"SELECT {', '.join(FIELDS)}, hash FROM promotion ORDER BY id"):
        name, old, new, digest, epoch, _, decision, _, _, previous, hashed = row
        where = f"promotion {name} epoch {epoch}"
        if previous != before or entry_hash(row[:-1]) != hashed:
            yield Finding(where, "the log's hash chain is broken: an entry was edited, removed or added", _RESTORE)
        known = champions.get(name, (0, None))
        if (epoch - 1, old) != known:
            yield Finding(
                where, f"says that it replaced version {old}, but follows epoch {known[0]} of {known[1]}", _RESTORE
            )
        if registered.get((name, new)) != digest:
            yield Finding(where, f"promoted {digest[:19]}, which is not what {name}@{new} is now", _RESTORE)
        before, champions[name] = hashed, (epoch, new)
        needs.append((f"decision of {where}", decision))


def _champions(db: Database, needs: list[_Need]) -> Iterator[Finding]:
    logged = _by_name(db.rows("SELECT name, new_version, epoch, at FROM promotion ORDER BY id"))
    alias = _by_name(db.rows("SELECT name, version, epoch, since FROM alias"))
    for name in sorted(logged.keys() | alias.keys()):
        if alias.get(name) != logged.get(name):
            yield Finding(
                f"champion of {name}",
                f"the alias says {_described(alias.get(name))}, the log says {_described(logged.get(name))}: it was moved by hand",
                _RESTORE,
            )


def _verdicts(db: Database, needs: list[_Need]) -> Iterator[Finding]:
    rows = db.rows("SELECT digest, name, gate FROM verdict")
    needs.extend((f"verdict of the {gate} gate about {name}", digest) for digest, name, gate in rows)
    return iter(())


def _uses(db: Database, needs: list[_Need]) -> Iterator[Finding]:
    verdicts = {digest: rest for digest, *rest in db.rows("SELECT digest, name, subject, passed FROM verdict")}
    used = dict[int, set[str]]()
    for verdict, promotion in db.rows("SELECT verdict, promotion FROM used"):
        used.setdefault(promotion, set()).add(verdict)
    carried = dict[tuple[str, str], set[str]]()  # what carried the last promotion of each model
    moves = "SELECT id, name, digest, epoch, kind, verdicts FROM promotion ORDER BY id"
    for id, name, digest, epoch, kind, words in db.rows(moves):
        where, burnt, named = f"{kind} {name} epoch {epoch}", used.pop(id, set()), set(digests_in(words))
        if kind == Move.PROMOTION:
            carried[name, digest] = named
            if not burnt or burnt != named:
                yield Finding(where, f"used {len(burnt)} verdicts, but its log entry names {len(named)}", _RESTORE)
        elif burnt:
            yield Finding(where, f"used {len(burnt)} verdicts, and a {kind} uses none", _RESTORE)
        elif named != (carried.get((name, digest)) if kind == Move.ROLLBACK else set()):
            yield Finding(where, f"names {len(named)} verdicts, which are not those that may carry it", _RESTORE)
        for verdict in sorted(burnt):
            if verdicts.get(verdict) != [name, digest, 1]:
                yield Finding(where, f"used the verdict {verdict[7:19]}, which does not carry it", _RESTORE)
    for id in used:
        yield Finding("used verdicts", f"some are used by promotion {id}, which is not in the log", _RESTORE)


def _notes(db: Database, needs: list[_Need]) -> Iterator[Finding]:
    before = START
    for row in db.rows(f"SELECT {', '.join(NOTE_FIELDS)}, hash FROM note ORDER BY id"):
        name, kind, digest, _, previous, hashed = row
        if previous != before or entry_hash(row[:-1]) != hashed:
            yield Finding(
                f"{kind} note of {name}", "the notes' hash chain is broken: one was edited or removed", _RESTORE
            )
        before = hashed
        needs.append((f"{kind} note of {name}", digest))


def _blobs(blobs: Blobs, needs: list[_Need]) -> Iterator[Finding]:
    """Each blob is hashed once; a damaged one is reported with everything that needs it."""
    faults, reported = blobs.faults(), set[str]()
    for where, text in needs:
        try:
            digest = Digest.parse(text)
        except (SubjectError, AttributeError) as error:
            yield Finding(where, f"names no digest: {error}", _RESTORE)
            continue
        if fault := faults.get(digest.hex):
            reported.add(digest.hex)
            yield Finding(where, fault.what, fault.remedy)
        elif not blobs.has(digest):
            yield Finding(where, f"its blob {digest.short} is missing", _RESTORE)
    yield from (fault for name, fault in faults.items() if name not in reported)


def _by_name(rows: list[Any]) -> Mapping[str, tuple[int, int, str]]:
    """The last row of each name."""
    return {name: (version, epoch, at) for name, version, epoch, at in rows}


def _described(standing: tuple[int, int, str] | None) -> str:
    return f"version {standing[0]} at epoch {standing[1]}" if standing else "nobody"
