"""Register, keep, promote. The champion moves in one transaction that compares before it swaps; nothing else writes the alias."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from gates.digest import Digest
from gates.errors import ConfigError, PromotionRefused, SubjectError
from gates.registry.audit import audit
from gates.registry.blobs import Blobs
from gates.registry.chain import START, entry_hash
from gates.registry.records import Champion, Finding, KeptRun, KeptVerdict, LogEntry, Version
from gates.registry.schema import connect, explained, transaction

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")


class Registry:
    """The ledger of one home folder."""

    def __init__(self, home: Path, clock: Callable[[], datetime] | None = None) -> None:
        self._path = home / "registry.db"
        self._db = connect(self._path)
        self._clock = clock or (lambda: datetime.now(UTC))
        self.blobs = Blobs(home / "blobs")

    def register(self, name: str, digest: Digest, facts: Mapping[str, str]) -> Version:
        """A new version of ``name``, or the one that already has these bytes. The blob must be in the store."""
        if not _NAME.match(name):
            raise ConfigError(
                f"{name!r:.80} is not a model name", "use letters, digits, dots, dashes and underscores, 64 at most"
            )
        size = self.blobs.path(digest).stat().st_size
        with explained(self._path), transaction(self._db):
            known = self._row("SELECT version FROM version WHERE name = ? AND digest = ?", name, str(digest))
            if known is None:
                number = self._row("SELECT coalesce(max(version), 0) + 1 FROM version WHERE name = ?", name)
                assert number is not None
                row = (name, number[0], str(digest), size, self._now(), json.dumps(dict(facts), sort_keys=True))
                self._db.execute("INSERT INTO version VALUES (?, ?, ?, ?, ?, ?)", row)
                known = number
        return self.version(name, int(str(known[0])))

    def version(self, name: str, number: int) -> Version:
        """Raises `SubjectError` when there is no such version."""
        row = self._row(
            "SELECT name, version, digest, size, created, facts FROM version WHERE name = ? AND version = ?",
            name,
            number,
        )
        if row is None:
            known = ", ".join(str(version.version) for version in self.versions(name)) or "none"
            raise SubjectError(f"{name} has no version {number} (registered: {known})", "name a registered version")
        return _version(row)

    def versions(self, name: str) -> tuple[Version, ...]:
        query = "SELECT name, version, digest, size, created, facts FROM version WHERE name = ? ORDER BY version"
        return tuple(_version(row) for row in self._rows(query, name))

    def latest(self, name: str) -> Version | None:
        versions = self.versions(name)
        return versions[-1] if versions else None

    def names(self) -> tuple[str, ...]:
        return tuple(str(row[0]) for row in self._rows("SELECT DISTINCT name FROM version ORDER BY name"))

    def champion(self, name: str) -> Champion | None:
        row = self._row("SELECT version, epoch, since FROM alias WHERE name = ?", name)
        if row is None:
            return None
        return Champion(self.version(name, int(str(row[0]))), int(str(row[1])), _time(row[2]))

    def keep_verdict(
        self, name: str, gate: str, subject: Digest, document: bytes, passed: bool, at: datetime
    ) -> Digest:
        digest = self.blobs.put_bytes(document)
        row = (str(digest), name, gate, str(subject), int(passed), at.isoformat())
        with explained(self._path), transaction(self._db):
            self._db.execute("INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
        return digest

    def verdicts(self, name: str, subject: Digest) -> tuple[KeptVerdict, ...]:
        """The verdicts about one model file, oldest first."""
        query = (
            "SELECT digest, name, gate, subject, passed, at FROM verdict WHERE name = ? AND subject = ? ORDER BY rowid"
        )
        return tuple(
            KeptVerdict(Digest.parse(str(d)), str(n), str(g), Digest.parse(str(s)), bool(p), _time(at))
            for d, n, g, s, p, at in self._rows(query, name, str(subject))
        )

    def verdict_document(self, digest: Digest) -> bytes:
        """A kept verdict's bytes, hashed again. Raises `SubjectError` when it was not kept or is not what was kept."""
        if self._row("SELECT 1 FROM verdict WHERE digest = ?", str(digest)) is None:
            raise SubjectError(
                f"no verdict {digest.short} was kept", "name a verdict that gates show NAME@VERSION lists"
            )
        return self.blobs.read(digest)

    def used(self, verdict: Digest) -> bool:
        return self._row("SELECT 1 FROM used WHERE verdict = ?", str(verdict)) is not None

    def promote(
        self,
        name: str,
        version: int,
        *,
        expected: tuple[int, Digest | None],
        verdicts: Sequence[Digest],
        decision: bytes,
        moment: Callable[[str], None] = lambda moment: None,
    ) -> int:
        """Make a version the champion if the champion is still ``expected``: (epoch, digest), (0, None) for nobody yet.

        Returns the new epoch. Raises `PromotionRefused`; nothing has then changed. ``moment`` is told how far the transaction is,
        so that a test can stop it there.
        """
        wanted = self.version(name, version)
        self.blobs.path(wanted.digest)
        kept = self.blobs.put_bytes(decision)
        moment("checked")
        with explained(self._path), transaction(self._db):
            champion = self.champion(name)
            found = (champion.epoch, champion.version.digest) if champion else (0, None)
            if found != expected:
                raise PromotionRefused(
                    f"the champion changed since the gates judged (epoch {expected[0]}, now {found[0]})",
                    "run the gates again",
                )
            epoch, old = found[0] + 1, champion.version.version if champion else None
            last = self._row("SELECT hash FROM promotion ORDER BY id DESC LIMIT 1")
            previous = START if last is None else str(last[0])
            burnt = json.dumps([str(verdict) for verdict in verdicts])
            entry = (name, old, version, epoch, self._now(), str(kept), burnt, previous)
            cursor = self._db.execute(
                "INSERT INTO promotion(name, old_version, new_version, epoch, at, decision, verdicts, previous, hash)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*entry, entry_hash(entry)),
            )
            moment("logged")
            self._burn(name, wanted, verdicts, int(cursor.lastrowid or 0))
            moment("burnt")
            self._db.execute(
                "INSERT INTO alias VALUES (?, ?, ?, ?) ON CONFLICT (name)"
                " DO UPDATE SET version = excluded.version, epoch = excluded.epoch, since = excluded.since",
                (name, version, epoch, entry[4]),
            )
            moment("moved")
        moment("committed")
        return epoch

    def _burn(self, name: str, version: Version, verdicts: Sequence[Digest], promotion: int) -> None:
        """Use each verdict up: once, and only for the model it is about."""
        if not verdicts:
            raise PromotionRefused("no verdict was given", "run the gates first")
        for verdict in verdicts:
            row = self._row("SELECT name, subject, passed FROM verdict WHERE digest = ?", str(verdict))
            if row is None:
                raise PromotionRefused(f"the verdict {verdict.short} was never kept here", "run the gates in this home")
            if (row[0], row[1]) != (name, str(version.digest)):
                raise PromotionRefused(
                    f"the verdict {verdict.short} is about another model", "run the gates for this version"
                )
            if not row[2]:
                raise PromotionRefused(f"the verdict {verdict.short} did not pass", "run the gates again")
            try:
                self._db.execute("INSERT INTO used VALUES (?, ?)", (str(verdict), promotion))
            except sqlite3.IntegrityError:
                raise PromotionRefused(
                    f"the verdict {verdict.short} was already used for a promotion", "run the gates again"
                ) from None

    def log(self, name: str) -> tuple[LogEntry, ...]:
        query = "SELECT name, old_version, new_version, epoch, at, decision, previous, hash FROM promotion WHERE name = ? ORDER BY id"
        return tuple(
            LogEntry(
                str(n),
                None if old is None else int(str(old)),
                int(str(new)),
                int(str(epoch)),
                _time(at),
                str(d),
                str(p),
                str(h),
            )
            for n, old, new, epoch, at, d, p, h in self._rows(query, name)
        )

    def keep_run(self, id: str, state: str, document: bytes) -> None:
        """Keep or update the history of a command."""
        with explained(self._path), transaction(self._db):
            self._db.execute(
                "INSERT INTO run VALUES (?, ?, ?, ?, ?) ON CONFLICT (id)"
                " DO UPDATE SET state = excluded.state, document = excluded.document",
                (id, state, os.getpid(), self._now(), document),
            )

    def runs(self) -> tuple[KeptRun, ...]:
        """Every command, oldest first; one that started and whose process is gone was interrupted."""
        return tuple(_run(row) for row in self._rows("SELECT id, state, pid, at, document FROM run ORDER BY rowid"))

    def run(self, id: str) -> KeptRun:
        row = self._row("SELECT id, state, pid, at, document FROM run WHERE id = ?", id)
        if row is None:
            raise SubjectError(f"no run {id!r:.80} is kept here", "gates status lists the runs")
        return _run(row)

    def audit(self) -> tuple[Finding, ...]:
        """Everything again, from its bytes."""
        with explained(self._path):
            return tuple(audit(self._db, self.blobs))

    def _now(self) -> str:
        return self._clock().astimezone(UTC).isoformat()

    def _row(self, query: str, *values: object) -> tuple[object, ...] | None:
        with explained(self._path):
            row: tuple[object, ...] | None = self._db.execute(query, values).fetchone()
        return row

    def _rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with explained(self._path):
            return self._db.execute(query, values).fetchall()


def _version(row: tuple[object, ...]) -> Version:
    name, number, digest, size, created, facts = row
    return Version(
        str(name), int(str(number)), Digest.parse(str(digest)), int(str(size)), _time(created), json.loads(str(facts))
    )


def _run(row: tuple[object, ...]) -> KeptRun:
    id, state, pid, at, document = row
    if state == "started" and not _is_alive(int(str(pid))):
        state = "interrupted"
    return KeptRun(str(id), str(state), _time(at), bytes(document) if isinstance(document, bytes) else b"")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _time(text: object) -> datetime:
    return datetime.fromisoformat(str(text))
