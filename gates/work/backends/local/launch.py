"""``python -P launch.py MODULE ARGUMENTS...``: run a module of Gates, or gunicorn, that stops when its parent dies.

Neither the folder in which the command was started nor that of this file is a place of modules: a file called ``json.py`` there
stands in for nothing. Gates is the one that this file belongs to.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from pathlib import Path


def command_of(module: str) -> list[str]:
    """Return the command that runs a module by this file; its arguments are put behind."""
    return [sys.executable, "-P", __file__, module]


def main() -> None:
    """Bind this process to its parent (whose number GATES_PARENT gives), then become the module."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[4]))
    from gates.processes.parent import end_with

    del sys.path[0]
    parent = int(os.environ.pop("GATES_PARENT", "0"))
    if parent:
        number = signal.SIGTERM if sys.argv[1] == "gunicorn" else signal.SIGKILL
        end_with(parent, number)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
