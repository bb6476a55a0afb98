"""Load the fixtures of the shipped suites where a gate's suite is collected, and nowhere else.

Gates is installed beside projects that have tests, a ``data_checks`` or a ``batch`` fixture of their own; a plain pytest run
there must not notice it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from gates.errors import GatesError
from gates.plugin import options

# Which modules of fixtures the checks of a gate can use. Named as text: the engine does not import them.
MODULES: Mapping[str, tuple[str, ...]] = {
    "data": ("gates.fixtures.work", "gates.fixtures.data"),
    "model": ("gates.fixtures.work", "gates.fixtures.model"),
    "drift": ("gates.fixtures.work", "gates.fixtures.model"),
    "endpoint": ("gates.fixtures.work", "gates.fixtures.endpoint"),
    "nightly": ("gates.fixtures.work", "gates.fixtures.model", "gates.fixtures.nightly"),
    "data_files": ("gates.fixtures.work", "gates.fixtures.two_files"),
    "drift_files": ("gates.fixtures.work", "gates.fixtures.two_files"),
}


def load_fixtures(config: pytest.Config) -> None:
    """Register the fixtures for the gate of the parent process or, in a plain run, for each suite that it will collect.

    Before anything is collected, so that a fixture of the project's own conftest.py comes after them and wins.
    """
    context = options.context(config)
    if context is not None:
        gates = [context.gate]
    else:
        gates = [gate for gate, members in _read_folders(config).items() if _is_collected(config, members)]
    for module in dict.fromkeys(module for gate in gates for module in MODULES.get(gate, ())):
        config.pluginmanager.import_plugin(module)


def _is_collected(config: pytest.Config, members: Iterable[Path]) -> bool:
    """Whether a path of the command line lies in a member of a suite, or holds one."""
    named = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    return any(path.is_relative_to(one) or one.is_relative_to(path) for path in named for one in members)


def _read_folders(config: pytest.Config) -> Mapping[str, tuple[Path, ...]]:
    """The files and folders of each gate's suite; none where the project has no policy, or one that cannot be read.

    What is wrong with a policy is said by the first check that needs it, not by every pytest run in the folder.
    """
    file = config.rootpath / "pyproject.toml"
    try:
        if "[tool.gates" not in file.read_text(encoding="utf-8"):
            return {}
        policy = options.policy(config)
    except (OSError, UnicodeDecodeError, GatesError):
        return {}
    return {gate: tuple(policy.root / member for member in one.suite) for gate, one in policy.gates.items()}
