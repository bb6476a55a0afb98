"""Tell a process from a later one with the same number, so that a killed command is not taken for a running one."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_ALIVE = "alive"  # all that is known where there is no /proc


def birth(pid: int) -> str:
    """Return when the process started, as text that no other process of this machine has; empty when it is dead.

    On a system without ``/proc`` it is the same text for every living process.
    """
    if not (_PROC / "self" / "stat").exists():
        return _ALIVE if _answers(pid) else ""
    try:
        after_name = (
            (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
    state, started = after_name[0], after_name[19]  # fields 3 and 22 of proc(5)
    return "" if state in "ZX" else f"{boot}/{started}"


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
