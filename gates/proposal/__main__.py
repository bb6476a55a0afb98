"""``python -m gates.proposal look|draft``: one step of `gates init` in a process of its own, with its answer as JSON in a folder.

A process of its own, because reading, fitting and profiling need the data libraries, which the command itself never imports, and
because an odd table may exhaust memory or crash native code.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gates.documents import write_json
from gates.errors import ConfigError, GatesError
from gates.extras import EXPECTATIONS
from gates.printing import say
from gates.proposal.columns import look_at, tell_task_of
from gates.proposal.draft import make_draft, profile_suite
from gates.toml_reader import listed
from gates.work.data import reading
from gates.work.data.source import fetch
from gates.work.records import CONTENT, ColumnRoles


def look(source: str, into: Path) -> None:
    """Copy the data into the folder, and write ``look.json``: columns, candidates for each role, and the task of each target."""
    taken = fetch(source, into)
    table = look_at(reading.read(taken.path, complete=False), datetime.now(UTC))
    columns = {one.name: one for one in table.columns}
    tasks = {one.name: tell_task_of(one, table.rows) for one in columns.values()}
    about = {"snapshot": taken.path.name, "digest": taken.digest, "tasks": tasks}
    write_json(into / "look.json", {**asdict(table), **about})


def draft(snapshot: Path, wanted: Mapping[str, str], into: Path) -> None:
    """Write ``draft.json`` and ``train.py`` for the data with the roles ``wanted``, and ``expectations.json`` where
    Great Expectations is installed.
    """
    from gates.measures.data.profile import write

    roles = make_roles(wanted)
    frame = reading.read(snapshot, roles, complete=False)
    made = make_draft(frame, roles, datetime.now(UTC))
    if EXPECTATIONS.is_installed:
        write(profile_suite(frame, roles), into / "expectations.json")
    (into / "train.py").write_text(made.training, encoding="utf-8")
    write_json(into / "draft.json", asdict(made))


def make_roles(wanted: Mapping[str, str]) -> ColumnRoles:
    """Return the roles from their columns by name, and the task. Raises `ConfigError` for a role that columns cannot have."""
    known = [field.name for field in fields(ColumnRoles)]
    if unknown := [role for role in wanted if role not in known]:
        raise ConfigError(f"{listed(unknown)} is no role of a column; there are {listed(known)}", "leave it out")
    roles: dict[str, Any] = {"id": CONTENT, **wanted}
    return ColumnRoles(**roles)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step from the command line and return the exit code; an error is written to ``failure.json``."""
    parser = argparse.ArgumentParser(
        prog="python -m gates.proposal", description="Look at a table, and draft a policy."
    )
    parser.add_argument("step", choices=("look", "draft"), help="which step")
    parser.add_argument("--data", required=True, help="the data; for draft the snapshot that look left")
    parser.add_argument("--roles", default="{}", help="JSON object of id, target, task and time")
    parser.add_argument("--into", type=Path, required=True, help="folder for the answer")
    options = parser.parse_args(arguments)
    try:
        if options.step == "look":
            look(options.data, options.into)
        else:
            draft(Path(options.data), json.loads(options.roles), options.into)
    except GatesError as error:
        say(traceback.format_exc(), sys.stderr)
        write_json(
            options.into / "failure.json",
            {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy},
        )
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
