"""Turn rows into records. The tables are STRICT, so SQLite ensures the types; the texts in them are parsed again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from types import MappingProxyType
from typing import Any, TypeVar

from gates.digest import Digest
from gates.errors import BackendError, SubjectError
from gates.registry.processes import birth
from gates.registry.records import KeptRun, KeptVerdict, LogEntry, Move, Note, Version
from gates.registry.times import read_stamp

T = TypeVar("T")
RESTORE = "restore the home from a backup; gates verify names everything that is wrong with it"
VERSION = "name, version, digest, size, created, facts"
VERDICT = "digest, name, gate, subject, passed, at"
NOTE = "digest, name, kind, at"
RUN = "id, state, pid, born, at, document"


def _sound(what: str) -> Callable[[Callable[[Any], T]], Callable[[Any], T]]:
    """Let a reader of rows say which row is damaged, whatever is wrong with it."""

    def wrap(read: Callable[[Any], T]) -> Callable[[Any], T]:
        @wraps(read)
        def look(row: Any) -> T:
            try:
                return read(row)
            except (
                ValueError,
                TypeError,
                KeyError,
                AttributeError,
                OverflowError,
                RecursionError,
                SubjectError,
            ) as error:
                raise BackendError(
                    f"the ledger holds a damaged {what}: {str(error)[:200]}; nothing was changed", RESTORE
                ) from None

        return look

    return wrap


def facts_in(text: str) -> dict[str, str]:
    """Return the facts in the text of a version. Raises ValueError for other text."""
    facts = json.loads(text)
    if not isinstance(facts, dict) or not all(isinstance(value, str) for value in facts.values()):
        raise ValueError("its facts are no texts by name")
    return facts


def digests_in(text: str) -> list[str]:
    """Return the digests in the list of an entry of the log. Raises ValueError for other text."""
    digests = json.loads(text)
    if not isinstance(digests, list) or not all(isinstance(digest, str) for digest in digests):
        raise ValueError("its verdicts are no list of digests")
    return digests


@_sound("version")
def version_of(row: Any) -> Version:
    """Return the version in a row of the columns `VERSION`."""
    name, number, digest, size, created, facts = row
    return Version(name, number, Digest.parse(digest), size, read_stamp(created), MappingProxyType(facts_in(facts)))


@_sound("verdict")
def verdict_of(row: Any) -> KeptVerdict:
    """Return the kept verdict in a row of the columns `VERDICT`."""
    digest, name, gate, subject, passed, at = row
    return KeptVerdict(Digest.parse(digest), name, gate, Digest.parse(subject), passed == 1, read_stamp(at))


@_sound("entry of the promotion log")
def entry_of(row: Any) -> LogEntry:
    """Return the entry of the log in a row of the values of `gates.registry.chain.FIELDS` and the hash."""
    name, old, new, digest, epoch, at, decision, verdicts, kind, previous, hash = row
    burnt = tuple(Digest.parse(verdict) for verdict in digests_in(verdicts))
    return LogEntry(
        *(name, old, new, Digest.parse(digest), epoch, read_stamp(at)),
        *(Digest.parse(decision), burnt, Move(kind), previous, hash),
    )


@_sound("note")
def note_of(row: Any) -> Note:
    """Return the note in a row of the columns `NOTE`."""
    digest, name, kind, at = row
    return Note(Digest.parse(digest), name, kind, read_stamp(at))


@_sound("run")
def run_of(row: Any) -> KeptRun:
    """Return the run in a row of the columns `RUN`; one that started and whose process is gone is ``interrupted``."""
    id, state, pid, born, at, document = row
    if state == "started" and birth(pid) != born:
        state = "interrupted"
    return KeptRun(id, state, read_stamp(at), document)


@_sound("entry of the promotion log")
def verdicts_of(row: Any) -> list[str]:
    """Return the digests of the verdicts in a row that holds their list alone."""
    return digests_in(row[0])


@_sound("alias")
def since_of(text: Any) -> datetime:
    """Return since when an alias stands where it stands."""
    return read_stamp(text)
