"""Remember which servers run, so that one left behind by a killed command is found, and nothing else is ever stopped.

One file per deployment, ``servers/<deployment>.json``: the process, when it began, and the same of the command that
owns it. A number alone is not trusted: by the time someone looks, it may belong to another process. Whoever changes records
holds a lock: `gates serve` may begin in the place of a server that another command is just removing.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from gates.documents import read_json, write_json
from gates.work.processes import began, signal_group

_PATIENCE = 5.0
_LOGS_KEPT = 10


@dataclass(frozen=True, slots=True)
class Server:
    """Record a running server: its process and group ``pid``, its owner, where it answers, and the folder that is its own."""

    pid: int
    began: str
    owner: int
    owner_began: str
    url: str
    folder: str

    @property
    def is_running(self) -> bool:
        """Return whether this very process still runs: a number that was used again is another process."""
        return bool(self.began) and began(self.pid) == self.began

    @property
    def is_owned(self) -> bool:
        """Return whether the command that started it still runs."""
        return bool(self.owner_began) and began(self.owner) == self.owner_began


def folder_of(home: Path) -> Path:
    """Return the folder of a home that holds the servers' records, folders and logs."""
    return home / "servers"


def record(home: Path, deployment: str, server: Server) -> None:
    """Write the record of a server under the name of its deployment."""
    with _alone(home):
        write_json(folder_of(home) / f"{deployment}.json", {"schema": 1, **asdict(server)})


def recorded(home: Path, deployment: str) -> Server | None:
    """Return the server recorded under a name; None where there is none or its record cannot be read."""
    try:
        content = read_json((folder_of(home) / f"{deployment}.json").read_bytes())
        if content.pop("schema", None) != 1:
            return None
        server = Server(**content)  # type: ignore[arg-type]
        return server if isinstance(server.pid, int) and server.pid > 1 and isinstance(server.folder, str) else None
    except (OSError, ValueError, TypeError):
        return None


def forget(home: Path, deployment: str, pid: int) -> None:
    """Remove a record, if it still is that process's."""
    if not folder_of(home).is_dir():
        return
    with _alone(home):
        server = recorded(home, deployment)
        if server is not None and server.pid == pid:
            (folder_of(home) / f"{deployment}.json").unlink(missing_ok=True)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Let no other process change the records meanwhile; the kernel frees the lock of a process that dies."""
    descriptor = os.open(folder_of(home) / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sweep(home: Path) -> tuple[str, ...]:
    """Stop every recorded server whose owner is gone, and remove what it left. One sentence for each server stopped."""
    if not folder_of(home).is_dir():
        return ()
    with _alone(home):
        return tuple(_sweep(home))


def _sweep(home: Path) -> Iterator[str]:
    for file in sorted(folder_of(home).glob("*.json")):
        deployment = file.stem
        server = recorded(home, deployment)
        if server is None:
            file.unlink(missing_ok=True)
            yield f"removed an unreadable record of server {deployment}"
            continue
        if server.is_owned:
            continue
        if server.is_running:
            end(server)
            yield f"stopped server {deployment} (process {server.pid}), which a command left behind"
        file.unlink(missing_ok=True)
        _remove(home, Path(server.folder))
    _remove_unrecorded(home)
    for log in sorted(folder_of(home).glob("*.log"), key=lambda path: path.stat().st_mtime)[:-_LOGS_KEPT]:
        log.unlink(missing_ok=True)


def end(server: Server) -> None:
    """Stop a server by its record: TERM to its group, KILL after some seconds."""
    signal_group(server.pid, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    while server.is_running and time.monotonic() < deadline:
        time.sleep(0.05)
    if server.is_running:
        signal_group(server.pid, signal.SIGKILL)


def _remove(home: Path, folder: Path) -> None:
    """Only what lies inside the folder of servers is ever removed, whatever a record says."""
    if folder.parent == folder_of(home).resolve() and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)


def _remove_unrecorded(home: Path) -> None:
    """Folders of servers whose command died before it could write a record."""
    kept = {server.folder for file in folder_of(home).glob("*.json") if (server := recorded(home, file.stem))}
    for folder in folder_of(home).glob("*-*"):
        if folder.is_dir() and str(folder.resolve()) not in kept and not _is_fresh(folder):
            _remove(home, folder.resolve())


def _is_fresh(folder: Path) -> bool:
    """Another command may be starting a server in it right now."""
    try:
        return time.time() - folder.stat().st_mtime < 300.0
    except OSError:
        return True


def this_process() -> tuple[int, str]:
    """Return the number of this process and when it began: the owner of what is started now."""
    return os.getpid(), began(os.getpid())
