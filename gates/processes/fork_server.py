"""Start a child by forking a process that has imported the installed libraries already, where that can be done faithfully.

One such process, see `gates.processes.zygote`, serves all children of a command. `fork` returns None where there is none: not on
Linux, refused by the system, or switched off with GATES_NO_FORK=1. The caller then starts the child in the ordinary way, which
takes longer and reports the same facts.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from gates.processes import zygote

_log = logging.getLogger(__name__)

_LIMIT = 120.0  # seconds for the import of libraries
_NOT_PASSED_ON = ("PYTEST_", "PYTHON", "GATES_", "COV_")


class Process(Protocol):
    """Declare what callers use of a child process, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int:
        """Return the number of the process, and of the group that it leads."""
        ...

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while the process runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code. Raises `subprocess.TimeoutExpired` after ``timeout`` seconds."""
        ...


class Forked:
    """Hold a child that was forked from the server. It has its own process group, as with ``start_new_session``.

    ``strays`` are the names of processes that it started and that had left its group; they were ended with it.
    """

    def __init__(self, pid: int, status: io.FileIO, server: _Server) -> None:
        self.pid = pid
        self.strays: tuple[str, ...] = ()
        self._status = status
        self._server = server
        self._code: int | None = None

    def end(self) -> None:
        """End the child, its group and all that it left behind; one that has ended is no error."""
        if self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self.wait()

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while the child runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code. Raises `subprocess.TimeoutExpired` after ``timeout`` seconds."""
        if self._code is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            report = _read_report(self._status)
            self._status.close()
            self._code = int(report.get("code", -signal.SIGKILL))  # no report: the server, and so the child, was killed
            self.strays = tuple(report.get("strays", ()))
            self._server.seconds += float(report.get("seconds", 0.0))
        return self._code


class _Server:
    """Hold a running server. ``seconds`` of CPU were spent in its children, ``own`` in itself, until the last fork."""

    def __init__(self, pid: int, control: socket.socket, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.owner = os.getpid()
        self.seconds = 0.0
        self.own = 0.0
        self._pid = pid
        self._control = control
        self._lock = threading.Lock()

    @property
    def is_alive(self) -> bool:
        """Return whether it can be sent a job; one that ended is collected."""
        try:
            if self._pid and os.waitpid(self._pid, os.WNOHANG)[0]:
                self._pid = 0
        except ChildProcessError:  # somebody else collected it
            self._pid = 0
        return bool(self._pid)

    def fork(self, job: zygote.Job, output: int, errors: int) -> Forked | None:
        """Send a job and return its child, or None where the server refuses it or died of it."""
        reading, writing = os.pipe()
        status = io.FileIO(reading)  # without a buffer, which would hide from select what it holds
        with contextlib.ExitStack() as undo:
            undo.callback(status.close)
            with io.FileIO(writing, "w"), io.FileIO(os.memfd_create("job"), "w") as description:
                description.write(json.dumps(vars(job)).encode())
                sent = [description.fileno(), writing, output, errors, *job.descriptors]
                with self._lock, contextlib.suppress(BrokenPipeError):
                    socket.send_fds(self._control, [b"J"], sent)
            if not select.select([status], [], [], _LIMIT)[0]:
                self.close()
                return None
            report = _read_report(status)
            if "pid" not in report:
                _log.warning("no child was forked, so it is started: %s", report.get("refused", "the server ended"))
                return None
            self.own = float(report["server_seconds"])
            undo.pop_all()
        return Forked(int(report["pid"]), status, self)

    def close(self) -> None:
        """End the server, and with it every child that still runs."""
        self._control.close()
        deadline = time.monotonic() + 5
        while self.is_alive:
            if time.monotonic() > deadline:
                os.kill(self._pid, signal.SIGKILL)
            time.sleep(0.005)


_servers: list[_Server] = []
_start = threading.Lock()


def fork(
    target: str,
    arguments: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    libraries: Sequence[str] = (),
    output: IO[bytes],
    errors: IO[bytes] | None = None,
    descriptors: Sequence[int] = (),
    heir: bool = False,
) -> Forked | None:
    """Fork a child that runs ``target``, a module or ``module:function``, in ``folder``; None where it has to be started instead.

    ``libraries`` are installed modules to import before the fork. The child has exactly this ``environment``, no input, ``output``
    for what it prints (``errors`` apart, where that is given), and ``descriptors`` under the same numbers. One that will have
    children itself gets an ``heir`` of the server.
    """
    if not can_fork():
        return None
    job = zygote.Job(target, [*arguments], str(folder.absolute()), {**environment}, [*libraries], [*descriptors], heir)
    try:
        server = _running_server()
        return server.fork(job, output.fileno(), (errors or output).fileno())
    except OSError as error:
        _log.warning("no child can be forked, so it is started: %s", error)
        return None


def can_fork() -> bool:
    """Return whether children are forked here, as far as that can be known before one is."""
    return hasattr(os, "memfd_create") and "GATES_NO_FORK" not in os.environ


def strays_of(process: Process) -> tuple[str, ...]:
    """Return the names of processes that had left the group of a child and were ended with it; of a started child none is known."""
    return process.strays if isinstance(process, Forked) else ()


def adopt(pid: int, control: socket.socket) -> None:
    """Use the server with number ``pid``, a child of this process that waits for jobs at the other end of ``control``."""
    _servers[:] = [_Server(pid, control, _environment())]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)}


def cpu_seconds() -> float:
    """Return the CPU seconds of the server and of its children that ended, as far as the system does not yet count them as ours."""
    return sum(server.seconds + server.own for server in _servers if server.owner == os.getpid())


def _running_server() -> _Server:
    """Return the server of this process and environment, started when there is none: libraries may read variables on import."""
    with _start:
        environment = _environment()
        for server in list(_servers):
            if server.owner != os.getpid():  # this process was forked itself
                _servers.remove(server)
            elif server.environment == environment and server.is_alive:
                return server
        while len(_servers) > 1:
            _servers.pop(0).close()
        _servers.append(_start_server(environment))
        return _servers[-1]


def _start_server(environment: Mapping[str, str]) -> _Server:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-s", "-P", zygote.__file__, str(theirs.fileno())],
            env={**environment, "PYTHONHASHSEED": "0"}, pass_fds=(theirs.fileno(),), start_new_session=True,
            cwd=Path(zygote.__file__).anchor, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    process.returncode = 0  # it is waited for by its number
    return _Server(process.pid, ours, environment)


def _close_all() -> None:
    for server in _servers:
        if server.owner == os.getpid():
            server.close()


atexit.register(_close_all)


def _read_report(status: io.FileIO) -> dict[str, Any]:
    """Return one line of what the warden reports; empty where it was closed before."""
    line = status.readline()
    report: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
    return report
