"""The fixtures that a check asks for: ``evidence``, ``bound``, ``settings``, ``inapplicable`` and what the run is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn, Protocol

import pytest

from gates.context import Context
from gates.errors import GatesError
from gates.evidence import Bound, Evidence
from gates.plugin import options
from gates.plugin.marks import gate_of
from gates.plugin.outcomes import Inconclusive, NotApplicable
from gates.policy.records import GatePolicy
from gates.reports.text import printable

EVIDENCE = "gates.evidence"


class Record(Protocol):
    """Record a measurement and hold it to the bound that the policy gives to this check."""

    def __call__(self, name: str, value: float, *, n: int, detail: str = "", needed_n: int | None = None) -> None: ...


@pytest.fixture(scope="session")
def gate_context(request: pytest.FixtureRequest) -> Context | None:
    """What the parent process said this run is about; None in a plain pytest run."""
    return options.context(request.config)


@pytest.fixture(scope="session")
def run_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a check may leave a file for people to read: the folder of this run, or a temporary one in a plain pytest run."""
    context = request.config.getoption("--gates-context", default=None)
    return Path(context).parent if context else tmp_path_factory.mktemp("run")


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Mapping[str, object]:
    """``[tool.gates.<gate>.settings]`` of the check's gate, read-only."""
    return MappingProxyType(dict(_gate_policy(request).settings))


@pytest.fixture
def bound(request: pytest.FixtureRequest) -> Callable[[str], float | None]:
    """The limit that the policy gives to an evidence of this check, or None."""
    bounds = _bounds(request)

    def limit(name: str) -> float | None:
        return bounds[name].limit if name in bounds else None

    return limit


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Record:
    """Record a measurement; fail with one sentence when it does not keep its bound, or when it has none."""
    bounds = _bounds(request)
    check = request.node.nodeid.partition("[")[0]

    def record(name: str, value: float, *, n: int, detail: str = "", needed_n: int | None = None) -> None:
        found = Evidence(
            str(name), repr(float(value)), int(n), printable(detail), None if needed_n is None else int(needed_n)
        )
        request.node.user_properties.append((EVIDENCE, {key: _plain(part) for key, part in asdict(found).items()}))
        if name not in bounds:
            pytest.fail(
                f"{found.sentence(None)} has no bound: give it one under {check!r} in [tool.gates]", pytrace=False
            )
        fault = found.fault(bounds[name])
        if fault and found.measured and found.needed_n is not None:
            raise Inconclusive(f"{fault}; too few rows to tell, it needs n >= {found.needed_n:,}")
        if fault:
            pytest.fail(fault, pytrace=False)

    return record


@pytest.fixture(scope="session")
def inapplicable() -> Callable[[str, str], NoReturn]:
    """Say that a check asks nothing here: ``inapplicable("no_champion", "nothing serves yet")``."""

    def leave(condition: str, because: str) -> NoReturn:
        raise NotApplicable(condition, because)

    return leave


def _gate_policy(request: pytest.FixtureRequest) -> GatePolicy:
    gate = gate_of(request.node)
    if gate is None:
        pytest.fail(f"{request.node.nodeid} uses a gate fixture but carries no gate mark", pytrace=False)
    try:
        return options.policy(request.config).gates[gate]
    except GatesError as error:
        pytest.fail(f"the policy cannot be read: {error.message}", pytrace=False)


def _bounds(request: pytest.FixtureRequest) -> Mapping[str, Bound]:
    return _gate_policy(request).bounds(request.node.nodeid.partition("[")[0])


def _plain(value: object) -> object:
    """Exact builtins only: subclasses such as numpy scalars or StrEnum do not cross a process border."""
    return value if value is None else int(value) if isinstance(value, int) else str(value)
