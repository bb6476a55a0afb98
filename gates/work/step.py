"""The head that the small programs of the work share: read a few options, act, and report a refusal in one place."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gates.documents import write_json
from gates.errors import GatesError
from gates.printing import say


@dataclass(frozen=True, slots=True)
class StepOption:
    """Describe one option of a step: a path unless ``kind`` reads it otherwise, and needed unless it is not ``required``."""

    name: str
    help: str
    kind: Callable[[str], object] = Path
    required: bool = True
    metavar: str | None = None


CONFIG = StepOption("config", "TOML file with [tool.ml]")


def write_failure(options: argparse.Namespace, error: GatesError) -> None:
    """Leave an error in ``failure.json`` of the folder ``options.into``, for the parent, and its traceback in the step's log."""
    say(traceback.format_exc(), sys.stderr)
    failure = {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy}
    write_json(options.into / "failure.json", failure)


def run_step(
    module: str,
    description: str,
    options: Sequence[StepOption],
    act: Callable[[argparse.Namespace], int],
    refuse: Callable[[argparse.Namespace, GatesError], None],
    arguments: Sequence[str] | None = None,
) -> int:
    """Run a step from its command line and return its exit code: what ``act`` returns, or that of the error it raises.

    ``refuse`` gets a `GatesError` and the options, and says or writes it where the one who started the step looks. Any other
    error is raised.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    for option in options:
        parser.add_argument(
            f"--{option.name}", type=option.kind, required=option.required, metavar=option.metavar, help=option.help
        )
    given = parser.parse_args(arguments)
    try:
        return act(given)
    except GatesError as error:
        refuse(given, error)
        return error.exit_code
