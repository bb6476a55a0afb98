"""Define the two private options by which the parent process gives its child the context of the run and the pipe for the
record.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from gates.context import Context
from gates.policy.layers import OWN, PROJECT
from gates.policy.reader import read_policy
from gates.policy.records import Policy


def add(parser: pytest.Parser) -> None:
    """Add --gates-context and --gates-record."""
    group = parser.getgroup("gates", "gates: the private line between `gates check` and its child process")
    group.addoption(
        "--gates-context", default=None, metavar="FILE", help="what this gate's run is about (written by gates)"
    )
    group.addoption(
        "--gates-record", default=None, type=int, metavar="FD", help="where facts are written (opened by gates)"
    )


def context(config: pytest.Config) -> Context | None:
    """Return the context that the parent process wrote, or None in a plain pytest run."""
    path = config.getoption("--gates-context", default=None)
    return _read_context(path) if path else None


def policy(config: pytest.Config) -> Policy:
    """Return the policy of this run, read without strictness: the parent's file, else the project's own. Raises `ConfigError`."""
    parent = context(config)
    return _read_policy(Path(parent.config) if parent else policy_file(config))


def policy_file(config: pytest.Config) -> Path:
    """Return the file in which a plain pytest run looks for a policy: gates.toml in its root or in the folder where it was started,
    else pyproject.toml in its root. It may be absent.
    """
    for folder in (config.rootpath, config.invocation_params.dir):
        if (folder / OWN).is_file():
            return folder / OWN
    return config.rootpath / PROJECT


@cache
def _read_context(path: str) -> Context:
    return Context.read(Path(path))


@cache
def _read_policy(path: Path) -> Policy:
    return read_policy(path, strict=False)  # `gates` reports what the suite lacks, as do the checks that do not run
