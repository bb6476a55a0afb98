"""Remember which contents were dealt with, one mark for each address, held by one process at a time.

A mark is written after the event was dealt with, and only by the process that holds it. One that is killed in between
lets go, and the event comes again: at least once, and by one at a time.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from gates.documents import read_json, write_json
from gates.work.errors import TriggerError

REMEMBERED = 100
_SCHEMA = 1


class Mark(Protocol):
    """The ETags of one address that were dealt with, oldest first."""

    @property
    def seen(self) -> tuple[str, ...]: ...
    def add(self, etag: str) -> None: ...


class Marks(Protocol):
    """Where marks are kept. ``hold`` gives None while another process holds the mark of that address."""

    def hold(self, url: str) -> AbstractContextManager[Mark | None]: ...


def key_of(url: str) -> str:
    """The name of an address's mark."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]


def to_document(url: str, seen: tuple[str, ...]) -> dict[str, object]:
    return {"schema": _SCHEMA, "url": url, "seen": list(seen[-REMEMBERED:])}


def from_document(text: str | bytes, url: str, where: str) -> tuple[str, ...]:
    """The ETags in a mark. Raises `TriggerError` for a mark that is damaged or another address's."""
    try:
        content = read_json(text)
        seen = content["seen"]
        if content["schema"] != _SCHEMA or content["url"] != url or not isinstance(seen, list):
            raise ValueError(f"it is schema {content['schema']!r} about {content['url']!r:.120}")
        if not all(isinstance(etag, str) and etag for etag in seen):
            raise ValueError("it names something that is no ETag")
    except (ValueError, KeyError) as error:
        raise TriggerError(
            f"the mark {where} cannot be read: {error}", "delete it; the content that lies there now is then new"
        ) from None
    return tuple(seen)


class FolderMarks:
    """Marks as files. The kernel frees a mark when its holder dies, however it dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, url: str) -> Iterator[Mark | None]:
        path = self._folder / f"{key_of(url)}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(
                path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
            )
        except OSError as error:
            raise TriggerError(
                f"{self._folder} cannot be written: {error.strerror}", "name a writable folder with --home"
            ) from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
                return
            yield _FileMark(path, url)
        finally:
            os.close(descriptor)


class _FileMark:
    """One mark, replaced whole."""

    def __init__(self, path: Path, url: str) -> None:
        self._path = path
        self._url = url

    @property
    def seen(self) -> tuple[str, ...]:
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise TriggerError(f"the mark {self._path} cannot be read: {error}", "check its permissions") from None
        return from_document(text, self._url, str(self._path))

    def add(self, etag: str) -> None:
        try:
            write_json(self._path, to_document(self._url, (*self.seen, etag)))
        except OSError as error:
            raise TriggerError(
                f"the mark {self._path} cannot be written: {error.strerror}; the event will come again",
                "check permissions and free space",
            ) from None


def open_marks(location: str) -> Marks:
    """Marks in a folder, or in a blob container where ``location`` is an https URL."""
    if location.lower().startswith("https://"):
        from importlib import import_module  # by name: only the backends know azure

        opened: Marks = import_module("gates.work.backends.azure.marks").BlobMarks(location)
        return opened
    return FolderMarks(Path(location))


def as_bytes(url: str, seen: tuple[str, ...]) -> bytes:
    return json.dumps(to_document(url, seen), ensure_ascii=False).encode()
