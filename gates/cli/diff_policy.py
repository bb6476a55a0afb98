"""`gates diff-policy`: list what a change of the policy lets through that was held back before."""

from __future__ import annotations

import argparse
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gates.cli.options import Commands, command
from gates.errors import ConfigError
from gates.policy.diff import Side, compare_sides
from gates.policy.layers import STANDARD, Disk, Files, read_effective
from gates.policy.ordering import Direction
from gates.reports.progress import Progress

_STYLES = {Direction.LOOSENED: "bad", Direction.UNCLEAR: "bad", Direction.TIGHTENED: "good", Direction.BESIDE: "dim"}


def add(commands: Commands) -> None:
    """Add the parser of `gates diff-policy` to the commands."""
    parser = command(commands, "diff-policy", "say what a change of the policy loosens, and end with 1 if it does")
    for which in ("old", "new"):
        parser.add_argument(
            which,
            metavar=which.upper(),
            help="a policy file, or one in git, like HEAD:pyproject.toml or main:policy.toml",
        )
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print every change between two policies; return 1 where one lets more through or may do so, else 0. Raises `ConfigError`."""
    changes = compare_sides(_read(options.old), _read(options.new))
    progress = Progress()
    for change in sorted(changes, key=lambda change: list(Direction).index(change.direction)):
        progress.line(f"{change.direction:10} {change.sentence}", _STYLES[change.direction])
    weaker = sum(change.weakens for change in changes)
    if weaker:
        progress.line(f"{weaker} of {len(changes)} changes let more through, or may: each needs a reason", "bad")
        return 1
    progress.line("nothing was loosened" if changes else "nothing changed", "good")
    return 0


def _read(source: str) -> Side:
    """Return the policy of a file or, where there is none of that name, of ``REVISION:PATH``, with the files that it names."""
    revision, colon, path = source.partition(":")
    if not colon or Path(source).exists():
        files: Files = Disk()
        return Side.of(read_effective(Path(source), files), files)
    files = Revision.of(revision, Path(path).resolve())
    return Side.of(read_effective(Path(path), files), files)


@dataclass(frozen=True, slots=True)
class Revision:
    """Read files as git has them in one revision of the repository at ``top``; a file outside of it is read as it is now."""

    name: str
    top: Path | None

    @classmethod
    def of(cls, name: str, source: Path) -> Revision:
        """Return the revision of the repository that keeps ``source``. Raises `ConfigError` for what cannot be a revision."""
        if not name or name.startswith("-"):
            raise ConfigError(f"{name!r:.80} is no revision", "write it like HEAD:pyproject.toml")
        folder = _existing(source.parent)
        try:
            top = _git(folder, "rev-parse", "--show-toplevel").decode("utf-8", errors="replace").strip()
        except (OSError, subprocess.SubprocessError):
            top = ""
        return cls(name, Path(top).resolve() if top else None)

    def toml(self, path: Path) -> Mapping[str, object]:
        """Return a parsed TOML file. Raises `ConfigError` where there is no git, no such revision, or no such file in it."""
        what, remedy = f"{path.name} of the revision {self.name!r:.80}", "name a file, or REVISION:PATH"
        content = self.content(path) if path in STANDARD.values() else None
        try:
            if path in STANDARD.values():  # a revision older than the standard policy gets that of now
                return Disk().toml(path) if content is None else tomllib.loads(content.decode("utf-8"))
            return tomllib.loads(self._show(path).decode("utf-8"))
        except subprocess.CalledProcessError as error:
            answer = error.stderr.decode(errors="replace").strip()
            raise ConfigError(f"{what} cannot be read: {answer:.300}", remedy) from None
        except (OSError, subprocess.TimeoutExpired, ValueError, RecursionError) as error:
            raise ConfigError(f"{what} cannot be read: {error}", remedy) from None

    def content(self, path: Path) -> bytes | None:
        """Return the bytes of a file, or None where the revision has none."""
        if self.top is None or not path.is_relative_to(self.top) or _ignored(path):
            return Disk().content(path)
        try:
            return self._show(path)
        except (OSError, subprocess.SubprocessError):
            return None

    def _show(self, path: Path) -> bytes:
        folder = _existing(path.parent)
        return _git(folder, "show", f"{self.name}:./{path.relative_to(folder).as_posix()}")


def _git(folder: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, timeout=60, stdin=subprocess.DEVNULL, check=True).stdout


def _existing(folder: Path) -> Path:
    """Return the nearest folder that exists now; the revision may have had more."""
    return next(one for one in (folder, *folder.parents) if one.is_dir())


@cache
def _ignored(path: Path) -> bool:
    """Return whether git keeps no versions of a file: an environment with an installed Gates may lie in the repository."""
    try:
        _git(_existing(path.parent), "check-ignore", "-q", str(path))
    except (OSError, subprocess.SubprocessError):
        return False
    return True
