"""``python -m gates.work.backends.local.launch MODULE ARGUMENTS...``: run a module that stops when its parent dies."""

from __future__ import annotations

import os
import runpy
import signal
import sys

from gates.work.processes import die_with_parent


def main() -> None:
    """Bind this process to its parent (whose number GATES_PARENT gives), then become the module."""
    parent = int(os.environ.pop("GATES_PARENT", "0"))
    if parent:
        number = signal.SIGTERM if sys.argv[1] == "gunicorn" else signal.SIGKILL
        die_with_parent(parent, number)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
