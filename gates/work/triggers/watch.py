"""Look, hold, tell: one look at an address gives at most one event, and only to the one process that holds its mark."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gates.errors import ConfigError
from gates.work.data.source import shown
from gates.work.mark_documents import Mark, MarkStore
from gates.work.triggers.event import BlobEvent
from gates.work.triggers.poll import look_at_file, look_at_url

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True, slots=True)
class NewContent:
    """Hold a content that nobody dealt with yet; call `handled` once somebody did, and it never comes again."""

    event: BlobEvent
    _mark: Mark

    def handled(self) -> None:
        """Remember that the event was dealt with, so that it never comes again. Raises `TriggerError` where that fails."""
        self._mark.add(self.event.etag)


class SourceWatch:
    """Look at one address, with the mark of what was seen there."""

    def __init__(
        self, source: str, folder: Path, marks: MarkStore, *, settle: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """``source`` is a path, relative to ``folder``, or an https URL. Raises `ConfigError` for what cannot change."""
        if "#sha256=" in source:
            raise ConfigError(
                f"{shown(source)} is pinned to one content, so it never changes", "watch it without #sha256=..."
            )
        if _SCHEME.match(source) and not source.lower().startswith("https://"):
            raise ConfigError(f"{shown(source)} is neither a file nor an https URL", "watch a path or an https URL")
        self.source = shown(source)
        self._url = source if _SCHEME.match(source) else ""
        self._path = Path(folder, source)
        self._address = self.source if self._url else self._path.resolve().as_uri()
        self._marks = marks
        self._settle = settle
        self._sleep = sleep

    @contextmanager
    def look(self) -> Iterator[NewContent | None]:
        """Return the new content, held until the block ends; None where there is none, or another process deals with it.

        Raises `DataError` where nothing can be seen, `TriggerError` where the mark cannot be kept.
        """
        with self._marks.hold(self._address) as mark:
            if mark is None:
                yield None
                return
            seen = mark.seen
            last = seen[-1] if seen else None
            if self._url:
                event = look_at_url(self._url, last)
            else:
                event = look_at_file(self._path, settle=self._settle, sleep=self._sleep)
            yield None if event is None or event.etag == last else NewContent(event, mark)
