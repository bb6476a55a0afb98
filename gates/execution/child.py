"""Be the child process of a gate: die with the parent, find the modules beside the configuration, hand the rest to pytest.

``python -m gates.execution.child FOLDER ARGUMENTS...``: FOLDER holds the policy file, and comes before the project's root, which
is where this process starts.
"""

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

    folder, *arguments = sys.argv[1:]
    if sys.path[0] != folder:
        sys.path.insert(0, folder)
    sys.exit(pytest.main(arguments))
