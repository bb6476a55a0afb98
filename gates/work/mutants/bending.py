"""A small server on 127.0.0.1 in this process that stands in front of a good endpoint and bends its answers."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from itertools import count
from typing import Any, cast

_PASSED_ON = ("content-type", "x-ms-run-fn-exec-ms", "x-ms-run-function-failed", "x-ms-server-version")
_PATIENCE = 8.0  # seconds for a slow client, where one client is served at a time


@dataclass(frozen=True, slots=True)
class EndpointReply:
    """Hold an answer on its way to the caller; ``number`` counts the requests."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    number: int
    is_score: bool

    @property
    def is_good(self) -> bool:
        """Return whether it answers a scoring request with status 200."""
        return self.status == 200 and self.is_score

    def say(self, status: int, body: bytes, **headers: str) -> EndpointReply:
        """Return another reply to the same request: JSON, with further headers, ``_`` for ``-`` in their names."""
        kept = {"content-type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
        return EndpointReply(status, kept, body, self.number, self.is_score)

    def edit(self, change: Callable[[dict[str, Any]], None]) -> EndpointReply:
        """Return the same reply with its JSON object changed by ``change``."""
        content = json.loads(self.body)
        change(content)
        return EndpointReply(self.status, self.headers, json.dumps(content).encode(), self.number, self.is_score)


Bend = Callable[[EndpointReply], EndpointReply]


class BentEndpoint:
    """Run a faulty endpoint in front of a good one: ``url`` is its address, and `stop` ends it.

    One that serves ``one_at_a_time`` waits for a slow client for seconds, and everybody else waits with it.
    """

    def __init__(self, good: str, bend: Bend | None, *, one_at_a_time: bool = False) -> None:
        self._server = (_OneAtATime if one_at_a_time else _Server)(good, bend or (lambda reply: reply))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        if bend is None:
            self._server.server_close()  # the port was free a moment ago: now nobody answers there
            return
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the server; doing it twice is no error."""
        if hasattr(self, "_thread"):
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("content-length") or 0)))

    def _answer(self, body: bytes | None) -> None:
        server = cast("_Server", self.server)
        kind = self.headers.get("content-type")
        request = urllib.request.Request(server.good + self.path, body, {"content-type": kind} if kind else {})
        if body is not None and kind is None:
            request.add_unredirected_header("content-type", "")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, headers, content = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            status, headers, content = error.code, error.headers, error.read()
        kept = {name: headers[name] for name in _PASSED_ON if headers[name] is not None}
        reply = server.bend(EndpointReply(status, kept, content, next(server.requests), self.path.startswith("/score")))
        self.send_response(reply.status)
        for name, text in reply.headers.items():
            self.send_header(name, text)
        self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """Bent endpoints say nothing of their own."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    handler: type[BaseHTTPRequestHandler] = _Handler

    def __init__(self, good: str, bend: Bend) -> None:
        super().__init__(("127.0.0.1", 0), self.handler)
        self.good = good
        self.bend = bend
        self.requests = count(1)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that hung up is no news."""


class _PatientHandler(_Handler):
    """Waits for the rest of a request, and keeps no connection: the next client has to come to its turn."""

    protocol_version = "HTTP/1.0"
    timeout = _PATIENCE


class _OneAtATime(_Server):
    handler = _PatientHandler

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in the thread that listens, so that nobody else is heard meanwhile."""
        HTTPServer.process_request(self, request, client_address)
