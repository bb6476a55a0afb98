"""Say what a mark is: the contents of one address that a trigger dealt with, kept as a file or as a blob."""

from __future__ import annotations

import hashlib
import json
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Protocol

from gates.documents import read_json
from gates.work.errors import TriggerError

REMEMBERED = 100
_SCHEMA, _WITH_CONTENT = 1, 2  # the second one also says what the newest content looked like


@dataclass(frozen=True, slots=True)
class SeenContent:
    """Hold what an answer said of a content, and the digest of its bytes: a server may give other bytes under one ETag.

    ``size`` and ``modified`` are the headers Content-Length and Last-Modified, empty where there was none; ``digest`` is the
    SHA-256 in hexadecimal digits, empty where the bytes were never read; ``read`` is when they were, in seconds since 1970.
    """

    etag: str
    size: str = ""
    modified: str = ""
    digest: str = ""
    read: float = 0.0


class Mark(Protocol):
    """Hold the ETags of one address that were dealt with, oldest first."""

    @property
    def seen(self) -> tuple[str, ...]:
        """Return the ETags, oldest first. Raises `TriggerError` where the mark cannot be read."""
        ...

    @property
    def content(self) -> SeenContent | None:
        """Return what the newest content looked like, None where nobody noted it. Raises `TriggerError` as ``seen`` does."""
        ...

    def add(self, etag: str, content: SeenContent | None = None) -> None:
        """Write an ETag as the newest one. Raises `TriggerError` where the mark cannot be written."""
        ...

    def note(self, content: SeenContent) -> None:
        """Write what the newest content looks like, which is no new one. Raises `TriggerError` as ``add`` does."""
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


def as_document(url: str, seen: tuple[str, ...], content: SeenContent | None = None) -> dict[str, object]:
    """Return the JSON object of a mark with its newest `REMEMBERED` ETags, and what the newest content looked like."""
    document: dict[str, object] = {"schema": _SCHEMA, "url": url, "seen": list(seen[-REMEMBERED:])}
    return document if content is None else document | {"schema": _WITH_CONTENT, "content": asdict(content)}


def as_bytes(url: str, seen: tuple[str, ...], content: SeenContent | None = None) -> bytes:
    """Return a mark as the bytes of its JSON."""
    return json.dumps(as_document(url, seen, content), ensure_ascii=False).encode()


def read_document(text: str | bytes, url: str, where: str) -> tuple[tuple[str, ...], SeenContent | None]:
    """Return the ETags in a mark, and what the newest content looked like; ``where`` names the mark in messages.

    Raises `TriggerError` for a mark that is damaged or another address's.
    """
    try:
        document = read_json(text)
        schema, seen = document["schema"], document["seen"]
        if schema not in (_SCHEMA, _WITH_CONTENT) or document["url"] != url or not isinstance(seen, list):
            raise ValueError(f"it is schema {schema!r} about {document['url']!r:.120}")
        if not all(isinstance(etag, str) and etag for etag in seen):
            raise ValueError("it names something that is no ETag")
        content = _read_content(document["content"]) if schema == _WITH_CONTENT else None
    except (ValueError, KeyError, TypeError) as error:
        raise TriggerError(
            f"the mark {where} cannot be read: {error}", "delete it; the content that lies there now is then new"
        ) from None
    return tuple(seen), content


def _read_content(fields: object) -> SeenContent:
    if not isinstance(fields, dict) or fields.keys() != asdict(SeenContent("")).keys():
        raise ValueError("its content has other fields")
    content = SeenContent(**fields)
    texts = (content.etag, content.size, content.modified, content.digest)
    if not all(isinstance(text, str) for text in texts) or type(content.read) not in (int, float):
        raise ValueError("its content has a field of another kind")
    return content
