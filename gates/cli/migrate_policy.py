"""`gates migrate-policy`: rewrite a policy file in the nested form, so that it decides the same as before."""

from __future__ import annotations

import argparse
from pathlib import Path

from gates.cli.options import Commands, command, policy_of
from gates.errors import BackendError, ConfigError
from gates.policy.migration import migrate
from gates.reports.progress import Progress


def add(commands: Commands) -> None:
    """Add the parser of `gates migrate-policy` to the commands."""
    parser = command(commands, "migrate-policy", "rewrite a policy of the old, flat form; it decides the same")
    parser.add_argument(
        "file", nargs="?", type=Path, default=None, metavar="FILE", help="the policy file (default: --policy)"
    )
    parser.add_argument("--write", action="store_true", help="replace the file, and keep the old one as FILE.bak")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print the file in the nested form, or write it with --write, and return 0.

    Raises `ConfigError` where it cannot be rewritten so that it decides the same, and `BackendError` where it cannot be
    written.
    """
    path: Path = options.file or policy_of(options)
    text = migrate(path)
    if text is None:
        Progress().line(f"{path.name} has nothing in the old form", "good")
    elif options.write:
        _replace(path, text)
        Progress().line(
            f"{path.name} rewritten; it was kept as {path.name}.bak. Comments in [tool.gates] are there alone", "good"
        )
    else:
        print(text, end="")
    return 0


def _replace(path: Path, text: str) -> None:
    backup = path.with_name(f"{path.name}.bak")
    if backup.exists():
        raise ConfigError(f"{backup.name} exists already, and is not overwritten", "move it away first")
    try:
        backup.write_bytes(path.read_bytes())
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BackendError(f"{path} cannot be written: {error.strerror}", "make the folder writable") from None
