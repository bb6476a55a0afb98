"""Tell GitHub that training data changed: a ``repository_dispatch``, which starts the workflow that listens for it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gates.errors import ConfigError
from gates.work.errors import TriggerError
from gates.work.triggers.event import BlobEvent
from gates.work.triggers.web import Service, require_safe

EVENT_TYPE = "storage-blobupdated"
_MOST_KEYS, _LONGEST_TYPE, _LARGEST = 10, 100, 64 * 1024
_REPOSITORY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?/[A-Za-z0-9._-]+\Z")
_REMEDIES = {
    401: "GITHUB_TOKEN is not valid: it may have expired; make a new one",
    403: "the token needs contents: write on this repository",
    404: "check GITHUB_REPOSITORY, and that the token may see this repository: GitHub says 'not found' for both",
    422: "GitHub does not take this event; this is a fault in gates",
}


@dataclass(frozen=True, slots=True)
class GitHub:
    """Dispatch events to one repository, with a token that no representation shows."""

    url: str
    repository: str
    service: Service

    def __repr__(self) -> str:
        return f"GitHub({self.repository})"

    def send(self, event: BlobEvent) -> str:
        """Dispatch the event; returns a sentence. Raises `TriggerError` where GitHub did not take it."""
        answer = self.service.post(f"{self.url}/repos/{self.repository}/dispatches", dispatch_of(event))
        if answer.status != 204:
            raise TriggerError(f"GitHub answered {answer.status}, wanted 204", "check GITHUB_API_URL")
        return f"sent {EVENT_TYPE} to GitHub {self.repository}"


def dispatch_of(event: BlobEvent, event_type: str = EVENT_TYPE) -> dict[str, object]:
    """Return the body of the call, within GitHub's limits. Raises `TriggerError` where the event does not fit in them."""
    content = event.as_json()
    payload: dict[str, object] = {
        "id": event.id,
        "eventType": content["eventType"],
        "eventTime": content["eventTime"],
        "subject": event.subject,
        "url": event.url,
        "eTag": event.etag,
        "contentLength": event.size,
    }
    return within_limits({"event_type": event_type, "client_payload": payload})


def within_limits(body: dict[str, object]) -> dict[str, object]:
    """Return ``body`` unchanged. Raises `TriggerError` for what GitHub would refuse with 422, before it is sent."""
    event_type, payload = body["event_type"], body["client_payload"]
    assert isinstance(event_type, str)
    assert isinstance(payload, dict)
    size = len(json.dumps(payload).encode())
    for amount, most, what in (
        (len(payload), _MOST_KEYS, "keys in its payload"),
        (len(event_type), _LONGEST_TYPE, "characters in its type"),
        (size, _LARGEST - 1, "bytes of payload"),
    ):
        if amount > most:
            raise TriggerError(f"the event has {amount} {what}; GitHub takes {most}", "shorten the name of the data")
    if not event_type:
        raise TriggerError("the event has no type", "give it one")
    return body


def open_github(environment: Mapping[str, str], sleep: Callable[[float], None] = time.sleep) -> GitHub:
    """Return GitHub as GITHUB_REPOSITORY, GITHUB_TOKEN (or GH_TOKEN) and GITHUB_API_URL name it.

    Raises `ConfigError` with every fault.
    """
    repository = environment.get("GITHUB_REPOSITORY", "")
    token = environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or ""
    faults = []
    if not _REPOSITORY.match(repository):
        faults.append(f"GITHUB_REPOSITORY is {repository!r:.120}; wanted OWNER/NAME")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        faults.append("GITHUB_TOKEN is not set, or holds what no token holds" if token else "GITHUB_TOKEN is not set")
    try:
        url = require_safe(environment.get("GITHUB_API_URL") or "https://api.github.com", "GITHUB_API_URL")
    except ConfigError as error:
        faults, url = [*faults, *error.faults], ""
    if faults:
        raise ConfigError(tuple(faults), "set the variables in the environment; the token is read from nowhere else")
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    return GitHub(url, repository, Service("GitHub", f"Bearer {token}", token, headers, _REMEDIES, sleep))
