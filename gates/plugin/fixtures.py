"""Define the fixtures of a check: ``evidence``, ``bound``, ``settings``, ``inapplicable`` and what the run is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn, Protocol, cast

import pytest

from gates.context import Context
from gates.errors import GatesError
from gates.evidence import DIRECTIONS, Evidence, Kind
from gates.plugin import options
from gates.plugin.marks import gate_of
from gates.plugin.outcomes import Inconclusive, NotApplicable
from gates.plugin.suites import check_id
from gates.policy.catalogue import describe, describe_own
from gates.policy.own_metrics import OwnMetric
from gates.policy.records import CheckPolicy, GatePolicy
from gates.printing import printable

EVIDENCE = "gates.evidence"
_ID = re.compile(r"[a-z][a-z0-9_]*\Z")


class Measured(Protocol):
    """Describe a measurement that a library made, as `Record.of` takes it.

    It may also have ``kind``, ``name``, ``unit``, ``better``, ``detail`` and ``needed_n``.
    """

    @property
    def id(self) -> str:
        """Return the name of the measurement within its check."""

    @property
    def value(self) -> float:
        """Return the number."""

    @property
    def n(self) -> int:
        """Return the number of rows or requests behind it."""


class Record:
    """Record measurements of one check, and hold each to the bound that the policy gives it.

    The check fails with one sentence when a measurement misses its bound or has none; it is inconclusive when the measurement
    says that it needs more rows. A count of violations without a bound in the policy is held to ``== 0``.
    """

    def __init__(self, item: pytest.Item, policy: CheckPolicy, own: Mapping[str, OwnMetric] | None = None) -> None:
        self._item = item
        self._policy = policy
        self._own = own or {}

    def __call__(
        self,
        id: str,
        value: float,
        *,
        n: int,
        detail: str = "",
        needed_n: int | None = None,
        kind: str = Kind.MEASUREMENT,
        name: str = "",
        unit: str = "",
        better: str = "",
    ) -> None:
        """Record one measurement: ``id`` names it within the check, ``n`` is the number of rows or requests behind it.

        ``needed_n`` is the number of rows that a clear answer takes, where these were too few. ``kind``, ``name``, ``unit``
        and ``better`` describe it (see `gates.evidence.Evidence`). Raises `ValueError` for an id, a kind or a direction that
        does not exist.
        """
        known = describe(self._policy.name, str(id))
        if known is None and (metric := self._own.get(str(id))):
            known = describe_own(self._policy.name, metric.name, unit=metric.unit, better=metric.better)
        given = Evidence(
            *(str(id), repr(float(value)), int(n), printable(detail), None if needed_n is None else int(needed_n)),
            Kind(kind),
            printable(name or (known.name if known else "")),
            printable(unit or (known.unit if known else "")),
            str(better or (known.better if known else "")),
        )
        if not _ID.match(given.id):
            raise ValueError(
                f"the evidence id {given.id!r:.80} is not one like null_share: small letters, digits and _"
            )
        if given.better not in DIRECTIONS:
            raise ValueError(f"better = {given.better!r}, wanted higher, lower or nothing")
        self._item.user_properties.append((EVIDENCE, {key: _plain(part) for key, part in asdict(given).items()}))
        bound = self._policy.bound(given)
        if bound is None:
            pytest.fail(
                f"{given.sentence(None)} has no bound: give it one under {self._policy.name!r} in [tool.gates]",
                pytrace=False,
            )
        fault = given.fault(bound)
        if fault and given.measured and given.needed_n is not None and given.kind is Kind.VIOLATIONS:
            raise Inconclusive(fault)
        if fault and given.measured and given.needed_n is not None:
            raise Inconclusive(f"{fault}; too few rows to tell, it needs n >= {given.needed_n:,}")
        if fault:
            pytest.fail(fault, pytrace=False)

    def violations(
        self, count: int, *, n: int, detail: str = "", id: str = "violations", name: str = "", unit: str = ""
    ) -> None:
        """Record how many of ``n`` cases break a rule; none may, unless the policy gives another bound."""
        self(id, count, n=n, detail=detail, kind=Kind.VIOLATIONS, name=name, unit=unit, better="lower")

    def p_value(
        self, id: str, value: float, *, n: int, detail: str = "", needed_n: int | None = None, name: str = ""
    ) -> None:
        """Record a p-value, between 0 and 1; ``n`` and ``needed_n`` are as in a measurement."""
        self(id, value, n=n, detail=detail, needed_n=needed_n, kind=Kind.P_VALUE, name=name)

    def of(self, measured: Measured | Iterable[Measured]) -> None:
        """Record what a library measured: one measurement, or several. All are recorded before the first that misses fails.

        Raises `ValueError` for an empty collection: a check that measured nothing has not passed.
        """
        every = [measured] if hasattr(measured, "id") else list(measured)
        if not every:
            raise ValueError("evidence.of(...) was given nothing to record")
        failure: BaseException | None = None
        for one in cast("list[Measured]", every):
            more = {key: getattr(one, key) for key in _OPTIONAL if getattr(one, key, None) not in (None, "")}
            try:
                self(one.id, one.value, n=one.n, **more)
            except (pytest.fail.Exception, Inconclusive) as missed:
                if failure is None or isinstance(failure, Inconclusive):
                    failure = missed
        if failure is not None:
            raise failure


_OPTIONAL = ("kind", "name", "unit", "better", "detail", "needed_n")


@pytest.fixture(scope="session")
def gate_context(request: pytest.FixtureRequest) -> Context | None:
    """Return the context that the parent process wrote for this run; None in a plain pytest run."""
    return options.context(request.config)


@pytest.fixture(scope="session")
def run_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for files that a check leaves for people: that of this run, or a temporary one in a plain pytest run."""
    context = request.config.getoption("--gates-context", default=None)
    return Path(context).parent if context else tmp_path_factory.mktemp("run")


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Mapping[str, object]:
    """Return ``[tool.gates.<gate>.settings]`` of the check's gate, read-only."""
    return MappingProxyType(dict(_gate_policy(request).settings))


@pytest.fixture
def bound(request: pytest.FixtureRequest) -> Callable[[str], float | None]:
    """Return a function that gives the limit of an evidence of this check, by its id, or None where the policy names none."""
    bounds = _check_policy(request).bounds

    def limit(id: str) -> float | None:
        return bounds[id].limit if id in bounds else None

    return limit


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Record:
    """Return the recorder of this check's measurements."""
    return Record(request.node, _check_policy(request), options.policy(request.config).metrics)


@pytest.fixture(scope="session")
def inapplicable() -> Callable[[str, str], NoReturn]:
    """Return a function that ends a check which does not apply here: ``inapplicable("no_champion", "nothing serves yet")``.

    It counts only where the policy names the condition and the parent process finds it true.
    """

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


def _check_policy(request: pytest.FixtureRequest) -> CheckPolicy:
    """Return the policy of this check; an empty one where the policy does not know it, so that any measurement lacks its bound."""
    gate = _gate_policy(request)
    name = check_id(request.node, options.policy(request.config), gate.gate).partition("[")[0]
    return gate.checks.get(name) or CheckPolicy(name, {})


def _plain(value: object) -> object:
    """Return an exact builtin: subclasses, for example numpy scalars or StrEnum, do not cross a process border."""
    return value if value is None else int(value) if isinstance(value, int) else str(value)
