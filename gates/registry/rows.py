"""Turn rows into records. The tables are STRICT, so SQLite ensures the types; the texts in them are parsed again."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

from gates.digest import Digest
from gates.registry.processes import birth
from gates.registry.records import KeptRun, KeptVerdict, LogEntry, Move, Note, Version
from gates.registry.times import read_stamp

VERSION = "name, version, digest, size, created, facts"
VERDICT = "digest, name, gate, subject, passed, at"
NOTE = "digest, name, kind, at"
RUN = "id, state, pid, born, at, document"


def version_of(row: Any) -> Version:
    """Return the version in a row of the columns `VERSION`."""
    name, number, digest, size, created, facts = row
    return Version(name, number, Digest.parse(digest), size, read_stamp(created), MappingProxyType(json.loads(facts)))


def verdict_of(row: Any) -> KeptVerdict:
    """Return the kept verdict in a row of the columns `VERDICT`."""
    digest, name, gate, subject, passed, at = row
    return KeptVerdict(Digest.parse(digest), name, gate, Digest.parse(subject), passed == 1, read_stamp(at))


def entry_of(row: Any) -> LogEntry:
    """Return the entry of the log in a row of the values of `gates.registry.chain.FIELDS` and the hash."""
    name, old, new, digest, epoch, at, decision, verdicts, kind, previous, hash = row
    burnt = tuple(Digest.parse(verdict) for verdict in json.loads(verdicts))
    return LogEntry(
        *(name, old, new, Digest.parse(digest), epoch, read_stamp(at)),
        *(Digest.parse(decision), burnt, Move(kind), previous, hash),
    )


def note_of(row: Any) -> Note:
    """Return the note in a row of the columns `NOTE`."""
    digest, name, kind, at = row
    return Note(Digest.parse(digest), name, kind, read_stamp(at))


def run_of(row: Any) -> KeptRun:
    """Return the run in a row of the columns `RUN`; one that started and whose process is gone is ``interrupted``."""
    id, state, pid, born, at, document = row
    if state == "started" and birth(pid) != born:
        state = "interrupted"
    return KeptRun(id, state, read_stamp(at), document)
