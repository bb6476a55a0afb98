"""The event that says "this content is new", in the form in which Azure Event Grid sends it for a blob.

Whoever listens cannot tell a watched file from a blob: the same keys, the same type, and an ``id`` that follows from
address and ETag, so that the same content reported twice is recognised as the same event.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import unquote, urlsplit

CREATED = "Microsoft.Storage.BlobCreated"
_NAMESPACE = uuid.UUID("5f1d7a0e-8f0e-4c39-9a53-3c1d5f0f4a11")


@dataclass(frozen=True, slots=True)
class BlobEvent:
    """Describe one content at one address. ``data`` is what a run reads; ``size`` is in bytes and None where it is unknown.

    ``url`` carries no query: a signature in it would travel to whoever is notified.
    """

    url: str
    etag: str
    subject: str
    at: datetime
    size: int | None
    data: str

    @property
    def id(self) -> str:
        """Return an id that follows from address and ETag: the same content is the same event."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.url}\n{self.etag}"))

    def as_json(self) -> dict[str, object]:
        """Return the event in the Event Grid schema, version 1."""
        at = self.at.astimezone(UTC)
        return {
            "id": self.id,
            "topic": "",
            "subject": self.subject,
            "eventType": CREATED,
            "eventTime": at.isoformat().replace("+00:00", "Z"),
            "dataVersion": "",
            "metadataVersion": "1",
            "data": {
                "api": "PutBlob",
                "eTag": self.etag,
                "contentLength": self.size,
                "blobType": "BlockBlob",
                "url": self.url,
                "sequencer": f"{int(at.timestamp() * 1_000_000):032x}",
            },
        }


def subject_of(url: str) -> str:
    """Return ``/blobServices/default/containers/CONTAINER/blobs/PATH`` for the address of a blob or a file."""
    parts = urlsplit(url)
    path = unquote(parts.path).strip("/")
    if parts.scheme == "file":
        folder, _, name = path.rpartition("/")
        return f"/blobServices/default/containers/{folder.rpartition('/')[2] or 'files'}/blobs/{name}"
    host = parts.hostname or ""
    if host.replace(".", "").isdigit() or host == "localhost":  # an emulator: the account is the first part of the path
        path = path.partition("/")[2]
    container, _, blob = path.partition("/")
    return f"/blobServices/default/containers/{container}/blobs/{blob}"


def read_event(content: object) -> BlobEvent:
    """Read an event as Event Grid sends it. Raises ValueError with a sentence for anything else."""
    if not isinstance(content, Mapping):
        raise ValueError(f"an event is a {type(content).__name__}; wanted an object")
    event = cast(Mapping[str, Any], content)
    data = event.get("data")
    if not isinstance(data, Mapping):
        raise ValueError(f"the data of an event are a {type(data).__name__}; wanted an object")
    texts = {"subject": event.get("subject"), "eventTime": event.get("eventTime")}
    texts |= {"data.url": data.get("url"), "data.eTag": data.get("eTag")}
    for key, value in texts.items():
        if not isinstance(value, str) or not value:
            raise ValueError(f"{key} of an event is {value!r:.80}; wanted a text")
    url = str(data["url"]).partition("?")[0]
    size = data.get("contentLength")
    at = datetime.fromisoformat(str(event["eventTime"]))
    if at.tzinfo is None:
        raise ValueError(f"eventTime {event['eventTime']!r:.80} has no zone")
    known = size if isinstance(size, int) and not isinstance(size, bool) else None
    return BlobEvent(url, str(data["eTag"]).strip('"'), str(event["subject"]), at, known, url)
