"""A small HTTP or HTTPS server on this machine that answers what a test tells it to, and keeps what it was asked."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Answer:
    """What to answer. ``delay`` is in seconds."""

    status: int = 204
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0


class Loopback:
    """``answers`` are given in order, the last one for ever; ``respond`` may decide for each request instead."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.answers: list[Answer] = [Answer()]
        self.respond: Callable[[Asked], Answer] | None = None

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if self.respond is not None:
            return self.respond(asked)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serve(certificate: tuple[Path, Path] | None = None) -> Iterator[Loopback]:
    """A server for the block; with TLS where ``certificate`` names a certificate and its key."""
    loopback = Loopback("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = loopback.answer(Asked(self.command, self.path, headers, body))
            time.sleep(answer.delay)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
        setattr(Handler, f"do_{method}", Handler.handle_any)

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *arguments: object) -> None:
            """A client that went away is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    loopback.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    runner = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    runner.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()
