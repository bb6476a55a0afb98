"""The options that several commands share, spelt once."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Protocol

from gates.errors import ConfigError, NothingKept
from gates.registry import Ledger
from gates.registry.opening import open_registry
from gates.reports.progress import Progress
from gates.session import Engine
from gates.toml_reader import read_toml


class Commands(Protocol):
    """What argparse's ``add_subparsers`` returns."""

    def add_parser(self, name: str, *, help: str, description: str) -> argparse.ArgumentParser: ...


def command(commands: Commands, name: str, help: str, description: str = "") -> argparse.ArgumentParser:
    """A subcommand with the options that every command takes."""
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
        help="a TOML file with [tool.gates] and [tool.ml] (default pyproject.toml)",
    )
    parser.add_argument("--debug", action="store_true", help="print the traceback of an error")
    return parser


def tells_a_decision(parser: argparse.ArgumentParser) -> None:
    """The options of a command that decides something."""
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
    chosen: Path | None = options.home
    return chosen or Path(os.environ.get("GATES_HOME") or ".gates")


def policy_of(options: argparse.Namespace) -> Path:
    """The policy file: the one named, else the nearest pyproject.toml with [tool.gates] at or above this folder."""
    chosen: Path | None = options.policy
    if chosen is not None:
        return chosen
    for folder in (Path.cwd(), *Path.cwd().parents):
        candidate = folder / "pyproject.toml"
        if candidate.is_file():
            tool = read_toml(candidate).get("tool")
            if isinstance(tool, dict) and "gates" in tool:
                return candidate
    raise ConfigError(
        "no pyproject.toml with [tool.gates] here or above", "run in the project's folder, or name a file with --policy"
    )


def registry_of(options: argparse.Namespace) -> Ledger:
    """The registry, for commands that only look. Raises `NothingKept` where nothing was ever kept."""
    home = home_of(options)
    try:
        config = policy_of(options)
    except ConfigError:  # outside of any project a home can still be looked at
        config = None
    registry = open_registry(home, shared_of(config), config, must_exist=True)
    if registry is None:
        raise NothingKept(f"{home} holds no registry", "name the folder with --home, or make one with gates run")
    return registry


def shared_of(config: Path | None) -> str:
    """What ``[tool.gates] registry`` says, read by itself: a policy with faults elsewhere does not hide the ledger."""
    tool = read_toml(config).get("tool") if config else None
    gates = tool.get("gates") if isinstance(tool, dict) else None
    return str(gates.get("registry", "")) if isinstance(gates, dict) else ""


def engine_of(options: argparse.Namespace, *, quiet: bool = False) -> Engine:
    return Engine.open(policy_of(options), home_of(options), Progress(quiet=quiet))


def split_version(text: str) -> tuple[str, int]:
    """``NAME@VERSION`` as (name, version). Raises `ConfigError`."""
    name, _, version = text.rpartition("@")
    if not name or not version.isdecimal():
        raise ConfigError(f"{text!r} is not a model version", "write it as NAME@VERSION, like COVID19Articles_model@1")
    return name, int(version)
