"""``python -m gates.work.data.growth_step``: say in a process of its own whether one batch has ids that another has not.

A process of its own, because a table that is made to fill the memory must not take the judge with it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gates.documents import write_json
from gates.processes.memory import limit_memory
from gates.work.config.settings import read_settings
from gates.work.data.reading import read_ids
from gates.work.step import CONFIG, StepOption, run_step, write_failure

_OPTIONS = (
    CONFIG,
    StepOption("batch", "the newer snapshot"),
    StepOption("previous", "the snapshot before"),
    StepOption("into", "folder for the answer"),
)


def compare(options: argparse.Namespace) -> int:
    """Write ``growth.json`` with ``grew`` into a folder, and return 0. Raises `GatesError` for what cannot be read."""
    limit_memory()
    roles = read_settings(options.config).roles
    grew = not set(read_ids(options.batch, roles)) <= set(read_ids(options.previous, roles))
    write_json(options.into / "growth.json", {"grew": grew})
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the step from its command line and return its exit code; a refusal is in ``failure.json``."""
    about = "Compare the ids of two batches."
    return run_step("gates.work.data.growth_step", about, _OPTIONS, compare, write_failure, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
