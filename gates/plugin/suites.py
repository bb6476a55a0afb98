"""Load the fixtures of the shipped suites where a gate's suite is collected, and nowhere else; name the checks of a suite.

Gates is installed beside projects that have tests, a ``data_checks`` or a ``batch`` fixture of their own; a plain pytest run
there must not notice it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from gates.errors import GatesError
from gates.plugin import options
from gates.policy.records import GatePolicy, Policy
from gates.policy.suites import name_file

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

    They are registered before anything is collected, so that a fixture of the project's own conftest.py comes after them and
    wins. Raises `pytest.UsageError` when the project's conftest.py cannot be imported.
    """
    context = options.context(config)
    if context is not None:
        gates = [context.gate]
    else:
        gates = [gate for gate, members in _read_folders(config).items() if _is_collected(config, members)]
    if gates and context is None:
        _find_beside(config)
    for module in dict.fromkeys(module for gate in gates for module in MODULES.get(gate, ())):
        # Not by import_plugin, which would rewrite assertions and warn where a second session runs in one process.
        if not config.pluginmanager.has_plugin(module):
            config.pluginmanager.register(importlib.import_module(module), module)
    if context is not None:
        policy = options.policy(config)
        _load_conftest(config, policy, policy.gates[context.gate])


def _is_collected(config: pytest.Config, members: Iterable[Path]) -> bool:
    """Return whether a path of the command line is in a member of a suite, or contains one."""
    named = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    return any(path.is_relative_to(one) or one.is_relative_to(path) for path in named for one in members)


def check_id(item: pytest.Item, policy: Policy, gate: str) -> str:
    """Return the id of a check of a gate's suite, the same wherever the suite lies.

    It is ``gates:data/test_values.py::test_every_number_is_finite`` for a suite that came with Gates, and begins with the path
    relative to the project's root for one of the project's own. ``[case]`` follows for a case of a parametrized check.
    """
    chain = item.listchain()
    last = max((place for place, node in enumerate(chain) if isinstance(node, pytest.File)), default=0)
    return "::".join(
        [name_file(item.path, policy.gates[gate].suite, policy.root), *(n.name for n in chain[last + 1 :])]
    )


def collector_id(nodeid: str, policy: Policy, gate: str) -> str:
    """Return the id of a file or folder of a gate's suite from pytest's node id, which is relative to the root or to the suite."""
    file, colons, rest = nodeid.partition("::")
    if not nodeid or (policy.root / file).exists():
        return nodeid
    members = policy.gates[gate].suite
    inside = (member.path / file for member in members if member.shipped)
    path = next((path for path in inside if path.exists()), None)
    return f"{name_file(path, members, policy.root)}{colons}{rest}" if path is not None else nodeid


def _load_conftest(config: pytest.Config, policy: Policy, gate: GatePolicy) -> None:
    """Load the project's conftest.py for a suite that lies elsewhere; pytest itself loads it for a suite of the project's own.

    Raises `pytest.UsageError` when it cannot be imported.
    """
    path = policy.root / "conftest.py"
    if not path.is_file() or any(member.path.is_relative_to(policy.root) for member in gate.suite):
        return
    spec = importlib.util.spec_from_file_location("conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules["conftest"] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise pytest.UsageError(f"{path.name} cannot be imported: {type(error).__name__}: {error}") from error
    config.pluginmanager.register(module, "the project's conftest")


def _find_beside(config: pytest.Config) -> None:
    """Let a plain run find the modules beside the configuration, as the child of a gate does."""
    folder = str(config.rootpath)
    if folder not in sys.path:
        sys.path.insert(0, folder)


def _read_folders(config: pytest.Config) -> Mapping[str, tuple[Path, ...]]:
    """Return the files and folders of each gate's suite; none where the project has no policy, or one that cannot be read.

    The first check that needs the policy reports what is wrong with it, not every pytest run in the folder.
    """
    try:
        if "[tool.gates" not in options.policy_file(config).read_text(encoding="utf-8"):
            return {}
        policy = options.policy(config)
    except (OSError, UnicodeDecodeError, GatesError):
        return {}
    return {gate: tuple(member.path for member in one.suite) for gate, one in policy.gates.items()}
