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


class SuiteFixtures:
    """Load fixtures for the gate of the parent process or, in a plain run, for each suite that is collected."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._loaded: set[str] = set()
        self._folders: Mapping[str, tuple[Path, ...]] | None = None
        context = options.context(config)
        self._plain = context is None
        if context is not None:
            self._load(context.gate)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_file(self, file_path: Path) -> None:
        """Load what a file of a suite needs, before pytest reads the file."""
        if self._plain:
            for gate in self._gates_of(file_path):
                self._load(gate)

    def _gates_of(self, path: Path) -> Iterable[str]:
        if self._folders is None:
            self._folders = _read_folders(self._config)
        return [gate for gate, members in self._folders.items() if any(path.is_relative_to(one) for one in members)]

    def _load(self, gate: str) -> None:
        for module in MODULES.get(gate, ()):
            if module not in self._loaded:
                self._loaded.add(module)
                self._config.pluginmanager.import_plugin(module)


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
