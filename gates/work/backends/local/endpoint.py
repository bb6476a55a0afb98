"""Serve a model on this machine with the same server that Azure ML's images run, and leave nothing behind.

The socket is opened here, on 127.0.0.1 and a port that the kernel chooses, and handed to the server: no port can be
lost to another process between choosing and binding it, and a request that comes early waits instead of failing.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from gates.extras import SERVER, require
from gates.work.backends.local import boot, servers
from gates.work.errors import EndpointError
from gates.work.model.artifact import read_verified
from gates.work.processes import began, stop_group
from gates.work.records import Identity, NamedModel
from gates.work.serving.scorer import MODEL_FILE, write_identity

BOOT_SECONDS = 60.0
PURPOSE = "an endpoint on this machine"
_GRACE = 0.3  # a request that is being answered may end; an idle worker would only sleep on


class LocalEndpoint:
    """Serve a model on this machine. ``url`` is the base: ``GET url/`` is its health, ``POST url/score`` scores. It needs no key.

    Use as a context manager, or call `stop`; a command that ends without either is cleaned up at its exit, by the
    kernel, or by the next command.
    """

    key: None = None
    name: str = ""

    def __init__(
        self,
        home: Path,
        deployment: str,
        *,
        max_rows: int = 1000,
        trusted: Sequence[str] = (),
        loader: str = "",
        trust_pickle: str = "",
        source: Path | None = None,
    ) -> None:
        folder = servers.folder_of(home).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        self._home = home
        self._deployment = deployment
        self._max_rows = max_rows
        self._trusted = tuple(trusted)
        self._loader = loader
        self._trust_pickle = trust_pickle
        self._source = source
        self._folder = Path(tempfile.mkdtemp(dir=folder, prefix=f"{deployment}-"))
        self._models = 0
        self._worker = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.log = folder / f"{self._folder.name}.log"

    @property
    def url(self) -> str:
        """Return the base address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Return the number of the server's process and group; 0 once it is stopped."""
        return self._process.pid if self._process else 0

    def start(self, model: Path, identity: NamedModel, *, limit: float = BOOT_SECONDS, port: int = 0) -> Self:
        """Serve ``model``; port 0 lets the kernel choose.

        Raises `EndpointError` with the end of the log when it is not healthy in ``limit`` seconds, and `MissingExtra` without
        the packages of the server.
        """
        try:
            require(PURPOSE, *SERVER)
            self._place(model, Identity.of(identity))
            self._launch(limit, port)
            self._record()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the server and its worker, and remove what it needed. The log stays. Calling it twice is no error."""
        process, self._process = self._process, None
        if process is not None:
            _end(process, self._worker)
            servers.forget(self._home, self._deployment, process.pid)
        atexit.unregister(self.stop)
        shutil.rmtree(self._folder, ignore_errors=True)

    def become(self, deployment: str) -> None:
        """Take over a name without interruption.

        A server of this or a dead command under that name is stopped; one of a living command keeps its name.
        """
        holder = servers.recorded(self._home, deployment)
        if holder is not None and holder.pid != self.pid and holder.is_running:
            if holder.is_owned and holder.owner != os.getpid():
                return
            servers.end(holder)
        before, self._deployment = self._deployment, deployment
        self._record()
        servers.forget(self._home, before, self.pid)

    def reload(self, model: Path, identity: NamedModel, *, limit: float = BOOT_SECONDS) -> None:
        """Serve another model on the same port: a second worker loads it, then the first one leaves.

        Requests are answered all the while, for a moment by either. Raises `EndpointError` when the new model does not
        load; the one before serves on then.
        """
        if self._process is None:
            raise EndpointError(f"{self._deployment} is not running, so it cannot be reloaded", "deploy it again")
        before, worker, offset = str(self._current.readlink()), self._worker, self.log.stat().st_size
        self._place(model, Identity.of(identity))
        os.kill(self._process.pid, signal.SIGTTIN)
        try:
            self._worker = boot.await_worker(self._process, self.log, offset, limit)
        except EndpointError:
            self._point_to(before)
            _end(self._process, self._worker)
            self._launch(limit, port=self.port)
            self._record()
            raise
        os.kill(self._process.pid, signal.SIGTTOU)
        deadline = time.monotonic() + limit
        while began(worker):
            if time.monotonic() > deadline:
                raise EndpointError(
                    f"the worker before did not leave within {limit:g} seconds", "stop and deploy again"
                )
            time.sleep(0.02)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _current(self) -> Path:
        return self._folder / "model" / "0"  # the server logs a traceback unless the folder is called like a version

    def _place(self, model: Path, identity: Identity) -> None:
        """Verify the model, copy it beside its identity into a folder of its own, and point to it in one step."""
        content = read_verified(model, identity.digest)
        self._models += 1
        folder = self._folder / f"model-{self._models}"
        folder.mkdir()
        (folder / MODEL_FILE).write_bytes(content)
        write_identity(
            folder,
            identity,
            max_rows=self._max_rows,
            trusted=self._trusted,
            loader=self._loader,
            trust_pickle=self._trust_pickle,
        )
        self._point_to(f"../{folder.name}")

    def _point_to(self, target: str) -> None:
        self._current.parent.mkdir(exist_ok=True)
        fresh = self._current.with_name("next")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(self._current)

    def _launch(self, limit: float, port: int = 0) -> None:
        offset = self.log.stat().st_size if self.log.exists() else 0
        with boot.listen(port) as listener:
            self.port = listener.getsockname()[1]
            self._process = boot.spawn(listener, self._folder, self._current, self._source or self._folder, self.log)
        atexit.register(self.stop)
        self._worker = boot.await_worker(self._process, self.log, offset, limit)
        boot.await_health(self.port, self.log, limit)

    def _record(self) -> None:
        owner, owner_began = servers.this_process()
        servers.record(
            self._home,
            self._deployment,
            servers.Server(self.pid, began(self.pid), owner, owner_began, self.url, str(self._folder)),
        )


def _end(process: subprocess.Popen[bytes], worker: int) -> None:
    """Stop a server: its master gets the signal, and its idle worker, which would sleep on for a second, is not waited for.

    The worker is ended while its master still lives and can collect it, so that its processor time is counted.
    """
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE)
    with contextlib.suppress(OSError):
        if process.poll() is None and worker and os.getpgid(worker) == process.pid:
            os.kill(worker, signal.SIGKILL)
    stop_group(process)
