"""Register, keep, promote, on one SQLite file. The champion moves in one transaction that compares before it swaps."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from gates.digest import Digest
from gates.errors import BackendError, ConfigError, SubjectError
from gates.registry.audit import audit
from gates.registry.blobs import Blobs
from gates.registry.chain import FIELDS, NOTE_FIELDS, START, entry_hash
from gates.registry.copying import write_copy
from gates.registry.database import Database, make_database
from gates.registry.names import require_name
from gates.registry.processes import birth
from gates.registry.records import Champion, Finding, KeptRun, KeptVerdict, LogEntry, Move, Note, Version
from gates.registry.rows import NOTE, RUN, VERDICT, VERSION, entry_of, note_of, run_of, since_of, verdict_of, version_of
from gates.registry.swap import swap_champion
from gates.registry.times import stamp

_ENDED = ("passed", "awaiting", "refused", "failed", "promoted")
_LARGEST = 2**63 - 1  # of an SQLite integer


class Registry:
    """Read and write the ledger of one home folder.

    ``clock`` gives the time, ``patience`` is how many seconds a busy ledger is waited for, and ``moment`` is called with how far a
    change is, so that a test can stop it there.
    """

    def __init__(
        self,
        home: Path,
        clock: Callable[[], datetime] | None = None,
        *,
        patience: float = 30.0,
        moment: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Open the ledger, making it where there never was one. Raises `BackendError` for anything that is not a sound one."""
        self._clock = clock or (lambda: datetime.now(UTC))
        self._moment = moment
        self.blobs = Blobs(home / "blobs", moment)
        path = home / "registry.db"
        had_blobs = not self.blobs.is_empty()  # read first: another process may make ledger and blobs right now
        if not os.path.lexists(path):
            if had_blobs or os.path.lexists(f"{path}-wal"):
                raise BackendError(
                    f"{path} is missing, but {home} holds what belongs to it; no new registry was made",
                    "restore registry.db from a backup; to begin anew, delete the whole folder",
                )
            make_database(path)
        self._db = Database(path, patience)
        self.blobs.sweep()

    def close(self) -> None:
        """Close the database. Raises `BackendError` for any error of SQLite."""
        self._db.close()

    def register(self, name: str, digest: Digest, facts: Mapping[str, str]) -> Version:
        """Register the blob ``digest`` under ``name`` and return the new version, or the one that already has these bytes.

        That one keeps the facts it was first registered with. Raises `SubjectError` where the blob is missing or damaged,
        `ConfigError` for a name that is not allowed and for facts that are not text.
        """
        require_name(name)
        if not all(isinstance(word, str) for fact in facts.items() for word in fact):
            raise ConfigError(f"the facts of {name} are not all text: {dict(facts)!r:.200}", "give facts as text")
        size = self.blobs.path(digest).stat().st_size
        with self._db.writing():
            known = self._db.row(f"SELECT {VERSION} FROM version WHERE name = ? AND digest = ?", name, str(digest))
            if known is None:
                (number,) = self._db.row("SELECT coalesce(max(version), 0) + 1 FROM version WHERE name = ?", name)
                known = (name, number, str(digest), size, self._now(), json.dumps(dict(facts), sort_keys=True))
                self._db.rows("INSERT INTO version VALUES (?, ?, ?, ?, ?, ?)", *known)
            self._moment("registered")
        return version_of(known)

    def version(self, name: str, number: int) -> Version:
        """Return the version with this number. Raises `SubjectError` where it is not registered."""
        query = f"SELECT {VERSION} FROM version WHERE name = ? AND version = ?"
        row = self._db.row(query, require_name(name), number) if 0 < number <= _LARGEST else None
        if row is None:
            known = ", ".join(str(version.version) for version in self.versions(name)) or "none"
            raise SubjectError(f"{name} has no version {number} (registered: {known})", "name a registered version")
        return version_of(row)

    def versions(self, name: str) -> tuple[Version, ...]:
        """Return all versions of ``name``, oldest first."""
        query = f"SELECT {VERSION} FROM version WHERE name = ? ORDER BY version"
        return tuple(version_of(row) for row in self._db.rows(query, require_name(name)))

    def latest(self, name: str) -> Version | None:
        """Return the newest version of ``name``, or None where there is none."""
        versions = self.versions(name)
        return versions[-1] if versions else None

    def names(self) -> tuple[str, ...]:
        """Return the names of all models that have a version, sorted."""
        return tuple(row[0] for row in self._db.rows("SELECT DISTINCT name FROM version ORDER BY name"))

    def champion(self, name: str) -> Champion | None:
        """Return who serves, or None before the first move. Raises `BackendError` when the alias does not follow the log."""
        with self._db.snapshot():
            alias = self._db.row("SELECT version, epoch, since FROM alias WHERE name = ?", require_name(name))
            logged = self._db.row(
                "SELECT new_version, epoch, at, digest FROM promotion WHERE name = ? ORDER BY epoch DESC LIMIT 1", name
            )
            if alias is None and logged is None:
                return None
            version = self.version(name, logged[0]) if logged else None
            if version is None or alias != logged[:3] or str(version.digest) != logged[3]:
                raise BackendError(
                    f"the champion of {name} does not follow the promotion log: it was moved by hand",
                    "gates verify says how; restore the home from a backup",
                )
            return Champion(version, alias[1], since_of(alias[2]))

    def keep_verdict(
        self, name: str, gate: str, subject: Digest, document: bytes, passed: bool, at: datetime
    ) -> Digest:
        """Keep a verdict's bytes and what they are about, and return their digest. The same verdict may be kept again.

        Raises `BackendError` when the same bytes were kept as something else, so that a refusal cannot become a pass,
        `SubjectError` for no bytes, `ConfigError` for a name that is not allowed.
        """
        require_name(name)
        require_name(gate, "the name of a gate")
        if not document:
            raise SubjectError("the verdict is empty", "keep the document that the gate wrote")
        digest = self.blobs.put_bytes(document)
        row = (str(digest), name, gate, str(subject), int(passed), stamp(at))
        with self._db.writing():
            known = self._db.row(f"SELECT {VERDICT} FROM verdict WHERE digest = ?", str(digest))
            if known is None:
                self._db.rows("INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?)", *row)
            elif known != row:
                raise BackendError(
                    f"the verdict {digest.short} was kept before, as one of the {known[2]} gate about {known[1]}"
                    f" that {'passed' if known[4] else 'refused'}; it stays that",
                    "judge again: a new verdict has new bytes",
                )
            self._moment("verdict kept")
        return digest

    def verdicts(self, name: str, subject: Digest) -> tuple[KeptVerdict, ...]:
        """Return the verdicts about one model file, oldest first."""
        query = f"SELECT {VERDICT} FROM verdict WHERE name = ? AND subject = ? ORDER BY rowid"
        return tuple(verdict_of(row) for row in self._db.rows(query, require_name(name), str(subject)))

    def verdict_document(self, digest: Digest) -> bytes:
        """Return a kept verdict's bytes, hashed again. Raises `SubjectError` when it was not kept or is not what was kept."""
        if self._db.row("SELECT 1 FROM verdict WHERE digest = ?", str(digest)) is None:
            raise SubjectError(
                f"no verdict {digest.short} was kept", "name a verdict that gates show NAME@VERSION lists"
            )
        return self.blobs.read(digest)

    def used(self, verdict: Digest) -> bool:
        """Return whether a promotion was made on this verdict; no other can be."""
        return self._db.row("SELECT 1 FROM used WHERE verdict = ?", str(verdict)) is not None

    def promote(
        self,
        name: str,
        version: int,
        *,
        expected: tuple[int, Digest | None],
        verdicts: Sequence[Digest],
        decision: bytes,
        kind: Move = Move.PROMOTION,
    ) -> int:
        """Make a version the champion if the champion is still ``expected``: (epoch, digest), (0, None) for nobody yet.

        ``kind`` decides which verdicts the move needs: see `gates.registry.swap`. Returns the new epoch. Model and verdicts are
        hashed again first. Raises `PromotionRefused` with every reason, `SubjectError` when a stored file is not what it was;
        the champion has then not moved.
        """
        wanted = self.version(name, version)
        if not decision:
            raise SubjectError("the decision is empty", "keep the document that says why this model was promoted")
        self.blobs.path(wanted.digest)
        for verdict in verdicts:
            if self._db.row("SELECT 1 FROM verdict WHERE digest = ?", str(verdict)):
                self.blobs.path(verdict)
        kept = self.blobs.put_bytes(decision)
        self._moment("checked")
        with self._db.writing():
            epoch = swap_champion(self._db, wanted, expected, verdicts, kept, kind, self._now(), self._moment)
        self._moment("committed")
        return epoch

    def log(self, name: str) -> tuple[LogEntry, ...]:
        """Return every move of the champion of ``name``, oldest first."""
        query = f"SELECT {', '.join(FIELDS)}, hash FROM promotion WHERE name = ? ORDER BY id"
        return tuple(entry_of(row) for row in self._db.rows(query, require_name(name)))

    def keep_note(self, name: str, kind: str, document: bytes, at: datetime) -> Note:
        """Append a document about ``name`` for good and return its note. The same bytes may be kept again, as another note.

        Raises `SubjectError` for no bytes, `ConfigError` for a name or kind that is not allowed.
        """
        require_name(name)
        require_name(kind, "the kind of a note")
        if not document:
            raise SubjectError("the note is empty", "keep a document")
        digest = self.blobs.put_bytes(document)
        with self._db.writing():
            last = self._db.row("SELECT hash FROM note ORDER BY id DESC LIMIT 1")
            row = (name, kind, str(digest), stamp(at), last[0] if last else START)
            columns = ", ".join((*NOTE_FIELDS, "hash"))
            self._db.rows(f"INSERT INTO note ({columns}) VALUES (?, ?, ?, ?, ?, ?)", *row, entry_hash(row))
            self._moment("note kept")
        return Note(digest, name, kind, at)

    def notes(self, name: str, kind: str) -> tuple[Note, ...]:
        """Return the notes of one kind about ``name``, oldest first; their documents are in `blobs`."""
        query = f"SELECT {NOTE} FROM note WHERE name = ? AND kind = ? ORDER BY id"
        return tuple(note_of(row) for row in self._db.rows(query, require_name(name), kind))

    def keep_run(self, id: str, state: str, document: bytes) -> None:
        """Keep the record of a command: first with the state ``started``, then once with how it ended.

        Raises `BackendError` for any other order, `ConfigError` for an id that is not allowed.
        """
        require_name(id, "the name of a run")
        with self._db.writing():
            known = self._db.row("SELECT state FROM run WHERE id = ?", id)
            if known is None and state == "started":
                row = (id, state, os.getpid(), birth(os.getpid()), self._now(), document)
                self._db.rows("INSERT INTO run VALUES (?, ?, ?, ?, ?, ?)", *row)
            elif known == ("started",) and state in _ENDED:
                self._db.rows("UPDATE run SET state = ?, document = ? WHERE id = ?", state, document, id)
            else:
                before = known[0] if known else "unknown"
                raise BackendError(
                    f"run {id} is {before} and cannot become {state!r:.40}",
                    f"a run is started, then one of {', '.join(_ENDED)}",
                )

    def runs(self) -> tuple[KeptRun, ...]:
        """Return every command, oldest first; one that started and whose process is gone is ``interrupted``."""
        return tuple(run_of(row) for row in self._db.rows(f"SELECT {RUN} FROM run ORDER BY rowid"))

    def run(self, id: str) -> KeptRun:
        """Return one command by its id. Raises `SubjectError` where none is kept under it."""
        row = self._db.row(f"SELECT {RUN} FROM run WHERE id = ?", require_name(id, "the name of a run"))
        if row is None:
            raise SubjectError(f"no run {id} is kept here", "gates status lists the runs")
        return run_of(row)

    def audit(self) -> tuple[Finding, ...]:
        """Return every finding of `gates.registry.audit`; empty where all is as it was recorded."""
        return tuple(audit(self._db, self.blobs))

    def copy_into(self, folder: Path) -> None:
        """Copy the ledger and all blobs into a new folder. Raises as `gates.registry.copying.write_copy` does."""
        write_copy(folder, self._db.content(), self.blobs)

    def _now(self) -> str:
        return stamp(self._clock())
