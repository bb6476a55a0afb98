"""Be the child process of a gate: end with the parent, find the modules beside the configuration, hand the rest to pytest.

``python child.py FOLDER ROOT ARGUMENTS...``: modules are looked for in FOLDER, which holds the policy file, then in ROOT, the
project's folder, and then where Python has them. Gates itself is that of the parent, whatever is in those two folders.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import sys
from pathlib import Path


def follow_parent() -> None:
    """Ask the kernel to end this process when its parent ends, so that ``kill -9`` of a run leaves nothing behind.

    Linux only; elsewhere the broken record pipe ends the child at its next report.
    """
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)  # 1 = PR_SET_PDEATHSIG
        if os.getppid() != parent:  # it ended before we could ask
            os._exit(3)


def arrange_path(folder: str, root: str) -> None:
    """Import the Gates that this file belongs to, then put ``folder`` and ``root`` first on the path of modules."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    importlib.import_module("gates")
    sys.path[0:1] = dict.fromkeys([folder, root])


if __name__ == "__main__":
    follow_parent()
    import pytest

    arrange_path(*sys.argv[1:3])
    sys.exit(pytest.main(sys.argv[3:]))
