"""Answer what Event Grid sends: prove that we are who subscribed, tell of the watched blob once, ignore everything else.

Event Grid delivers at least once and in any order. What cannot be dealt with now is answered with 503, so that it comes
again; what can never be dealt with gets 400, so that it does not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gates.errors import ConfigError, GatesError
from gates.work.mark_documents import MarkStore
from gates.work.triggers.event import CREATED, BlobEvent, read_event

VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_LARGEST = 1 << 20  # what Event Grid sends at most
_PREFIX = "/blobServices/default/containers/"


@dataclass(frozen=True, slots=True)
class EventReply:
    """Hold a status and a JSON body."""

    status: int
    body: Mapping[str, object]


class Receiver:
    """Handle events of one container and path, and ``send`` each once. A path that ends with ``/`` takes everything below it."""

    def __init__(self, container: str, path: str, marks: MarkStore, send: Callable[[BlobEvent], str]) -> None:
        self._subject = f"{_PREFIX}{container}/blobs/{path}"
        self._marks = marks
        self._send = send

    def receive(self, body: bytes) -> EventReply:
        """Handle one request of Event Grid and return the reply to it."""
        if len(body) > _LARGEST:
            return EventReply(413, {"message": f"{len(body):,} bytes; at most {_LARGEST:,} are taken"})
        try:
            events = _listed(body)
            if code := _validation(events):
                return EventReply(200, {"validationResponse": code})
            wanted = [event for event in map(self._ours, events) if event is not None]
        except ValueError as error:
            return EventReply(400, {"message": f"not what Event Grid sends: {error}"})
        sent, repeated = 0, 0
        for event in wanted:
            try:
                new = self._tell(event)
            except GatesError as error:
                return EventReply(503, {"message": error.message, "sent": sent})
            sent, repeated = sent + new, repeated + (not new)
        return EventReply(200, {"sent": sent, "repeated": repeated, "ignored": len(events) - len(wanted)})

    def _ours(self, content: Mapping[str, object]) -> BlobEvent | None:
        """The event, if it says that the watched blob holds something new; an empty blob is one that is still being made."""
        subject = content.get("subject")
        if content.get("eventType") != CREATED or not isinstance(subject, str):
            return None
        below = self._subject.endswith("/") and subject.startswith(self._subject)
        if subject != self._subject and not below:
            return None
        event = read_event(content)
        return None if event.size == 0 else event

    def _tell(self, event: BlobEvent) -> bool:
        with self._marks.hold(event.url) as mark:
            if mark is None:
                raise _Busy(f"{event.subject} is being dealt with by another instance")
            if event.etag in mark.seen:
                return False
            self._send(event)
            mark.add(event.etag)
            return True


class _Busy(GatesError):
    """Another instance holds the mark."""


def _listed(body: bytes) -> Sequence[Mapping[str, object]]:
    try:
        content = json.loads(body)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    events = content if isinstance(content, list) else [content]
    if not events or not all(isinstance(event, dict) for event in events):
        raise ValueError("wanted a list of events")
    return events


def _validation(events: Sequence[Mapping[str, object]]) -> str:
    """The code of a handshake, or nothing."""
    for event in events:
        if event.get("eventType") == VALIDATION:
            data = event.get("data")
            code = data.get("validationCode") if isinstance(data, dict) else None
            if not isinstance(code, str) or not code:
                raise ValueError("a validation without a code")
            return code
    return ""


def open_receiver(environment: Mapping[str, str], marks: MarkStore, send: Callable[[BlobEvent], str]) -> Receiver:
    """Return a receiver of events about WATCHED_PATH in WATCHED_CONTAINER. Raises `ConfigError` with every fault."""
    container, path = environment.get("WATCHED_CONTAINER", ""), environment.get("WATCHED_PATH", "").lstrip("/")
    faults = [
        f"{name} is not set" for name, value in (("WATCHED_CONTAINER", container), ("WATCHED_PATH", path)) if not value
    ]
    if "/" in container:
        faults.append(f"WATCHED_CONTAINER is {container!r:.80}; wanted the name of a container")
    if faults:
        raise ConfigError(tuple(faults), "set them in the application settings of the function")
    return Receiver(container, path, marks, send)
