"""Say what a mark is: the contents of one address that a trigger dealt with, kept as a file or as a blob."""

from __future__ import annotations

import hashlib
import json
from contextlib import AbstractContextManager
from typing import Protocol

from gates.documents import read_json
from gates.work.errors import TriggerError

REMEMBERED = 100
_SCHEMA = 1


class Mark(Protocol):
    """Hold the ETags of one address that were dealt with, oldest first."""

    @property
    def seen(self) -> tuple[str, ...]:
        """Return the ETags, oldest first. Raises `TriggerError` where the mark cannot be read."""
        ...

    def add(self, etag: str) -> None:
        """Write an ETag as the newest one. Raises `TriggerError` where the mark cannot be written."""
        ...


class MarkStore(Protocol):
    """Keep one mark for each address."""

    def hold(self, url: str) -> AbstractContextManager[Mark | None]:
        """Return the mark of an address, held until the block ends; None while another process holds it.

        Raises `TriggerError` where marks cannot be kept.
        """
        ...


def name_of_mark(url: str) -> str:
    """Return the name of an address's mark: 32 hexadecimal digits."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]


def as_document(url: str, seen: tuple[str, ...]) -> dict[str, object]:
    """Return the JSON object of a mark with its newest `REMEMBERED` ETags."""
    return {"schema": _SCHEMA, "url": url, "seen": list(seen[-REMEMBERED:])}


def as_bytes(url: str, seen: tuple[str, ...]) -> bytes:
    """Return a mark as the bytes of its JSON."""
    return json.dumps(as_document(url, seen), ensure_ascii=False).encode()


def read_document(text: str | bytes, url: str, where: str) -> tuple[str, ...]:
    """Return the ETags in a mark; ``where`` names it in messages.

    Raises `TriggerError` for a mark that is damaged or another address's.
    """
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
