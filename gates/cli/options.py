"""Define the options that several commands share, each once."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Protocol

from gates.errors import ConfigError
from gates.policy.layers import policy_in
from gates.redaction import find_url_secrets
from gates.reports.progress import Progress
from gates.session import ReadOnlySession, Session


class Commands(Protocol):
    """Describe what argparse's ``add_subparsers`` returns."""

    def add_parser(self, name: str, *, help: str, description: str) -> argparse.ArgumentParser: ...


def command(commands: Commands, name: str, help: str, description: str = "") -> argparse.ArgumentParser:
    """Add a subcommand with the options that every command takes, and return its parser."""
    parser = commands.add_parser(name, help=help, description=description or f"{help[0].upper()}{help[1:]}.")
    parser.add_argument(
        "--home",
        type=Path,
        default=None,
        metavar="DIR",
        help="where everything is kept (default .gates, or GATES_HOME)",
    )
    parser.add_argument(
        "--policy",
        type=Path,
        default=None,
        metavar="PATH",
        help="a TOML file with [tool.gates] and [tool.ml] (default gates.toml or pyproject.toml)",
    )
    parser.add_argument("--debug", action="store_true", help="print the traceback of an error")
    parser.add_argument(
        "-v", "--verbose", action="count", default=0, help="log what is done to standard error; -vv logs more"
    )
    return parser


def tells_a_decision(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that decides something: --json, --junit, --summary and --wait."""
    parser.add_argument("--json", type=Path, default=None, metavar="PATH", help="write the whole decision as JSON")
    parser.add_argument(
        "--junit", type=Path, default=None, metavar="PATH", help="write the decision as JUnit XML, one case a check"
    )
    parser.add_argument(
        "--summary", type=Path, default=None, metavar="PATH", help="add the decision to a Markdown file, as CI shows it"
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="wait for another command on the same home (default: refuse at once)",
    )


def home_of(options: argparse.Namespace) -> Path:
    """Return the folder that --home names, else GATES_HOME, else .gates."""
    chosen: Path | None = options.home
    return chosen or Path(os.environ.get("GATES_HOME") or ".gates")


def policy_of(options: argparse.Namespace) -> Path:
    """Return the policy file: the one named, else the nearest gates.toml, or pyproject.toml with [tool.gates], at or above this
    folder.

    Raises `ConfigError` where there is none, and where one folder has both.
    """
    file = find_policy(options)
    if file is None:
        raise ConfigError(
            "no gates.toml and no pyproject.toml with [tool.gates] here or above",
            "run in the project's folder, name a file with --policy, or write one with gates init",
        )
    return file


def find_policy(options: argparse.Namespace) -> Path | None:
    """Return the policy file, or None outside of any project. A file that cannot be read is an error: it may hold the policy."""
    chosen: Path | None = options.policy
    if chosen is not None:
        return chosen
    for folder in (Path.cwd(), *Path.cwd().parents):
        if candidate := policy_in(folder):
            return candidate
    return None


def look(options: argparse.Namespace) -> ReadOnlySession:
    """Return the project, open for reading only, for a command that changes nothing; outside of any project, the home alone."""
    return Session.open_readonly(find_policy(options), home_of(options))


def session_of(options: argparse.Namespace, *, otherwise: Path | None = None) -> Session:
    """Return the project, open for writing, with a run id of its own; ``otherwise`` is the policy outside of any project.

    Raises like `policy_of` and `Session.open`.
    """
    policy = policy_of(options) if otherwise is None else find_policy(options) or otherwise
    session = Session.open(policy, home_of(options), Progress())
    session.secrets = options.secrets.and_also(*find_url_secrets(session.policy.source.read_text(encoding="utf-8")))
    return session


def split_version(text: str) -> tuple[str, int]:
    """Return the name and the number of a version written as ``NAME@VERSION``. Raises `ConfigError` for any other text."""
    name, _, version = text.rpartition("@")
    if not name or not version.isdecimal():
        raise ConfigError(f"{text!r} is not a model version", "write it as NAME@VERSION, like COVID19Articles_model@1")
    return name, int(version)
