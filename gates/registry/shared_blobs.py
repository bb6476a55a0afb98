"""Blobs that several machines share: the store is what counts, the folder is a cache that is hashed before it is believed."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from gates.digest import Digest
from gates.errors import BackendError, SubjectError
from gates.ports import BlobStore
from gates.registry.blobs import TEMPORARY, Blobs
from gates.registry.records import Finding

PREFIX = "blobs/"
_NAME = re.compile(rf"{PREFIX}[0-9a-f]{{2}}/(?P<hex>[0-9a-f]{{64}})\Z")
_RESTORE = "restore it from a backup, or run the gates again"


class SharedBlobs(Blobs):
    """Keep blobs in a store, as `Blobs` does in a folder. A blob is in the store before its digest is returned."""

    def __init__(self, store: BlobStore, root: Path, moment: Callable[[str], None] = lambda _: None) -> None:
        super().__init__(root, moment)
        self._store = store
        self._copies = Blobs(root, moment)

    def put(self, source: Path) -> Digest:
        """Keep the content of a file and return its digest. Raises as `Blobs.put` does, or an error of the store."""
        digest = self._copies.put(source)
        self._send(digest)
        return digest

    def put_bytes(self, content: bytes) -> Digest:
        """Keep the content and return its digest. Raises as `Blobs.put_bytes` does, or an error of the store."""
        digest = self._copies.put_bytes(content)
        self._send(digest)
        return digest

    def path(self, digest: Digest) -> Path:
        """Fetch the blob where there is no sound copy, and return the path of the copy.

        Raises `SubjectError` for a blob that is not in the store, or was fetched with other bytes; or an error of the store.
        """
        self._bring(digest)
        return self._copies.path(digest)

    def read(self, digest: Digest) -> bytes:
        """Return the bytes, fetched where there is no sound copy, hashed as they were read. Raises as `path` does."""
        self._bring(digest)
        return self._copies.read(digest)

    def has(self, digest: Digest) -> bool:
        """Return whether the store has the blob; says nothing of its bytes."""
        return bool(self._store.tag(_place(digest)))

    def is_empty(self) -> bool:
        """Return whether the store has no blob at all."""
        return next(iter(self._store.names(PREFIX)), None) is None

    def digests(self) -> tuple[Digest, ...]:
        """Return the digest of every blob of the store; says nothing of their bytes."""
        matches = (_NAME.match(name) for name in self._store.names(PREFIX))
        return tuple(Digest(known["hex"]) for known in matches if known)

    def faults(self) -> Mapping[str, Finding]:
        """Return a finding for every blob that is not what its name says. Each is fetched and hashed again: a sound copy here
        must not hide a damaged one there.
        """
        faults: dict[str, Finding] = {}
        for name in self._store.names(PREFIX):
            known = _NAME.match(name)
            if known is None or _place(Digest(known["hex"])) != name:
                faults[name] = Finding(name[:80], "is no blob", "move it away")
                continue
            with self._fetched(name) as copy:
                if copy is None or Digest.of(copy).hex != known["hex"]:
                    what = "holds other bytes than its name says" if copy else "vanished while it was read"
                    faults[known["hex"]] = Finding(f"blob {known['hex'][:12]}", what, _RESTORE)
        return faults

    def _send(self, digest: Digest) -> None:
        """Put a sound copy into the store, unless something is there under this name already."""
        if not self.has(digest):
            self._store.put(_place(digest), self._copies.path(digest))

    def _bring(self, digest: Digest) -> None:
        """Fetch a blob that is not here, or is damaged here. One that is not in the store is not there."""
        if not self.has(digest):
            raise SubjectError(f"the blob {digest.short} is missing", _RESTORE)
        with suppress(SubjectError):
            self._copies.path(digest)
            return
        with self._fetched(_place(digest)) as copy:
            if copy is None:
                raise SubjectError(f"the blob {digest.short} is missing", _RESTORE)
            if (fetched := Digest.of(copy)) != digest:
                raise SubjectError(
                    f"the blob {digest.short} in {self._store.place} no longer holds the bytes that were judged:"
                    f" found {fetched.short}",
                    _RESTORE,
                )
            self._copies.put(copy)

    @contextmanager
    def _fetched(self, name: str) -> Iterator[Path | None]:
        """A fresh copy for the block, None where the store has none; the lock of its folder shows `sweep` that it is used."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            folder, lock = self._begin_folder()
        except OSError as error:
            raise BackendError(f"{self._root} cannot be written: {error.strerror}", "name a writable --home") from None
        try:
            copy = folder / "blob"
            yield copy if self._store.fetch(name, copy) else None
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)

    def _begin_folder(self) -> tuple[Path, int]:
        """Return a new folder, and the descriptor that holds its lock. Raises OSError."""
        while True:
            folder = self._root / f"{TEMPORARY}{secrets.token_hex(8)}"
            folder.mkdir(mode=0o700)
            with suppress(FileNotFoundError):  # swept before it was locked
                lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                fcntl.flock(lock, fcntl.LOCK_EX)
                if folder.exists():
                    return folder, lock
                os.close(lock)


def _place(digest: Digest) -> str:
    return f"{PREFIX}{digest.hex[:2]}/{digest.hex}"
