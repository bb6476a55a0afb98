"""Run a training in a child process, and say what became of it when it did not end well."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from gates.documents import read_json
from gates.errors import GatesError
from gates.processes.fork_server import Process, strays_of
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
    arguments = ["--config", str(config), "--batch", str(batch), "--digest", digest]
    arguments += ["--params", json.dumps(dict(params))]
    return _run("gates.work.model.train_step", "training", arguments, into, timeout)


def run_adoption(
    config: Path, model: Path, batch: Path, digest: str, labels: Sequence[str], into: Path, *, timeout: float
) -> TrainingResult:
    """Read a model that was trained elsewhere in a child whose output goes to ``into/train.log``. ``timeout`` is in seconds.

    Raises what the child raised, and `TrainingError` when the child died, was killed or took too long.
    """
    arguments = ["--config", str(config), "--model", str(model.resolve()), "--batch", str(batch), "--digest", digest]
    arguments += ["--labels", json.dumps(list(labels))]
    return _run("gates.work.model.adopt_step", "reading the model", arguments, into, timeout)


def _run(module: str, what: str, arguments: Sequence[str], into: Path, timeout: float) -> TrainingResult:
    """Run a step that leaves a model in ``into``; ``what`` names it in sentences."""
    into.mkdir(parents=True, exist_ok=True)
    log = into / "train.log"
    for left in ("facts.json", "failure.json"):
        (into / left).unlink(missing_ok=True)
    process = _complete(module, what, [*arguments, "--into", str(into)], log, timeout, "or give it less to do")
    try:
        facts = {name: str(value) for name, value in read_json((into / "facts.json").read_bytes()).items()}
    except (OSError, ValueError) as error:
        raise TrainingError(f"{what} ended without facts: {error}", f"the end of its log:\n{end_of(log)}") from None
    if strays := strays_of(process):
        ended = f"{what} left processes of a session of their own behind, which were ended: {', '.join(strays)}"
        facts["notes"] = "; ".join(filter(None, (facts.get("notes", ""), ended)))
    trained = TrainingResult(into / "model.skops", into / "golden.json", facts)
    for file in (trained.model, trained.golden):
        if not file.is_file():
            raise TrainingError(f"{what} ended without {file.name}", f"the end of its log:\n{end_of(log)}")
    return trained


def run_params_check(config: Path, params: Mapping[str, str], into: Path, *, timeout: float) -> None:
    """Check the parameters of a training in a child whose output goes to ``into/params.log``. ``timeout`` is in seconds.

    Raises what the child raised, with its message and kind, and `TrainingError` when the child died or took too long.
    """
    into.mkdir(parents=True, exist_ok=True)
    log = into / "params.log"
    (into / "failure.json").unlink(missing_ok=True)
    arguments = ["--config", str(config), "--params", json.dumps(dict(params)), "--into", str(into)]
    _complete(
        "gates.work.model.params_step",
        "the check of the parameters",
        arguments,
        log,
        timeout,
        "or let it look at the parameters alone",
    )


def _complete(module: str, what: str, arguments: Sequence[str], log: Path, timeout: float, remedy: str) -> Process:
    """Run a step of the work in a child to its end, and return the process.

    Raises what the child raised, and `TrainingError` when it died or took too long; ``remedy`` is what else helps then.
    """
    with log.open("wb") as output:
        process = start_step(module, arguments, _environment(), output)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TrainingError(
                f"{what} did not end within {timeout:g} seconds", f"raise train_timeout in [tool.ml], {remedy}"
            ) from None
        finally:
            stop_group(process, patience=0.5)
    if code != 0:
        raise _failure(what, code, log.parent, log)
    return process


def _environment() -> dict[str, str]:
    """The caller's environment (training may need its credentials), without what would change how Python or pytest run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _failure(what: str, code: int, into: Path, log: Path) -> GatesError:
    if failure := failure_of(into):
        return failure
    remedy = f"the end of its log:\n{end_of(log)}"
    if code < 0:
        name = signal.Signals(-code).name if -code in signal.valid_signals() else str(-code)
        why = "; the kernel does this when memory runs out" if -code == signal.SIGKILL else ""
        return TrainingError(f"{what} was ended by signal {name}{why}", remedy)
    return TrainingError(f"{what} ended with exit code {code}", remedy)
