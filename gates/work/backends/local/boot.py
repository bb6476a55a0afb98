"""Start the scoring server on a socket that is already open, and wait until its worker says that it serves."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import socket
import struct
import subprocess
import time
from pathlib import Path

from gates.work import serving
from gates.work.backends.local.launch import command_of
from gates.work.errors import EndpointError
from gates.work.processes import end_of

_READY = re.compile(rb"worker (?P<pid>\d+) serves \S+ sha256:[0-9a-f]{64}")
_REFUSED = re.compile(rb"worker \d+ refuses: (?P<why>.+)")
_INHERITED = ("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")
_READ_SECONDS = 10  # for which a client may send nothing in the middle of a request
_ENTRY = "azureml_inference_server_http.server.entry:app"


def listen(port: int = 0) -> socket.socket:
    """Open a listening socket on 127.0.0.1; the kernel chooses the port for 0. Raises `EndpointError`."""
    with contextlib.ExitStack() as undo:
        listener = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(64)
            # Accepted connections inherit this: one that sends half a request gives its thread back.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", _READ_SECONDS, 0))
        except OSError as error:
            raise EndpointError(
                f"port {port} of 127.0.0.1 cannot be opened: {error.strerror}", "free the port, or name another"
            ) from None
        undo.pop_all()
    return listener


def spawn(listener: socket.socket, folder: Path, model: Path, source: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start the server in ``folder``, in a process group of its own; it serves the model in ``model``.

    ``source`` is where the user's own modules lie, should the model need them.
    """
    command = command_of("gunicorn")
    command += [
        "-c",
        "python:gates.work.backends.local.gunicorn_settings",
        "--bind",
        f"fd://{listener.fileno()}",
        _ENTRY,
    ]
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(folder, model, source),
            cwd=folder,
            pass_fds=(listener.fileno(),),
            start_new_session=True,
        )


def await_worker(process: subprocess.Popen[bytes], log: Path, offset: int, limit: float) -> int:
    """Wait for the worker to serve, as the log says beyond ``offset`` bytes, and return its process number.

    Raises `EndpointError` with the end of the log when the server ends before that, or after ``limit`` seconds.
    """
    deadline = time.monotonic() + limit
    while True:
        with log.open("rb") as file:
            file.seek(offset)
            ready = _READY.search(file.read())
        if ready:
            return int(ready["pid"])
        code = process.poll()
        if code is not None:
            with log.open("rb") as file:
                file.seek(offset)
                refusal = _REFUSED.search(file.read())
            why = refusal["why"].decode(errors="replace") if refusal else f"it ended with exit code {code}"
            raise EndpointError(f"the server did not start: {why}", _why(log))
        if time.monotonic() > deadline:
            raise EndpointError(f"the server did not start within {limit:g} seconds", _why(log))
        time.sleep(0.02)


def await_health(port: int, log: Path, limit: float) -> None:
    """Raise `EndpointError` unless the server says that it is healthy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limit)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        status, body = answer.status, answer.read(100)
    except (OSError, http.client.HTTPException) as error:
        raise EndpointError(f"the server does not answer: {error}", _why(log)) from None
    finally:
        connection.close()
    if status != 200 or body != b"Healthy":
        raise EndpointError(f"the server is not healthy: it answers {status} {body!r}", _why(log))


def _why(log: Path) -> str:
    return f"the end of its log:\n{end_of(log, 40)}"


def _environment(folder: Path, model: Path, source: Path) -> dict[str, str]:
    """Nothing of the caller's but what a process needs to run: no secret of a pipeline reaches the server."""
    inherited = {name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith("LC_")}
    return {
        **inherited,
        "AML_APP_ROOT": str(folder),
        "AZUREML_ENTRY_SCRIPT": str(Path(serving.__file__).with_name("score.py")),
        "AZUREML_MODEL_DIR": str(model),
        "AZUREML_SOURCE_DIRECTORY": str(source),
        "GATES_PARENT": str(os.getpid()),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder),  # what a worker that is killed leaves behind goes with the folder
    }
