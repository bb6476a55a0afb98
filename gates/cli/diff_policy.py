"""`gates diff-policy`: what a change of the policy lets through that was held back before."""

from __future__ import annotations

import argparse
import subprocess
import tomllib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from gates.cli.options import Commands, command
from gates.errors import ConfigError
from gates.policy.diff import compare_policies
from gates.policy.ordering import Direction
from gates.policy.reader import read_tables
from gates.reports.progress import Progress

_STYLES = {Direction.LOOSENED: "bad", Direction.UNCLEAR: "bad", Direction.TIGHTENED: "good", Direction.BESIDE: "dim"}


def add(commands: Commands) -> None:
    parser = command(commands, "diff-policy", "say what a change of the policy loosens, and end with 1 if it does")
    for which in ("old", "new"):
        parser.add_argument(
            which,
            metavar=which.upper(),
            help="a policy file, or one in git, like HEAD:pyproject.toml or main:policy.toml",
        )
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    changes = compare_policies(_read(options.old), _read(options.new))
    progress = Progress()
    for change in sorted(changes, key=lambda change: list(Direction).index(change.direction)):
        progress.line(f"{change.direction:10} {change.sentence}", _STYLES[change.direction])
    weaker = sum(change.weakens for change in changes)
    if weaker:
        progress.line(f"{weaker} of {len(changes)} changes let more through, or may: each needs a reason", "bad")
        return 1
    progress.line("nothing was loosened" if changes else "nothing changed", "good")
    return 0


def _read(source: str) -> Mapping[str, object]:
    """The tables of a file or, where there is none of that name, of ``REVISION:PATH``."""
    revision, colon, path = source.partition(":")
    if not colon or Path(source).exists():
        return read_tables(Path(source).resolve())
    return read_tables(Path(path).resolve(), partial(_from_git, revision))


def _from_git(revision: str, path: Path) -> Mapping[str, object]:
    """A TOML file as git has it. Raises `ConfigError` where there is no git, no such revision, or no such file in it."""
    what = f"{path.name} of the revision {revision!r:.80}"
    if not revision or revision.startswith("-"):
        raise ConfigError(f"{revision!r:.80} is no revision", "write it like HEAD:pyproject.toml")
    try:
        shown = subprocess.run(
            ["git", "-C", str(path.parent), "show", f"{revision}:./{path.name}"],
            capture_output=True, timeout=60, stdin=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        return tomllib.loads(shown.stdout.decode("utf-8"))
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise ConfigError(f"{what} cannot be read: {said:.300}", "name a file, or REVISION:PATH") from None
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{what} cannot be read: {error}", "name a file, or REVISION:PATH") from None
