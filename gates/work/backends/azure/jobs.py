"""Submit a pipeline, tell what its steps do while they do it, and bring home what they left, whether they ended well or not."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gates.work.backends.azure import blobs
from gates.work.backends.azure.connection import Connection
from gates.work.backends.azure.errors import AzureError, explained
from gates.work.backends.azure.pipeline import OUTPUTS, Order, pipeline_of, place_of

_GOOD = "Completed"
_ENDED = (_GOOD, "Failed", "Canceled", "NotResponding")


@dataclass(frozen=True, slots=True)
class Ended:
    """Hold how a job ended, the state of each step as far as it is known, and the folder with what was brought home."""

    job: str
    status: str
    steps: Mapping[str, str]
    folder: Path

    @property
    def well(self) -> bool:
        """Return whether the job completed."""
        return self.status == _GOOD

    @property
    def failed_step(self) -> str:
        """Return the name of the first step that failed or was cancelled, empty where none is known."""
        return next((name for name, status in self.steps.items() if status in ("Failed", "Canceled")), "")


def run_job(connection: Connection, order: Order, into: Path, tell: Callable[[str], None]) -> Ended:
    """Submit the pipeline, follow it, and bring home what it left in ``into``. ``tell`` gets a line for each change of state.

    Raises `AzureError` when the job cannot be submitted or followed, or lasts longer than ``job_timeout``.
    """
    job = f"gates-{order.build.id.lower()[:40]}-{secrets.token_hex(4)}"
    with explained("submitting the pipeline"):
        made = connection.ml.jobs.create_or_update(pipeline_of(connection, order, job))
    tell(f"submitted {made.name}  {made.studio_url or ''}".rstrip())
    status, steps = _follow(connection, made.name, tell)
    for output in OUTPUTS:
        _bring(connection, made.name, output, into)
    return Ended(made.name, status, steps, into)


def _follow(connection: Connection, job: str, tell: Callable[[str], None]) -> tuple[str, Mapping[str, str]]:
    """Poll until the job has ended; a line for every change."""
    settings = connection.settings
    deadline = time.monotonic() + settings.job_timeout
    reported: dict[str, str] = {}
    while True:
        with explained(f"following {job}"):
            status = _word(connection.ml.jobs.get(job).status)
        steps = _steps(connection, job)
        for name, state in {**steps, "pipeline": status}.items():
            if reported.get(name) != state:
                tell(f"  {name}: {state}")
                reported[name] = state
        if status in _ENDED:
            return status, steps
        if time.monotonic() > deadline:
            connection.ml.jobs.begin_cancel(job)
            raise AzureError(
                f"{job} was still {status} after {settings.job_timeout:g} seconds and was cancelled",
                "raise job_timeout in [tool.ml.azure], or look why the compute does not start",
            )
        time.sleep(settings.poll)


def _steps(connection: Connection, job: str) -> Mapping[str, str]:
    """The state of each step. It is for people: where the service does not name it, the job's own state decides."""
    try:
        children = connection.ml.jobs.list(parent_job_name=job)
        states = {str(child.display_name or child.name): _word(child.status) for child in children if child is not None}
    except Exception:
        return {}
    order = ("train", "evaluate", "register")
    return dict(sorted(states.items(), key=lambda step: order.index(step[0]) if step[0] in order else len(order)))


def _word(status: object) -> str:
    """A status as the service writes it; the SDK gives text or one of its enumerations."""
    return str(getattr(status, "value", status))


def _bring(connection: Connection, job: str, output: str, into: Path) -> None:
    try:
        blobs.download(connection, place_of(job, output), into / output)
    except AzureError as error:
        if error.status != 404:
            raise
