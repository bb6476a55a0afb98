"""Send one small JSON document to a service, patiently and once more where the service asks for it.

The credential goes to the named host over TLS and nowhere else: no redirect is followed, and it is cut out of everything
that is said.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import NoReturn
from urllib.parse import urlsplit

from gates.errors import ConfigError
from gates.work.errors import TriggerError

PATIENCE = 60.0  # seconds that all waiting for one document may take together
_ATTEMPTS = 4
_AGAIN = (429, 500, 502, 503, 504)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_MOST = 1 << 16


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Hold the answer of a service: its status, headers and body."""

    status: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Service:
    """Whom to send to. ``name`` is how messages call it; ``remedies`` say what to do about an answer, by status."""

    name: str
    authorization: str = field(repr=False)
    secret: str = field(repr=False)
    headers: Mapping[str, str]
    remedies: Mapping[int, str]
    sleep: Callable[[float], None] = time.sleep
    timeout: float = 20.0

    def post(self, url: str, document: Mapping[str, object]) -> HttpAnswer:
        """Send a JSON body and return the answer of the service, of any status that is not an error.

        Raises `TriggerError` for an error that stays, for one that passes but not in time, and where the service cannot
        be reached.
        """
        body = json.dumps(document, allow_nan=False, ensure_ascii=False).encode()
        waited = 0.0
        for attempt in range(_ATTEMPTS):
            pause, problem = 2.0**attempt, ""
            try:
                return self._once(url, body)
            except urllib.error.HTTPError as error:
                wait = _wait(error.headers)
                throttled = error.code in _AGAIN or (error.code == 403 and wait is not None)
                problem = self._explain(error)
                if not throttled:
                    self._give_up(problem, error.code)
                pause = pause if wait is None else wait
            except (urllib.error.URLError, http.client.HTTPException, TimeoutError, OSError) as error:
                reason = getattr(error, "reason", None) or error
                problem = self._clean(f"{self.name} cannot be reached: {reason}")
                if "CERTIFICATE_VERIFY_FAILED" in problem:
                    self._give_up(problem, 0)
            if attempt + 1 == _ATTEMPTS or waited + pause > PATIENCE:
                raise TriggerError(
                    f"{problem}; tried {attempt + 1} times"
                    + (f", which wanted a wait of {pause:.0f} s" if pause > 8 else ""),
                    "the event is not marked as dealt with and comes again",
                )
            self.sleep(pause)
            waited += pause
        raise AssertionError("the last attempt returns or raises")

    def _once(self, url: str, body: bytes) -> HttpAnswer:
        headers = {**self.headers, "Content-Type": "application/json", "User-Agent": "gates"}
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")
        request.add_unredirected_header("Authorization", self.authorization)
        direct = [urllib.request.ProxyHandler({})] if url.startswith("http://") else []  # this machine needs no proxy
        opener = urllib.request.build_opener(_NoRedirect, *direct)
        with opener.open(request, timeout=self.timeout) as answer:
            return HttpAnswer(answer.status, answer.read(_MOST))

    def _explain(self, error: urllib.error.HTTPError) -> str:
        try:
            content = json.loads(error.read(_MOST))
            message = str(content.get("message", ""))[:300] if isinstance(content, dict) else ""
        except (ValueError, OSError, RecursionError, http.client.HTTPException):
            message = ""
        return self._clean(f"{self.name} answered {error.code} {error.reason}" + (f": {message}" if message else ""))

    def _clean(self, text: str) -> str:
        for secret in (self.authorization.partition(" ")[2], self.secret):
            text = text.replace(secret, "***")
        return text

    def _give_up(self, problem: str, status: int) -> NoReturn:
        raise TriggerError(problem, self.remedies.get(status, "check the address and the certificate of the service"))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect ends as the error that it is: the credential is for one host."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def require_safe(url: str, variable: str) -> str:
    """Return ``url`` without a slash at its end. Raises `ConfigError` unless it is https, or http on this very machine."""
    parts = urlsplit(url)
    if not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)) or not parts.hostname:
        raise ConfigError(f"{variable} is {url!r:.120}, which is no https URL", "a token never travels in clear text")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError(f"{variable} holds more than an address", "give the token in its own variable")
    return url.rstrip("/")


def _wait(headers: Message) -> float | None:
    """Seconds that the service asks to wait, or None: Retry-After as seconds or as a date, or GitHub's rate limit."""
    text = headers.get("Retry-After") or ""
    if text.strip().isdigit():
        return float(text)
    if text:
        try:
            return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
        except (ValueError, TypeError):
            return None
    reset = headers.get("x-ratelimit-reset") or ""
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return max(0.0, float(reset) - time.time())
    return None
