"""One command at a time may change a home. The kernel frees the lock when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from gates.errors import BackendError


@contextmanager
def hold(home: Path, *, purpose: str, wait: float = 0.0) -> Iterator[None]:
    """Hold the home's lock, waiting up to ``wait`` seconds. Raises `BackendError` that names the holder.

    Processes that the holder starts do not inherit the lock: Python opens files close-on-exec.
    """
    deadline = time.monotonic() + wait
    file = _open(home)
    try:
        while not _taken(file):
            if not time.monotonic() < deadline:  # so written, a `wait` that is not a number does not wait for ever
                raise BackendError(
                    f"this home is in use by {_holder(file)}", "wait for it to end, or use --wait SECONDS"
                )
            time.sleep(0.1)
            if not _is_in_place(file, home):  # somebody deleted the file: its lock guards nothing any more
                file.close()
                file = _open(home)
        if not _is_in_place(file, home):
            raise BackendError(f"{home / 'lock'} was deleted while it was taken", "run the command again")
        _sign(file, purpose)
        try:
            yield
        finally:
            with suppress(OSError):
                os.ftruncate(file.fileno(), 0)
    finally:
        file.close()


def _open(home: Path) -> IO[str]:
    try:
        home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise BackendError(
            f"{home / 'lock'} cannot be opened for writing: {error.strerror}", "name a writable folder with --home"
        ) from None
    return os.fdopen(descriptor, "r+", encoding="utf-8")


def _is_in_place(file: IO[str], home: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), (home / "lock").lstat())
    except OSError:
        return False


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise BackendError(
            f"this home cannot be locked: {error.strerror}", "name a folder on a local disk with --home"
        ) from None
    return True


def _sign(file: IO[str], purpose: str) -> None:
    """Write down who holds the lock, for those who wait. The lock holds without it, so a full disk is no reason to stop here."""
    since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    text = json.dumps({"pid": os.getpid(), "purpose": purpose, "since": since})
    try:
        os.ftruncate(file.fileno(), 0)
        os.pwrite(file.fileno(), text.encode(), 0)
    except OSError:
        return


def _holder(file: IO[str]) -> str:
    try:
        holder = json.loads(os.pread(file.fileno(), 4096, 0))
        return f"{holder['purpose']} (process {holder['pid']}, since {holder['since']})"
    except (ValueError, KeyError, TypeError, OSError, RecursionError):
        return "another command"
