"""Run the steps that look at the data in a child process: this one imports no data library."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gates import documents
from gates.errors import ConfigError, GatesError, SubjectError
from gates.processes.fork_server import fork

LIMIT = 1800.0  # seconds for one step
_MODULE = "gates.proposal"
_LIBRARIES = (
    "numpy",
    "pandas",
    "pyarrow",
    "scipy.stats",
    "sklearn.pipeline",
    "sklearn.linear_model",
    "sklearn.model_selection",
)


def run_step(step: str, data: str, into: Path, roles: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    """Run ``look`` or ``draft`` of `gates.proposal` on ``data`` and return its answer, which lies in ``into``.

    Raises `ConfigError` for roles that the data do not have, and `SubjectError` for data that cannot be gated, for a child that
    died, and for one that took longer than `LIMIT`.
    """
    arguments = [step, "--data", data, "--roles", json.dumps(dict(roles or {})), "--into", str(into)]
    log = into / f"{step}.log"
    with log.open("wb") as output:
        process = fork(
            _MODULE, arguments, folder=Path.cwd(), environment=os.environ, libraries=_LIBRARIES, output=output
        ) or subprocess.Popen(
            [sys.executable, "-m", _MODULE, *arguments],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            code = process.wait(LIMIT)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise SubjectError(
                    f"looking at the data did not end within {LIMIT:g} seconds", "give a sample of the rows"
                ) from None
            raise
    if code:
        raise _failure(into, log, code)
    try:
        return documents.read_json((into / f"{step}.json").read_bytes())
    except (OSError, ValueError) as error:
        raise SubjectError(f"looking at the data ended without an answer: {error}", "run again with --debug") from None


def _failure(into: Path, log: Path, code: int) -> GatesError:
    try:
        failure = documents.read_json((into / "failure.json").read_bytes())
        message, remedy = str(failure["message"]), str(failure["remedy"])
    except (OSError, ValueError, KeyError):
        last = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()][-1:]
        end = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return SubjectError(
            f"looking at the data {end}: {''.join(last)[:300]}", "check memory, or give a sample of the rows"
        )
    return ConfigError(message, remedy) if failure.get("kind") == "ConfigError" else SubjectError(message, remedy)
