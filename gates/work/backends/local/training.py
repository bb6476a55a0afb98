"""Run a training in a child process, and say what became of it when it did not end well."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from gates.documents import read_json
from gates.errors import GatesError
from gates.processes.fork_server import strays_of
from gates.work.backends.local.steps import failure_of, start_step
from gates.work.errors import TrainingError
from gates.work.processes import end_of, stop_group
from gates.work.records import TrainingResult

_LEFT_OUT = ("PYTEST_", "PYTHONOPTIMIZE", "PYTHONSTARTUP", "PYTHONINSPECT")


def run_training(
    config: Path, batch: Path, digest: str, params: Mapping[str, str], into: Path, *, timeout: float
) -> TrainingResult:
    """Train in a child whose output goes to ``into/train.log``. ``timeout`` is in seconds.

    Raises what the child raised, with its message and kind, and `TrainingError` when the child died, was killed or
    took too long.
    """
    into.mkdir(parents=True, exist_ok=True)
    log = into / "train.log"
    for left in ("facts.json", "failure.json"):
        (into / left).unlink(missing_ok=True)
    arguments = ["--config", str(config), "--batch", str(batch), "--digest", digest]
    arguments += ["--params", json.dumps(dict(params)), "--into", str(into)]
    with log.open("wb") as output:
        process = start_step("gates.work.model.train_step", arguments, _environment(), output)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TrainingError(
                f"training did not end within {timeout:g} seconds",
                "raise train_timeout in [tool.ml], or give it less to do",
            ) from None
        finally:
            stop_group(process, patience=0.5)
    if code != 0:
        raise _failure(code, into, log)
    try:
        facts = {name: str(value) for name, value in read_json((into / "facts.json").read_bytes()).items()}
    except (OSError, ValueError) as error:
        raise TrainingError(f"training ended without facts: {error}", f"the end of its log:\n{end_of(log)}") from None
    if strays := strays_of(process):
        ended = f"training left processes of a session of their own behind, which were ended: {', '.join(strays)}"
        facts["notes"] = "; ".join(filter(None, (facts.get("notes", ""), ended)))
    trained = TrainingResult(into / "model.skops", into / "golden.json", facts)
    for file in (trained.model, trained.golden):
        if not file.is_file():
            raise TrainingError(f"training ended without {file.name}", f"the end of its log:\n{end_of(log)}")
    return trained


def run_params_check(config: Path, params: Mapping[str, str], into: Path, *, timeout: float) -> None:
    """Check the parameters of a training in a child whose output goes to ``into/params.log``. ``timeout`` is in seconds.

    Raises what the child raised, with its message and kind, and `TrainingError` when the child died or took too long.
    """
    into.mkdir(parents=True, exist_ok=True)
    log = into / "params.log"
    (into / "failure.json").unlink(missing_ok=True)
    arguments = ["--config", str(config), "--params", json.dumps(dict(params)), "--into", str(into)]
    with log.open("wb") as output:
        process = start_step("gates.work.model.params_step", arguments, _environment(), output)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TrainingError(
                f"check_params did not end within {timeout:g} seconds",
                "let it look at the parameters alone, or raise train_timeout in [tool.ml]",
            ) from None
        finally:
            stop_group(process, patience=0.5)
    if code != 0:
        raise _failure(code, into, log, "the check of the parameters")


def _environment() -> dict[str, str]:
    """The caller's environment (training may need its credentials), without what would change how Python or pytest run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _failure(code: int, into: Path, log: Path, what: str = "training") -> GatesError:
    if failure := failure_of(into):
        return failure
    remedy = f"the end of its log:\n{end_of(log)}"
    if code < 0:
        name = signal.Signals(-code).name if -code in signal.valid_signals() else str(-code)
        why = "; the kernel does this when memory runs out" if -code == signal.SIGKILL else ""
        return TrainingError(f"{what} was ended by signal {name}{why}", remedy)
    return TrainingError(f"{what} ended with exit code {code}", remedy)
