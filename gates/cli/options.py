"""Define the options that several commands share, each once."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Protocol

from gates.errors import ConfigError
from gates.missing import MISSING
from gates.places import place_home
from gates.policy.layers import policy_in
from gates.printing import unsigned
from gates.redaction import find_url_secrets
from gates.reports.progress import Progress
from gates.session import ReadOnlySession, Session
from gates.toml_reader import read_toml


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
        help="where everything is kept (default GATES_HOME, or .gates beside the policy)",
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
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="list every check, and log what is done to standard error; -vv logs more",
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


def takes_data(parser: argparse.ArgumentParser, help: str) -> None:
    """Add the data to the parser of a command: as its last argument, or as --data; `data_of` reads them."""
    parser.add_argument("file", nargs="?", default=None, metavar="FILE", help=f"{help}; the same as --data")
    parser.add_argument("--data", default=None, metavar="PATH", help=help)


def data_of(options: argparse.Namespace) -> str | None:
    """Return the data that the command names, None where it names none.

    Raises `ConfigError` where FILE and --data are both there, and where FILE is empty.
    """
    file: str | None = options.file
    named: str | None = options.data
    if file is not None and named is not None:
        raise ConfigError(f"the data are named twice: {unsigned(file)} and --data {unsigned(named)}", "leave one out")
    if file is not None and not file.strip():
        raise ConfigError("the name of the data is empty", "name a file, or leave it out")
    return named if file is None else file


def home_of(options: argparse.Namespace) -> Path:
    """Return the folder that --home names, else that of `gates.places.place_home` for the policy of this command.

    Raises `ConfigError` for a pyproject.toml on the way that cannot be read.
    """
    chosen: Path | None = options.home
    return chosen or place_home(lambda: find_policy(options))


def read_missing(options: argparse.Namespace) -> tuple[str, ...]:
    """Return how missing values are spelt in text files: ``[tool.ml] missing`` of the policy file, if there is one.

    Raises `ConfigError` where that is no list of texts.
    """
    file = find_policy(options)
    tool = read_toml(file).get("tool") if file is not None else None
    of_work = tool.get("ml") if isinstance(tool, dict) else None
    given = of_work.get("missing") if isinstance(of_work, dict) else None
    if given is None:
        return MISSING
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise ConfigError(f"[tool.ml] missing is {given!r:.60}, wanted a list of texts", 'write missing = [""]')
    return tuple(given)


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
    session = Session.open(policy, home_of(options), Progress(whole=options.verbose > 0))
    session.secrets = options.secrets.and_also(*find_url_secrets(session.policy.source.read_text(encoding="utf-8")))
    return session


def split_version(text: str) -> tuple[str, int]:
    """Return the name and the number of a version written as ``NAME@VERSION``. Raises `ConfigError` for any other text."""
    name, _, version = text.rpartition("@")
    if not name or not version.isdecimal():
        raise ConfigError(f"{text!r} is not a model version", "write it as NAME@VERSION, like COVID19Articles_model@1")
    return name, int(version)
