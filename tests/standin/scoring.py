"""Online endpoints with real scoring servers behind them: the server that Azure's images run, and a router in front as Azure's.

The router wants the endpoint's key, goes by the deployment's name or by the shares, copies requests to a mirror, and wraps every
answer of a model that is not 200 into 424.
"""

from __future__ import annotations

import http.client
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from standin.arm import Asked, Reply, error
from standin.storage import Storage

_UP_WITHIN = 240.0
_HOP = {"connection", "content-length", "transfer-encoding", "server", "date", "keep-alive"}


@dataclass
class Running:
    """A scoring server and the folder that is its own."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path
    log: Path


class Deployments:
    """The servers of all endpoints."""

    def __init__(self, folder: Path, storage: Storage | None) -> None:
        self._folder = folder
        self._storage = storage
        self._running: dict[tuple[str, str], Running] = {}
        self._logs: dict[tuple[str, str], Path] = {}
        self._traffic: dict[str, dict[str, int]] = {}
        self._mirror: dict[str, dict[str, int]] = {}
        self._chance = random.Random(0)
        self._number = 0
        self._pretended: set[tuple[str, str]] = set()
        self.answered: Counter[str] = Counter()
        self.mirrored: Counter[str] = Counter()
        self.never_healthy = False
        self.pretends = False  # without servers: the router itself answers, for tests of what surrounds it
        self.waits = threading.Event()  # set: deployments may get ready
        self.waits.set()
        self.keys: Callable[[str], list[str]] = lambda endpoint: []
        self.before_scoring: Callable[[str, str], Reply | None] = lambda endpoint, deployment: None

    def start(self, endpoint: str, name: str, code: str, model: str, script: str, variables: Mapping[str, str]) -> None:
        """Place code and model as Azure does, start the server, and wait until it is healthy. Raises where it never is."""
        assert self._storage is not None
        self.waits.wait(60)
        if self.pretends:
            if self.never_healthy:
                raise RuntimeError("the server was never healthy")
            self._pretended.add((endpoint, name))
            return
        self._number += 1
        folder = self._folder / f"{endpoint}-{name}-{self._number}"
        folder.mkdir(parents=True)
        root = self._storage.download(code, folder / "azureml-app")
        models = folder / "azureml-models" / "model" / "1"
        self._storage.download(model, models)
        if self.never_healthy:
            (root / script).write_text(
                "def init():\n    raise RuntimeError('the model is not to be had')\n\ndef run(data): ...\n"
            )
        log = folder / "server.log"
        self._logs[endpoint, name] = log
        with socket.socket() as listener, log.open("wb") as output:
            listener.bind(("127.0.0.1", 0))
            listener.listen(64)
            port = listener.getsockname()[1]
            process = subprocess.Popen(
                [
                    sys.executable, "-m", "gunicorn", "--no-control-socket", "-b", f"fd://{listener.fileno()}", "-w", "1",
                    "--timeout", "300", "--graceful-timeout", "1", "azureml_inference_server_http.server.entry:app",
                ],
                cwd=root, pass_fds=(listener.fileno(),), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env={
                    "PATH": os.environ["PATH"], "HOME": str(folder), "AML_APP_ROOT": str(root), "AZUREML_ENTRY_SCRIPT": script,
                    "AZUREML_MODEL_DIR": str(models), "PYTHONUNBUFFERED": "1", **variables,
                },
            )  # fmt: skip
        self.stop(endpoint, name)
        self._running[endpoint, name] = Running(process, port, folder, log)
        self._await(process, port, log)

    def _await(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        deadline = time.monotonic() + _UP_WITHIN
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with exit code {process.returncode}")
            try:
                if _ask(port, "GET", "/", {}, b"", 5.0)[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.1)
        raise RuntimeError("the server was never healthy")

    def log(self, endpoint: str, name: str) -> str:
        log = self._logs.get((endpoint, name))
        return log.read_text(errors="replace") if log and log.exists() else ""

    def share(self, endpoint: str, traffic: dict[str, int], mirror: dict[str, int]) -> None:
        self._traffic[endpoint], self._mirror[endpoint] = traffic, mirror

    def has_traffic(self, endpoint: str, name: str) -> bool:
        return bool(self._traffic.get(endpoint, {}).get(name) or self._mirror.get(endpoint, {}).get(name))

    def stop(self, endpoint: str, name: str) -> None:
        running = self._running.pop((endpoint, name), None)
        if running is None:
            return
        running.process.terminate()
        try:
            running.process.wait(10)
        except subprocess.TimeoutExpired:
            running.process.kill()
            running.process.wait(10)
        shutil.rmtree(running.folder / "azureml-app", ignore_errors=True)

    def stop_all(self) -> None:
        for endpoint, name in list(self._running):
            self.stop(endpoint, name)
        self._traffic.clear()
        self._mirror.clear()
        self._pretended.clear()
        self.never_healthy = self.pretends = False
        self.waits.set()
        self.before_scoring = lambda endpoint, deployment: None

    def answer(self, asked: Asked) -> Reply:
        """What the router answers for ``/endpoints/NAME/...``."""
        _, _, endpoint, *rest = asked.path.split("/")
        given = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not given or given not in self.keys(endpoint):
            return error(401, "AuthFailed", "key_auth_access_denied")
        chosen = asked.headers.get("azureml-model-deployment") or self._choose(self._traffic.get(endpoint, {}))
        if (endpoint, chosen) in self._pretended:
            return Reply(200, {"result": [chosen]})
        running = self._running.get((endpoint, chosen))
        if running is None:
            return error(404, "DeploymentNotFound", "no deployment answers")
        self._copy(endpoint, asked, "/".join(["", *rest]))
        found = self.before_scoring(endpoint, chosen)
        if found is not None:
            return found
        try:
            status, headers, body = _ask(
                running.port, asked.method, "/".join(["", *rest]), asked.headers, asked.body, 60.0
            )
        except (OSError, http.client.HTTPException):
            return error(502, "BadGateway", "the deployment does not answer")
        self.answered[chosen] += 1
        kept = {name: value for name, value in headers.items() if name.lower() not in _HOP}
        kept |= {"azureml-model-deployment": chosen}
        if status != 200:
            return Reply(424, None, {**kept, "ms-azureml-model-error-statuscode": str(status)}, raw=body)
        return Reply(200, None, kept, raw=body)

    def _choose(self, traffic: Mapping[str, int]) -> str:
        names = [name for name, share in traffic.items() if share]
        return self._chance.choices(names, [traffic[name] for name in names])[0] if names else ""

    def _copy(self, endpoint: str, asked: Asked, path: str) -> None:
        """Send a copy to the mirror now and then; nobody waits for its answer."""
        for name, share in self._mirror.get(endpoint, {}).items():
            running = self._running.get((endpoint, name))
            if running and not asked.headers.get("azureml-model-deployment") and self._chance.random() < share / 100:
                self.mirrored[name] += 1
                threading.Thread(
                    target=_ask, args=(running.port, asked.method, path, asked.headers, asked.body, 60.0), daemon=True
                ).start()


def _ask(
    port: int, method: str, path: str, headers: Mapping[str, str], body: bytes, limit: float
) -> tuple[int, Mapping[str, str], bytes]:
    """One request to a scoring server, which never sees the caller's key."""
    passed = {name: value for name, value in headers.items() if name in ("content-type", "accept", "x-request-id")}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limit)
    try:
        connection.request(method, path or "/", body or None, passed)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()
