"""``python -s -P zygote.py CONTROL``: import installed libraries once, and fork a fresh child for each job that is sent.

Importing great-expectations, scikit-learn and alibi-detect takes seconds, and each child of a command needs some of them. This
process imports only what is installed: its path of modules holds no folder of a project, and the user's code is first imported
in the fork. Python starts no thread here; what OpenBLAS and Arrow start, they end and start again around a fork by themselves.

Between this process and each child stands a warden, which is why a child can leave nothing behind: orphans of the child become
children of the warden (``PR_SET_CHILD_SUBREAPER``), also those that left its process group, and are ended when it ends. The kernel
ends child and warden when this process ends, and this process ends with the one that holds the other end of CONTROL.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import os
import resource
import runpy
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

_MOST_DESCRIPTORS = 16
_SAFE = 256  # received descriptors wait above this number until they get the numbers that the job names
_PATIENCE = 10.0  # seconds in which processes that a child left behind have to be gone


@dataclass(frozen=True)
class Job:
    """Hold what one child is to do.

    ``target`` is a module to run as a program, or ``module:function``, which gets the arguments. A child with an ``heir`` has a
    server of its own from the start, with the same libraries: the child is a command that will have children.
    """

    target: str
    arguments: list[str]
    folder: str
    environment: dict[str, str]
    libraries: list[str]
    descriptors: list[int]
    heir: bool = False


def main(control: socket.socket) -> int:
    """Serve jobs until the other end of ``control`` is closed. Returns in each child with its exit code."""
    _end_when_closed(control)
    signal.signal(signal.SIGCHLD, lambda number, frame: _collect())  # wardens report by themselves
    while True:
        message, received, _, _ = socket.recv_fds(control, 1, _MOST_DESCRIPTORS)
        if not message:
            _collect()
            os._exit(0)
        job, status = _read_job(received[0]), received[1]
        taken = [number for number in job.descriptors if _is_open(number, received)]
        if taken or threading.active_count() > 1:
            _report(status, {"refused": f"descriptors in use: {taken}; threads: {threading.active_count()}"})
        else:
            preload(job.libraries)
            used = time.process_time()
            gc.freeze()
            if os.fork() == 0:
                signal.signal(signal.SIGIO, signal.SIG_DFL)
                control.close()
                return _guard(job, status, received[2:], used)
        for descriptor in received[1:]:
            os.close(descriptor)


def preload(libraries: Iterable[str]) -> None:
    """Import each library that can be imported; one that cannot says so in the child that needs it."""
    for name in libraries:
        if name not in sys.modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _guard(job: Job, status: int, descriptors: list[int], used: float) -> int:
    """Be the warden: start the child, wait for it, end what it left behind, report. Returns in the child with its exit code."""
    bonds = importlib.import_module(
        "gates.processes.parent"
    )  # this file is a program, too, and knows its package by then
    bonds.end_with(os.getppid())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    bonds.adopt_orphans()
    warden = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(status)
        os.setsid()
        bonds.end_with(warden)
        return _become(job, descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    _report(status, {"pid": pid, "server_seconds": used})
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # before its number is free for another process
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    strays = _end_orphans(pid)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    _report(status, {"code": code, "seconds": usage.ru_utime + usage.ru_stime, "strays": strays})
    os._exit(0)


def _end_orphans(group: int) -> list[str]:
    """End all children that this warden inherited, and return the names of those that had left the ``group`` of the job."""
    strays: dict[int, str] = {}
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        _collect()
        orphans = _children()
        if not orphans:
            break
        for pid in orphans:
            with contextlib.suppress(OSError):
                if os.getpgid(pid) != group:
                    strays.setdefault(
                        pid, Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
                    )
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    return list(strays.values())


def _children() -> list[int]:
    """The children of this process; none where the kernel does not list them, and then nobody can be ended."""
    try:
        return [int(pid) for pid in Path("/proc/thread-self/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def _become(job: Job, descriptors: list[int]) -> int:
    """Do the job in this process, which differs from one that was started for it only in what is imported already."""
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _SAFE) for descriptor in descriptors]
    for descriptor in descriptors:
        os.close(descriptor)
    for descriptor, number in zip(high, [1, 2, *job.descriptors], strict=True):
        os.dup2(descriptor, number, inheritable=True)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(job.environment)
    os.chdir(job.folder)
    if "PYTHONUNBUFFERED" in job.environment:
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(write_through=True)  # type: ignore[union-attr]
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in job.environment
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # else every child would draw the same numbers
    if job.heir and (control := _leave_heir(job)):
        return main(control)
    module, _, function = job.target.partition(":")
    sys.argv = [module, *job.arguments]
    if function:
        return int(getattr(importlib.import_module(module), function)(job.arguments))
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0


def _leave_heir(job: Job) -> socket.socket | None:
    """Fork a server for this child's own children. Returns what it listens to in the server, and None in the child."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (1, 2, *job.descriptors):
            os.dup2(nothing, number)
        return theirs
    theirs.close()
    importlib.import_module("gates.processes.fork_server").adopt(pid, ours)
    return None


def _collect() -> None:
    """Collect the children that ended, so that their CPU seconds count as this process's, and later as its parent's."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _read_job(descriptor: int) -> Job:
    with open(descriptor, "rb") as file:
        file.seek(0)
        return Job(**json.load(file))


def _report(status: int, content: Mapping[str, object]) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody waits for the child any more
        os.write(status, json.dumps(content).encode() + b"\n")


def _is_open(number: int, received: list[int]) -> bool:
    """Return whether a library holds a file under this number: then the job cannot have it. What was received moves away first."""
    if number in received:
        return False
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _end_when_closed(control: socket.socket) -> None:
    """End this process as soon as the other end is closed, also in the middle of an import."""

    def look(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(BlockingIOError):
            if not control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                _collect()
                os._exit(0)

    signal.signal(signal.SIGIO, look)
    with contextlib.suppress(OSError):  # a kernel without such signals: the end is noticed after the import
        fcntl.fcntl(control, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(control, fcntl.F_SETFL, fcntl.fcntl(control, fcntl.F_GETFL) | os.O_ASYNC)


def _exit(function: Callable[[socket.socket], int], control: socket.socket) -> NoReturn:
    """End this process with what ``function`` returns, as Python would, but without taking the imported libraries apart."""
    code = 1
    try:
        code = function(control)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        if error.code is not None and not isinstance(error.code, int):
            sys.stderr.write(f"{error.code}\n")
    except BaseException:  # the end of the process: what nobody caught is shown, as Python does
        traceback.print_exc()
    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as Python does
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(code & 0xFF)


if __name__ == "__main__":
    os.environ.pop("PYTHONHASHSEED", None)
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    # The Gates that this file belongs to, and then no more: its folder is no place of other modules.
    importlib.import_module("gates.processes.parent")
    del sys.path[0]
    with socket.socket(fileno=int(sys.argv[1])) as given:  # its number is wanted by jobs
        moved = socket.socket(fileno=fcntl.fcntl(given, fcntl.F_DUPFD_CLOEXEC, _SAFE))
    _exit(main, moved)
