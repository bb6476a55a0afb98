"""Print at the end of a plain pytest run the evidence, and that it is not a verdict."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Protocol

import pytest

from gates.errors import GatesError
from gates.evidence import Bound, Evidence, Kind
from gates.plugin import options
from gates.plugin.fixtures import EVIDENCE
from gates.plugin.marks import gate_of
from gates.plugin.suites import check_id
from gates.printing import printable

_COUNTS = "gates.counts"  # what a pytest-xdist worker gives to its controller, which collects nothing itself
_GATE, _CHECK = "gates.gate", "gates.check"  # the gate and the check of a report


class Worker(Protocol):
    """Describe what pytest-xdist hands over when one of its workers has ended."""

    @property
    def workeroutput(self) -> dict[str, list[int]]: ...


class Summary:
    """Print the summary; nothing in the child process of a gate, whose parent reports, and where no check of a gate was
    collected.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._checks = 0
        self._deselected = 0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the checks of gates that were collected."""
        self._checks = sum(1 for item in session.items if gate_of(item))

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count the checks of gates that were deselected."""
        self._deselected += sum(1 for item in items if gate_of(item))

    def pytest_sessionfinish(self) -> None:
        """Give the counts to the controller, in a worker of pytest-xdist."""
        if (output := getattr(self._config, "workeroutput", None)) is not None:
            output[_COUNTS] = [self._checks, self._deselected]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add gate and check to each report, because under pytest-xdist the process that prints has no items."""
        report = yield
        gate = gate_of(item)
        try:
            policy = options.policy(self._config) if gate else None
        except GatesError:
            return report
        if policy is not None and gate is not None and gate in policy.gates:
            name = check_id(item, policy, gate).partition("[")[0]
            report.user_properties += [(_GATE, gate), (_CHECK, name)]
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Worker) -> None:
        """Take the counts of a worker. Every worker collects the whole suite, so the counts are equal and not added."""
        checks, deselected = getattr(node, "workeroutput", {}).get(_COUNTS, (0, 0))
        self._checks, self._deselected = max(self._checks, checks), max(self._deselected, deselected)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print each evidence with its bound, and how many checks ran."""
        if not (self._checks or self._deselected) or options.context(self._config) is not None:
            return
        terminalreporter.section("gates: evidence", sep="-")
        for outcome in ("passed", "failed", "skipped"):
            for report in terminalreporter.stats.get(outcome, []):
                for line in self._lines(report):
                    terminalreporter.write_line(line)
        left_out = f", {self._deselected} deselected" if self._deselected else ""
        terminalreporter.write_line(
            f"not a verdict: {self._checks} checks ran here{left_out}; only `gates check` and `gates run` decide"
        )

    def _lines(self, report: pytest.TestReport) -> Iterator[str]:
        for key, value in getattr(report, "user_properties", ()):
            if key == EVIDENCE and isinstance(value, dict):
                evidence = Evidence(**{**value, "kind": Kind(value["kind"])})
                yield f"  {report.outcome:7} {printable(evidence.sentence(self._bound(dict(report.user_properties), evidence)))}"

    def _bound(self, properties: Mapping[str, object], evidence: Evidence) -> Bound | None:
        gate, check = properties.get(_GATE), properties.get(_CHECK)
        if not isinstance(gate, str) or not isinstance(check, str):
            return None
        policy = options.policy(self._config).gates[gate].checks.get(check)
        return policy.bound(evidence) if policy else None
