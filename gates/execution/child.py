"""Be the child process of a gate: die with the parent, then hand everything to pytest."""

from __future__ import annotations

import ctypes
import os
import signal
import sys


def follow_parent() -> None:
    """Ask the kernel to end this process when its parent ends, so that ``kill -9`` of a run leaves nothing behind.

    Linux only; elsewhere the broken record pipe ends the child at its next report.
    """
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)  # 1 = PR_SET_PDEATHSIG
        if os.getppid() != parent:  # it ended before we could ask
            os._exit(3)


if __name__ == "__main__":
    follow_parent()
    import pytest

    sys.exit(pytest.main(sys.argv[1:]))
