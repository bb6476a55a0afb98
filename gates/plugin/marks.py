"""Define two marks: ``@pytest.mark.gate("model")`` and ``@pytest.mark.each(metric="metrics")``."""

from __future__ import annotations

import pytest

from gates.errors import GatesError
from gates.plugin import options
from gates.policy.records import ASIDE, GATES


def declare(config: pytest.Config) -> None:
    """Declare the marks ``gate`` and ``each``, so that ``--strict-markers`` knows them."""
    config.addinivalue_line(
        "markers", f"gate(name): the gate that this check belongs to: {', '.join((*GATES, *ASIDE))}"
    )
    config.addinivalue_line(
        "markers", "each(argument=setting): run the check once for each entry of a list in the gate's settings"
    )


def gate_of(item: pytest.Item | pytest.Function) -> str | None:
    """Return the gate of a collected item, or None without a mark. Raises `pytest.UsageError` for a gate that does not exist."""
    return _name(item.get_closest_marker("gate"), item.nodeid)


def _name(mark: pytest.Mark | None, where: str) -> str | None:
    if mark is None:
        return None
    name = mark.args[0] if mark.args else None
    if name not in (*GATES, *ASIDE):
        raise pytest.UsageError(f"{where}: gate({name!r}) does not exist; legal: {', '.join((*GATES, *ASIDE))}")
    return str(name)


class Marks:
    """Turn the mark ``each`` into parameters."""

    @pytest.hookimpl
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Parametrize a check over the lists of the gate's settings that its marks ``each`` name.

        Raises `pytest.UsageError` where the gate mark is missing, the policy cannot be read, or a setting is no list with
        entries.
        """
        for mark in metafunc.definition.iter_markers("each"):
            gate = gate_of(metafunc.definition)
            if gate is None:
                raise pytest.UsageError(f"{metafunc.definition.nodeid}: each(...) needs a gate mark beside it")
            try:
                settings = options.policy(metafunc.config).gates[gate].settings
            except GatesError as error:
                raise pytest.UsageError(error.message) from None
            for argument, setting in mark.kwargs.items():
                entries = settings.get(setting)
                if not isinstance(entries, list) or not entries:
                    raise pytest.UsageError(
                        f"{metafunc.definition.nodeid}: [tool.gates.{gate}.settings] {setting} is {entries!r}, wanted a list"
                    )
                metafunc.parametrize(argument, entries, ids=[str(entry) for entry in entries])
