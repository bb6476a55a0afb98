"""`gates export`: copy the ledger into a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from gates.cli.options import Commands, command, home_of, look
from gates.errors import NothingKept
from gates.reports.progress import Progress


def add(commands: Commands) -> None:
    """Add the parser of `gates export` to the commands."""
    parser = command(
        commands,
        "export",
        "copy the ledger and its blobs into a new folder",
        "Copy the ledger and its blobs, as they are at one moment, into a new folder that can be used as a --home. Keys stay.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that is empty, or not there yet")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Copy the ledger and its blobs, and return 0, also where nothing was ever kept."""
    progress = Progress()
    try:
        registry = look(options).registry
    except NothingKept:
        progress.line(f"nothing was ever kept in {home_of(options)}; nothing was copied")
        return 0
    registry.copy_into(options.folder)
    progress.line(f"copied the ledger to {options.folder}")
    return 0
