"""One command at a time may change a home. The kernel frees the lock when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from gates.errors import BackendError


@contextmanager
def hold(home: Path, *, purpose: str, wait: float = 0.0) -> Iterator[None]:
    """Hold the home's lock, waiting up to ``wait`` seconds. Raises `BackendError` that names the holder."""
    home.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait
    with (home / "lock").open("a+", encoding="utf-8") as file:
        while not _taken(file):
            if time.monotonic() >= deadline:
                raise BackendError(
                    f"this home is in use by {_holder(file)}", "wait for it to end, or use --wait SECONDS"
                )
            time.sleep(0.1)
        file.seek(0)
        file.truncate()
        file.write(
            json.dumps({"pid": os.getpid(), "purpose": purpose, "since": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"})
        )
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(file: IO[str]) -> str:
    file.seek(0)
    try:
        said = json.loads(file.read())
        return f"{said['purpose']} (process {said['pid']}, since {said['since']})"
    except (ValueError, KeyError):
        return "another command"
