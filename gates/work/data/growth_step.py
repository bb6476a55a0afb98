"""``python -m gates.work.data.growth_step``: say in a process of its own whether one batch has ids that another has not.

A process of its own, because a table that is made to fill the memory must not take the judge with it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from gates.documents import write_json
from gates.errors import GatesError
from gates.processes.memory import limit_memory
from gates.work.config.settings import read_settings
from gates.work.data.reading import read_ids


def main(arguments: Sequence[str] | None = None) -> int:
    """Write ``growth.json`` with ``grew``, or ``failure.json``, into a folder, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m gates.work.data.growth_step", description="Compare the ids of two batches."
    )
    parser.add_argument("--config", type=Path, required=True, help="TOML file with [tool.ml]")
    parser.add_argument("--batch", type=Path, required=True, help="the newer snapshot")
    parser.add_argument("--previous", type=Path, required=True, help="the snapshot before")
    parser.add_argument("--into", type=Path, required=True, help="folder for the answer")
    options = parser.parse_args(arguments)
    limit_memory()
    try:
        roles = read_settings(options.config).roles
        grew = not set(read_ids(options.batch, roles)) <= set(read_ids(options.previous, roles))
    except GatesError as error:
        failure = {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy}
        write_json(options.into / "failure.json", failure)
        return error.exit_code
    write_json(options.into / "growth.json", {"grew": grew})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
