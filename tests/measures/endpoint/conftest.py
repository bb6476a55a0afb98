"""A stand-in for a scoring service, sound by default and misbehaving on demand, and a project that holds the endpoint checks."""

from __future__ import annotations

import json
import math
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

# Imported once here, not again by every run in this process.
import gates.fixtures.data
import gates.fixtures.endpoint
import gates.fixtures.model
import gates.fixtures.nightly
import gates.fixtures.two_files
import gates.fixtures.work
import gates.measures.endpoint.load
import gates.measures.endpoint.malformed
from gates.measures.endpoint.run_queue import Times

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
DIGEST = f"sha256:{'a' * 64}"
COLUMNS = ("a", "b", "c", "d")
MATRIX = (
    (0.5, -1.25, 3.0, 0.0),
    (-2.0, 0.5, 0.25, 1.0),
    (1.5, 2.5, -0.5, 1.0),
    (-4.0, 0.1, 0.2, 0.0),
    (0.1, 0.2, 0.3, 1.0),
)


@dataclass(frozen=True)
class Asked:
    """A request as the service sees it; ``count`` is its number, from one."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    count: int


@dataclass(frozen=True)
class Reply:
    """``status`` 0 drops the connection."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Respond = Callable[[Asked], Reply]


def reply(status: int, content: object) -> Reply:
    headers = {"Content-Type": "application/json", "x-ms-run-fn-exec-ms": "0.700", "x-ms-run-function-failed": "False"}
    return Reply(status, json.dumps(content).encode(), headers)


def refuse(sentence: str) -> Reply:
    return reply(400, {"message": sentence})


def shares(row: tuple[float, ...]) -> list[float]:
    high = 1 / (1 + math.exp(-max(-30.0, min(30.0, sum(row)))))
    return [1 - high, high]


def label(row: tuple[float, ...]) -> str:
    return "high" if sum(row) > 0 else "low"


def sound(asked: Asked) -> Reply:
    """A service without a fault: four numbers a row, as lists or records, at most 50 rows."""
    if asked.method == "GET":
        return Reply(200, b"Healthy")
    if asked.headers.get("content-type") != "application/json":
        return reply(415, {"message": "wanted application/json"})
    try:
        content = json.loads(asked.body)
        data = content["data"]
        rows = [[row[name] for name in COLUMNS] if isinstance(row, dict) else row for row in data]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return refuse(f"not a request: {type(error).__name__}")
    if not isinstance(data, list) or not 0 < len(rows) <= 50 or len({type(row) for row in data}) != 1:
        return refuse("wanted 1 to 50 rows of one form")
    if not all(isinstance(row, list) for row in rows):
        return refuse("wanted rows")
    if any(len(row) != 4 for row in [*rows, *(row for row in data if isinstance(row, dict))]):
        return refuse("wanted 4 values")
    if not all(isinstance(value, float | int) and abs(value) < 1e30 for row in rows for value in row):
        return refuse("wanted finite numbers")
    answer = {"result": [label(row) for row in rows], "model": {"name": "toy", "version": 3, "digest": DIGEST}}
    return reply(
        200, answer | {"probabilities": [shares(row) for row in rows]} if content.get("probabilities") else answer
    )


def altered(change: Callable[[dict], object]) -> Respond:
    """Sound, but a good answer is first changed."""

    def respond(asked: Asked) -> Reply:
        found = sound(asked)
        if asked.method == "GET" or found.status != 200:
            return found
        return replace(found, body=json.dumps(change(json.loads(found.body))).encode())

    return respond


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        service = self.server.service  # type: ignore[attr-defined]
        found = service.take(Asked(self.command, self.path, headers, body, 0))
        if found.status == 0:
            self.close_connection = True
            return
        self.send_response(found.status)
        for name, value in found.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        self.wfile.write(found.body)

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


class Service:
    """A running stand-in; ``respond`` may be exchanged at any time, ``asked`` holds every request."""

    def __init__(self, server: type[HTTPServer] = ThreadingHTTPServer, protocol: str = "HTTP/1.1") -> None:
        self.respond: Respond = sound
        self.asked: list[Asked] = []
        self._lock = threading.Lock()
        self._server = server(("127.0.0.1", 0), type("Handler", (_Handler,), {"protocol_version": protocol}))
        self._server.service = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def take(self, asked: Asked) -> Reply:
        with self._lock:
            asked = replace(asked, count=len(self.asked) + 1)
            self.asked.append(asked)
        return self.respond(asked)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.stop()


@pytest.fixture
def single() -> Iterator[Service]:
    """A service that looks after one connection at a time, which it closes after its answer."""
    running = Service(HTTPServer, "HTTP/1.0")
    yield running
    running.stop()


class InventedQueue:
    """A run queue whose readings grow by ``wait`` milliseconds with each, while others ran as long as need be."""

    sentence = "service and callers waited for a core"

    def __init__(self, wait: float) -> None:
        self._wait, self._sum = wait, 0

    def read(self) -> dict[tuple[int, int], Times]:
        self._sum += int(self._wait * 1e6)
        return {(1, 1): Times(0, self._sum)}

    def share_of_others(self) -> Callable[[], float]:
        return lambda: 1.0


@pytest.fixture
def wait_for_a_core(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Invent how many milliseconds service and callers waited for a core, whatever else runs on this machine."""
    return lambda wait: monkeypatch.setattr(
        gates.measures.endpoint.load, "RunQueue", SimpleNamespace(of=lambda url: InventedQueue(wait))
    )


@pytest.fixture
def toys() -> SimpleNamespace:
    """The parts of the stand-in, for tests that misbehave in their own way."""
    return SimpleNamespace(
        sound=sound, altered=altered, reply=reply, Reply=Reply, digest=DIGEST, columns=COLUMNS, matrix=MATRIX
    )


@pytest.fixture
def golden() -> SimpleNamespace:
    return SimpleNamespace(
        rows=[dict(zip(COLUMNS, row, strict=True)) for row in MATRIX],
        matrix=[list(row) for row in MATRIX],
        predictions=[label(row) for row in MATRIX],
        probabilities=[shares(row) for row in MATRIX],
    )


@pytest.fixture
def policy() -> str:
    return (HERE / "policy_for_endpoint_checks.toml").read_text(encoding="utf-8")


@pytest.fixture
def run_checks(pytester: pytest.Pytester, golden: SimpleNamespace, policy: str):
    """Run the endpoint checks in a project of their own; ``of`` names the modules, without their ``test_``.

    The folder has another name there, so that the copies do not hide the library that they import.
    """

    def run(url: str, *of: str, changed: str | None = None, case: dict | None = None, apart: bool = False):
        """``changed``: another policy; ``apart``: in a process of its own, which is dearer."""
        folder = pytester.mkdir("checks")
        for module in (ROOT / "endpoint_checks").glob("test_*.py"):
            shutil.copy(module, folder)
        subject = {"name": "toy", "version": 3, "digest": DIGEST}
        known = {"url": url, "key": None, "task": "classification", "golden": vars(golden), "subject": subject}
        shutil.copy(HERE / "subjects_for_endpoint_checks.py", pytester.path / "conftest.py")
        (pytester.path / "case.json").write_text(json.dumps({**known, **(case or {})}), encoding="utf-8")
        pytester.makepyprojecttoml(changed or policy)
        chosen = [f"checks/test_{name}.py" for name in of] or ["checks"]
        start = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return start(
            "--import-mode=importlib",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:hypothesispytest",
            "--tb=short",
            *chosen,
        )

    return run
