"""The ledger of several machines: one SQLite file in a shared store, changed on a copy and swapped there if nobody was quicker.

Every rule of the local ledger holds, because it is the local ledger that works on the copy; what decides between two machines is
the store's conditional write. A change that lost is made again on what the winner left, so a promotion that lost is refused
there: the champion is no longer the one it was judged against.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from gates.digest import Digest
from gates.errors import BackendError
from gates.ports import BlobStore
from gates.registry.records import Champion, Finding, KeptRun, KeptVerdict, LogEntry, Move, Note, Version
from gates.registry.shared_blobs import PREFIX, SharedBlobs
from gates.registry.sqlite import Registry
from gates.registry.working_copy import NAME, Log, WorkingCopy

_ATTEMPTS = 60
_T = TypeVar("_T")


class SharedRegistry:
    """Read and write the ledger in ``store``. ``cache`` keeps copies of blobs and, while this object lives, a working copy of
    the ledger.

    ``clock`` and ``moment`` are those of `Registry`; ``moment`` is also called with "swapping" before and "swapped" after a
    change is written to the store.
    """

    def __init__(
        self,
        store: BlobStore,
        cache: Path,
        clock: Callable[[], datetime] | None = None,
        *,
        moment: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._moment = moment
        self._sleep = sleep
        self._alone = threading.RLock()
        self.blobs = SharedBlobs(store, cache / "blobs", moment)
        self.blobs.sweep()
        self._copy = WorkingCopy(cache, self.blobs, clock, moment)
        self._tag = ""
        self._content = b""
        self._seen: Log = (0, "")
        self._current()  # where there never was a ledger, it is made before the first blob

    def close(self) -> None:
        """Remove the working copy; the store keeps everything."""
        with self._alone:
            self._copy.remove()

    # --- reading: on a copy that is as new as the store

    def version(self, name: str, number: int) -> Version:
        """Return the version with this number. Raises `SubjectError` where it is not registered."""
        return self._read(lambda copy: copy.version(name, number))

    def versions(self, name: str) -> tuple[Version, ...]:
        """Return all versions of ``name``, oldest first."""
        return self._read(lambda copy: copy.versions(name))

    def latest(self, name: str) -> Version | None:
        """Return the newest version of ``name``, or None where there is none."""
        return self._read(lambda copy: copy.latest(name))

    def names(self) -> tuple[str, ...]:
        """Return the names of all models that have a version, sorted."""
        return self._read(lambda copy: copy.names())

    def champion(self, name: str) -> Champion | None:
        """Return who serves, or None before the first move. Raises as `Registry.champion` does."""
        return self._read(lambda copy: copy.champion(name))

    def verdicts(self, name: str, subject: Digest) -> tuple[KeptVerdict, ...]:
        """Return the verdicts about one model file, oldest first."""
        return self._read(lambda copy: copy.verdicts(name, subject))

    def verdict_document(self, digest: Digest) -> bytes:
        """Return a kept verdict's bytes, hashed again. Raises as `Registry.verdict_document` does."""
        return self._read(lambda copy: copy.verdict_document(digest))

    def used(self, verdict: Digest) -> bool:
        """Return whether a promotion was made on this verdict; no other can be."""
        return self._read(lambda copy: copy.used(verdict))

    def log(self, name: str) -> tuple[LogEntry, ...]:
        """Return every move of the champion of ``name``, oldest first."""
        return self._read(lambda copy: copy.log(name))

    def notes(self, name: str, kind: str) -> tuple[Note, ...]:
        """Return the notes of one kind about ``name``, oldest first."""
        return self._read(lambda copy: copy.notes(name, kind))

    def runs(self) -> tuple[KeptRun, ...]:
        """Return every command, oldest first."""
        return self._read(lambda copy: copy.runs())

    def run(self, id: str) -> KeptRun:
        """Return one command by its id. Raises `SubjectError` where there is none."""
        return self._read(lambda copy: copy.run(id))

    def copy_into(self, folder: Path) -> None:
        """Copy the ledger and all blobs into a new folder. Raises as `Registry.copy_into` does."""
        self._read(lambda copy: copy.copy_into(folder))

    def audit(self) -> tuple[Finding, ...]:
        """Return every finding, after fetching and hashing each blob of the store; empty where all is as it was recorded."""
        return self._read(lambda copy: copy.audit())

    # --- changing: on the copy, then swapped

    def register(self, name: str, digest: Digest, facts: Mapping[str, str]) -> Version:
        """Register as `Registry.register` does, on the newest ledger of the store."""
        return self._change(lambda copy: copy.register(name, digest, facts))

    def keep_verdict(
        self, name: str, gate: str, subject: Digest, document: bytes, passed: bool, at: datetime
    ) -> Digest:
        """Keep a verdict as `Registry.keep_verdict` does, on the newest ledger of the store."""
        return self._change(lambda copy: copy.keep_verdict(name, gate, subject, document, passed, at))

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
        """Promote as `Registry.promote` does. Of several machines that promote at once, the store lets one win."""
        return self._change(
            lambda copy: copy.promote(name, version, expected=expected, verdicts=verdicts, decision=decision, kind=kind)
        )

    def keep_note(self, name: str, kind: str, document: bytes, at: datetime) -> Note:
        """Keep a note as `Registry.keep_note` does, on the newest ledger of the store."""
        return self._change(lambda copy: copy.keep_note(name, kind, document, at))

    def keep_run(self, id: str, state: str, document: bytes) -> None:
        """Keep the record of a command as `Registry.keep_run` does, on the newest ledger of the store."""
        self._change(lambda copy: copy.keep_run(id, state, document))

    # --- the swap

    def _read(self, ask: Callable[[Registry], _T]) -> _T:
        with self._alone:
            return ask(self._current())

    def _change(self, act: Callable[[Registry], _T]) -> _T:
        with self._alone:
            for attempt in range(_ATTEMPTS):
                try:
                    result = act(self._current())
                    changed = self._copy.content()
                    if changed == self._content or self._swapped(changed):
                        return result
                except BaseException:
                    self._copy.forget()  # it may hold what the store does not
                    raise
                self._copy.forget()
                self._sleep(random.uniform(0, min(2.0, 0.02 * 2**attempt)))
            raise BackendError(
                f"{self._store.place} was changed by others {_ATTEMPTS} times in a row; nothing was changed from here",
                "run the command again",
            )

    def _swapped(self, changed: bytes) -> bool:
        """Whether the store took the change. Read again where the answer was lost: our own write must not look like another's."""
        self._moment("swapping")
        lost: Exception | None = None
        tag = ""
        try:
            tag = self._store.write(NAME, changed, tag=self._tag)
        except Exception as error:
            if not hasattr(error, "remedy"):
                raise
            lost = error
        if not tag:
            held = self._store.read(NAME)
            if held is None or held[0] != changed:
                if lost is not None:
                    raise lost
                return False
            tag = held[1]
        self._tag, self._content, self._seen = tag, changed, self._copy.log()
        self._moment("swapped")
        return True

    def _current(self) -> Registry:
        """The working copy, made anew where the store holds something newer."""
        if self._copy.ledger is not None and self._store.tag(NAME) == self._tag:
            return self._copy.ledger
        self._copy.forget()
        held = self._store.read(NAME) or self._begun()
        ledger = self._copy.open(held[0])
        count, last = self._seen
        if count and self._copy.logged(count) != last:
            self._copy.forget()
            raise BackendError(
                f"the log in {self._store.place} does not go on from what it was: an older copy was put back",
                "gates verify says how; do not promote before that is clear",
            )
        self._tag, self._content, self._seen = held[1], self._copy.content(), self._copy.log()
        return ledger

    def _begun(self) -> tuple[bytes, str]:
        """An empty ledger, where there never was one. Another machine may begin at the same time: the store lets one win."""
        if self._seen != (0, "") or self._tag or next(iter(self._store.names(PREFIX)), None) is not None:
            raise BackendError(
                f"{self._store.place} holds no {NAME}, but what belongs to it; no new registry was made",
                "restore it from a backup; to begin anew, delete everything there",
            )
        content = self._copy.begin()
        tag = self._store.write(NAME, content, tag="")
        held = (content, tag) if tag else self._store.read(NAME)
        if held is None:
            raise BackendError(f"{self._store.place} lost its {NAME} while it was made", "run the command again")
        return held
