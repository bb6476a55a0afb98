"""The HTTPS server of the stand-in: log every request, fail where a fault was injected, hand the rest to resources."""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from standin.faults import Faults
from standin.tokens import make_token

Json = dict[str, object]
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = "lab"
WORKSPACE = "lab-workspace"
PROVIDER = "/providers/Microsoft.MachineLearningServices"
ROOT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}{PROVIDER}/workspaces/{WORKSPACE}"
COMPUTE_SECRET = "planted-compute-secret-0c9d8e7f6a5b4c3d2e1f00112233445566"
JOBS_CLIENT = "00000000-0000-0000-0000-00000000000c"
IDENTITY_SECRET = "planted-identity-secret-6f1d2c3b4a5968778695a4b3c2d1e0ff"


@dataclass(frozen=True)
class Asked:
    """One request. ``path`` is without the query; ``tail`` is what comes after the workspace's own path."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def version(self) -> str:
        return self.query.get("api-version", "")

    @property
    def tail(self) -> str:
        return self.path[len(ROOT) :].strip("/") if self.path.lower().startswith(ROOT.lower()) else ""

    @property
    def content(self) -> Json | None:
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Reply:
    status: int
    content: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None


@dataclass(frozen=True)
class Call:
    """One line of the log."""

    asked: Asked
    reply: Reply
    injected: bool = False

    @property
    def line(self) -> tuple[str, str, str]:
        """Method, path with names taken out, and api-version."""
        return self.asked.method, plain(self.asked.tail), self.asked.version


def plain(path: str) -> str:
    """A path without the names that differ from run to run."""
    parts = path.split("/")
    for place in range(1, len(parts), 2):
        if parts[place] not in ("providers",):
            parts[place] = "*"
    return "/".join(parts)


def error(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}})


Handle = Callable[[Asked], Reply]


class Arm:
    """A running stand-in. ``calls`` is the log; ``faults`` may be injected at any time."""

    def __init__(self, certificate: tuple[Path, Path]) -> None:
        self.calls: list[Call] = []
        self.faults = Faults()
        self.routes: list[tuple[re.Pattern[str], Handle]] = []
        self.certificate = certificate
        self._lock = threading.Lock()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*map(str, certificate))
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.arm = self
        self._server.context = context
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.route(r"/msi/token\Z", self._token)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_port}"

    def route(self, pattern: str, handle: Handle) -> None:
        self.routes.append((re.compile(pattern, re.IGNORECASE), handle))

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, asked: Asked) -> Reply:
        fault = self.faults.due(asked.method, asked.path)
        if fault is not None:
            if fault.status < 0:
                time.sleep(fault.after or 5)
            reply = error(fault.status, fault.code, fault.message)
            reply = Reply(reply.status, reply.content, dict(fault.headers))
        else:
            reply = self._answer(asked)
        with self._lock:
            self.calls.append(Call(asked, reply, fault is not None))
        return reply

    def _answer(self, asked: Asked) -> Reply:
        for pattern, handle in self.routes:
            if pattern.search(asked.path):
                if asked.path.lower().startswith("/subscriptions") and not self._known(asked):
                    return error(401, "InvalidAuthenticationToken", "The access token is missing or invalid.")
                try:
                    return handle(asked)
                except Exception as problem:  # a fault of the stand-in must be seen, not waited for
                    return error(500, "StandInFailed", f"{type(problem).__name__}: {problem}")
        return error(404, "ResourceNotFound", f"The Resource '{asked.path}' was not found.")

    def _known(self, asked: Asked) -> bool:
        return asked.headers.get("authorization", "").startswith("Bearer ey")

    def _token(self, asked: Asked) -> Reply:
        """What a machine's identity endpoint answers to `DefaultAzureCredential`."""
        secret = asked.headers.get("x-identity-header")
        if (
            secret == COMPUTE_SECRET and asked.query.get("client_id") != JOBS_CLIENT
        ):  # as a machine with assigned identities alone
            return error(400, "invalid_request", "No managed identity was found for the specified client id")
        if secret not in (IDENTITY_SECRET, COMPUTE_SECRET):
            return error(401, "Unauthorized", "wrong identity header")
        audience = asked.query["resource"]
        expires = str(int(time.time()) + 3600)
        return Reply(
            200,
            {"access_token": make_token(audience), "expires_on": expires, "resource": audience, "token_type": "Bearer"},
        )


class _Server(ThreadingHTTPServer):
    arm: Arm
    context: ssl.SSLContext
    daemon_threads = True
    request_queue_size = 64

    def finish_request(self, request, client_address) -> None:
        """TLS is spoken in the request's own thread, so that a client that does not trust us holds up nobody."""
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except (ssl.SSLError, OSError):
            return
        super().finish_request(secured, client_address)

    def shutdown_request(self, request) -> None:
        request.close()

    def handle_error(self, request, client_address) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    timeout = 60

    def _take(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = self._chunks()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.arm.take(Asked(self.command, address.path, query, headers, body))
        if reply.status <= 0:
            self.close_connection = True
            return
        raw = (
            reply.raw if reply.raw is not None else b"" if reply.content is None else json.dumps(reply.content).encode()
        )
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _take  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass
