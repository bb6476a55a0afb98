"""Remember which contents were dealt with, one mark for each address, held by one process at a time.

A mark is written after the event was dealt with, and only by the process that holds it. One that is killed in between
lets go, and the event comes again: at least once, and by one at a time.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gates.documents import write_json
from gates.work.errors import TriggerError
from gates.work.mark_documents import Mark, MarkStore, SeenContent, as_document, name_of_mark, read_document


class FolderMarks:
    """Keep marks as files in a folder. The kernel frees a mark when its holder dies, however it dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, url: str) -> Iterator[Mark | None]:
        """Return the mark of an address, held until the block ends; None where another process holds it.

        Raises `TriggerError` where the folder cannot be written.
        """
        path = self._folder / f"{name_of_mark(url)}.json"
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
        return self._read()[0]

    @property
    def content(self) -> SeenContent | None:
        return self._read()[1]

    def _read(self) -> tuple[tuple[str, ...], SeenContent | None]:
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return (), None
        except (OSError, UnicodeDecodeError) as error:
            raise TriggerError(f"the mark {self._path} cannot be read: {error}", "check its permissions") from None
        return read_document(text, self._url, str(self._path))

    def add(self, etag: str, content: SeenContent | None = None) -> None:
        self._write((*self.seen, etag), content)

    def note(self, content: SeenContent) -> None:
        self._write(self.seen, content)

    def _write(self, seen: tuple[str, ...], content: SeenContent | None) -> None:
        try:
            write_json(self._path, as_document(self._url, seen, content))
        except OSError as error:
            raise TriggerError(
                f"the mark {self._path} cannot be written: {error.strerror}; the event will come again",
                "check permissions and free space",
            ) from None


def open_marks(location: str) -> MarkStore:
    """Return marks in a folder, or in a blob container where ``location`` is an https URL. Raises `MissingExtra` there."""
    if location.lower().startswith("https://"):
        from gates.work.backends.azure.marks import BlobMarks  # needs azure, and only where marks lie in a container

        return BlobMarks(location)
    return FolderMarks(Path(location))
