"""Run a step of the work in a child process: forked where that is as good as started, else started."""

from __future__ import annotations

import os
import signal
import site
import subprocess
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from gates.documents import read_json
from gates.errors import GatesError
from gates.processes.fork_server import Process, fork
from gates.work.backends.local.launch import command_of
from gates.work.errors import KINDS, DataError
from gates.work.processes import end_of, stop_group

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

_LIMIT = 600.0  # seconds for the comparison of ids
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


def failure_of(folder: Path) -> GatesError | None:
    """Return the error that a step wrote into ``failure.json`` of its folder; None where there is none that can be read."""
    try:
        failure = read_json((folder / "failure.json").read_bytes())
        kind = next(kind for kind in KINDS if kind.__name__ == failure["kind"])
        return kind(str(failure["message"]), str(failure["remedy"]))
    except (OSError, ValueError, KeyError, StopIteration):
        return None


@lru_cache(maxsize=16)
def has_new_ids(config: Path, batch: Path, previous: Path) -> bool:
    """Return whether ``batch`` has ids that ``previous`` has not, found in a child; both are snapshots, which never change.

    Raises `DataError` for a snapshot that cannot be read, and where the child ended without an answer.
    """
    with TemporaryDirectory(prefix="gates-growth-") as name:
        into = Path(name)
        log = into / "growth.log"
        arguments = ["--config", str(config), "--batch", str(batch), "--previous", str(previous), "--into", name]
        with log.open("wb") as output:
            process = start_step("gates.work.data.growth_step", arguments, os.environ, output)
            try:
                code = process.wait(_LIMIT)
            except subprocess.TimeoutExpired:
                code = -signal.SIGKILL
            finally:
                stop_group(process, patience=0.1)
        try:
            return bool(read_json((into / "growth.json").read_bytes())["grew"])
        except (OSError, ValueError, KeyError):
            raise failure_of(into) or DataError(
                f"the ids of {batch.name} could not be compared: the child ended with exit code {code}",
                f"the end of its log:\n{end_of(log)}",
            ) from None


def _is_plain(environment: Mapping[str, str]) -> bool:
    """Return whether Python reads from these variables, and from the user's own packages, nothing that a fork could not follow."""
    steers = any(name.startswith("PYTHON") and name not in _HEEDED for name in environment)
    own = bool(site.ENABLE_USER_SITE) and Path(site.getusersitepackages()).is_dir()
    return not steers and not own
