"""Child processes in a group of their own: when they began, how they are stopped, and the end of what they printed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from gates.processes.fork_server import Process


def began(pid: int) -> str:
    """Return when a process began, as a text that differs once its number is used again; empty when it is not running."""
    if Path("/proc/self/stat").exists():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in ("Z", "X") else fields[19]
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def signal_group(group: int, number: signal.Signals) -> None:
    """Signal a process group; one that is gone is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def stop_group(process: Process, patience: float = 5.0) -> None:
    """Stop a child and all of its group: TERM, KILL after ``patience`` seconds. A child that has ended is no error."""
    signal_group(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    signal_group(process.pid, signal.SIGKILL)
    process.wait()


def end_of(log: Path, lines: int = 12) -> str:
    """Return the last ``lines`` lines of a log that are not empty, for an error message."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16384))
            content = file.read().decode("utf-8", errors="replace")
    except OSError:
        return "(no log)"
    return "\n".join([line for line in content.splitlines() if line.strip()][-lines:]) or "(the log is empty)"
