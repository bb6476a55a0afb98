"""Run a step of the work in a child process: forked where that is as good as started, else started."""

from __future__ import annotations

import os
import site
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from gates.processes.fork_server import Process, fork
from gates.work.backends.local.launch import command_of

# What fitting, splitting and saving a model imports.
LIBRARIES = (
    "numpy",
    "pandas",
    "pyarrow",
    "scipy.stats",
    "sklearn.pipeline",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "skops.io",
)

_HEEDED = {"PYTHONHASHSEED", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}


def start_step(module: str, arguments: Sequence[str], environment: Mapping[str, str], output: IO[bytes]) -> Process:
    """Start ``module`` of Gates as a program, in a process group of its own, and return the child.

    Strings are hashed with the seed 0, so that what is trained twice is the same. Raises `OSError` where it cannot be started.
    """
    environment = {**environment, "PYTHONHASHSEED": "0"}
    if _is_plain(environment):
        forked = fork(module, arguments, folder=Path.cwd(), environment=environment, libraries=LIBRARIES, output=output)
        if forked:
            return forked
    return subprocess.Popen(
        [*command_of(module), *arguments],
        stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        env={**environment, "GATES_PARENT": str(os.getpid())}, start_new_session=True,
    )  # fmt: skip


def _is_plain(environment: Mapping[str, str]) -> bool:
    """Return whether Python reads from these variables, and from the user's own packages, nothing that a fork could not follow."""
    steers = any(name.startswith("PYTHON") and name not in _HEEDED for name in environment)
    own = bool(site.ENABLE_USER_SITE) and Path(site.getusersitepackages()).is_dir()
    return not steers and not own
