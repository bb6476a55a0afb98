"""Look, hold, tell: one look at an address gives at most one event, and only to the one process that holds its mark."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from gates.errors import ConfigError
from gates.work.data.source import shown
from gates.work.mark_documents import Mark, MarkStore, SeenContent
from gates.work.triggers.event import BlobEvent
from gates.work.triggers.poll import look_at_file, look_at_url

WHOLE_EVERY = 3600.0  # seconds in which a server may give other bytes under the same headers

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True, slots=True)
class NewContent:
    """Hold a content that nobody dealt with yet; call `handled` once somebody did, and it never comes again."""

    event: BlobEvent
    _mark: Mark
    _content: SeenContent | None = None

    def handled(self) -> None:
        """Remember that the event was dealt with, so that it never comes again. Raises `TriggerError` where that fails."""
        self._mark.add(self.event.etag, self._content)


class SourceWatch:
    """Look at one address, with the mark of what was seen there."""

    def __init__(
        self,
        source: str,
        folder: Path,
        marks: MarkStore,
        *,
        settle: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``source`` is a path, relative to ``folder``, or an https URL; ``clock`` gives seconds since 1970.

        Raises `ConfigError` for what cannot change.
        """
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
        self._clock = clock

    @contextmanager
    def look(self) -> Iterator[NewContent | None]:
        """Return the new content, held until the block ends; None where there is none, or another process deals with it.

        Raises `DataError` where nothing can be seen, `TriggerError` where the mark cannot be kept.
        """
        with self._marks.hold(self._address) as mark:
            if mark is None:
                yield None
                return
            if self._url:
                yield self._look_at_url(mark)
                return
            seen = mark.seen
            event = look_at_file(self._path, settle=self._settle, sleep=self._sleep)
            yield None if seen and event.etag == seen[-1] else NewContent(event, mark)

    def _look_at_url(self, mark: Mark) -> NewContent | None:
        """Look at the URL; at the first look, and at least once in `WHOLE_EVERY` seconds, at every byte of it."""
        seen, known, now = mark.seen, mark.content, self._clock()
        if known is None and seen:
            known = SeenContent(seen[-1])  # of a mark that holds ETags alone
        whole = known is None or not 0 <= now - known.read < WHOLE_EVERY  # a clock that was set back counts for nothing
        look = look_at_url(self._url, known, whole=whole)
        content = replace(look.content, read=now) if look.content else None
        if look.event is not None:
            return NewContent(look.event, mark, content)
        if content is not None:
            mark.note(content)
        return None
