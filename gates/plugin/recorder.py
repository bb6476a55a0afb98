"""Report facts to the parent process, one JSON object a line. Facts only: the parent judges."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from gates.plugin.fixtures import EVIDENCE
from gates.plugin.marks import gate_of
from gates.plugin.options import context, policy
from gates.plugin.outcomes import Inconclusive, NotApplicable
from gates.plugin.suites import check_id, collector_id
from gates.policy.suites import name_file
from gates.processes.sources import READ

_PACKAGE = Path(__file__).resolve().parents[1]
NOT_APPLICABLE = "gates.not_applicable"
INCONCLUSIVE = "gates.inconclusive"
CRASHED = "gates.crashed"
MISCONFIGURED = "gates.misconfigured"
RAISED = "gates.raised"
ATTEMPTS = "gates.attempts"
OURS = (
    "evidence",
    "bound",
    "settings",
    "inapplicable",
    "gate_context",
)  # fixtures that a suite may not override

# Exceptions that only carry a sentence; their names tell a reader nothing.
_OURS = re.compile(r"\A(?:Failed|Skipped|AssertionError|gates\.plugin\.outcomes\.\w+): ")

# Options by which a run can be made smaller or gentler than the suite that was approved.
FORBIDDEN = (
    "keyword", "markexpr", "deselect", "collectonly", "lf", "failedfirst", "stepwise", "setuponly", "setupplan",
    "ignore", "ignore_glob", "maxfail", "runxfail", "continue_on_collection_errors",
)  # fmt: skip


def wanted(config: pytest.Config) -> tuple[Recorder, ...]:
    """Return the recorder in the child process of a gate, else nothing."""
    descriptor, about = config.getoption("--gates-record"), context(config)
    return (Recorder(descriptor, about.gate, config),) if descriptor is not None and about is not None else ()


_ATTEMPTS = pytest.StashKey[int]()


class Outcomes:
    """Add to each report the outcomes that pytest does not have; as plain values, so that they also cross from pytest-xdist
    workers.
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Count how often a check is called: one that was run again until it was green has not passed."""
        item.stash[_ATTEMPTS] = item.stash.get(_ATTEMPTS, 0) + 1

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add the attempts, the raised exception and Gates' own outcome to the properties of a report."""
        report = yield
        report.user_properties.append((ATTEMPTS, item.stash.get(_ATTEMPTS, 1)))
        if call.excinfo is not None:
            report.user_properties.append((RAISED, call.excinfo.typename))
            if isinstance(call.excinfo.value, pytest.UsageError) or getattr(call.excinfo.value, "misconfigured", False):
                report.user_properties.append((MISCONFIGURED, "yes"))
        if call.excinfo is not None and isinstance(call.excinfo.value, NotApplicable):
            report.user_properties.append((NOT_APPLICABLE, call.excinfo.value.condition))
        elif call.excinfo is not None and isinstance(call.excinfo.value, Inconclusive):
            report.user_properties.append((INCONCLUSIVE, "yes"))
        elif call.excinfo is not None and not call.excinfo.errisinstance((AssertionError, pytest.fail.Exception)):
            report.user_properties.append((CRASHED, "yes"))
        return report


class Recorder:
    """Report one gate's run in the child process: each fact is a JSON line on the pipe ``descriptor``."""

    def __init__(self, descriptor: int, gate: str, config: pytest.Config) -> None:
        self._descriptor = descriptor
        self._gate = gate
        self._config = config
        self._policy = policy(config)
        self._left_out = frozenset(self._policy.gates[gate].without)
        self._names: dict[str, str] = {}  # of the checks, by pytest's node ids
        self._seen: list[str] = []

    def _name(self, item: pytest.Item) -> str:
        """Return the id of a check. Two that pytest would report under one node id are a fault of the suite, and reported."""
        name = check_id(item, self._policy, self._gate)
        if self._names.setdefault(item.nodeid, name) != name:
            why = f"pytest calls it as {self._names[item.nodeid]}; rename one of the two files"
            self.tell("uncollected", id=name, outcome="failed", why=why)
        return name

    def tell(self, kind: str, **facts: object) -> None:
        """Write one fact to the pipe as a JSON line. Raises `ValueError` for a number that is not finite, `OSError` for a
        closed pipe.
        """
        line = (json.dumps({"kind": kind, **facts}, allow_nan=False, default=str) + "\n").encode()
        while line:
            line = line[os.write(self._descriptor, line) :]

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Note a check of this gate as seen; report one that carries no gate mark."""
        gate = gate_of(item)
        name = self._name(item)
        if gate is None:
            self.tell("unmarked", id=name)
        elif gate == self._gate and name.partition("[")[0] not in self._left_out:
            self._seen.append(name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep only this gate's checks, without those that the policy leaves out; before any other plugin."""
        items[:] = [
            item
            for item in items
            if gate_of(item) == self._gate and self._name(item).partition("[")[0] not in self._left_out
        ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Report the checks that something deselected."""
        self.tell("deselected", ids=[self._name(item) for item in items])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Report a file or folder that could not be collected."""
        if report.outcome != "passed":
            name = collector_id(report.nodeid, self._policy, self._gate)
            self.tell("uncollected", id=name, outcome=report.outcome, why=_tail(report.longrepr))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Report the checks that were seen and those that are left, and each fixture of Gates that a suite overrides."""
        self.tell("collected", seen=self._seen, kept=[self._name(item) for item in session.items])
        for item in session.items:
            for fixture, module in _overridden(item):
                self.tell("overridden", id=self._name(item), fixture=fixture, by=module)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Report that a check starts."""
        self.tell("start", id=self._names.get(nodeid, nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Report one phase of a check: its outcome, its evidence, and its duration in seconds."""
        properties = dict(report.user_properties)
        self.tell(
            "report",
            id=self._names.get(report.nodeid, report.nodeid),
            when=report.when,
            outcome=report.outcome,
            xfail=hasattr(report, "wasxfail"),
            subtest=type(report).__name__ != "TestReport",
            why="" if report.outcome == "passed" else _sentence(report),
            evidence=[value for key, value in report.user_properties if key == EVIDENCE],
            not_applicable=properties.get(NOT_APPLICABLE, "") if report.outcome == "skipped" else "",
            inconclusive=INCONCLUSIVE in properties and report.outcome == "failed",
            crashed=CRASHED in properties and report.outcome == "failed",
            misconfigured=MISCONFIGURED in properties and report.outcome == "failed",
            raised=str(properties.get(RAISED, "")),
            attempts=properties.get(ATTEMPTS, 1),
            seconds=report.duration,
        )

    def pytest_internalerror(self, excrepr: object) -> None:
        """Report an error inside of pytest or a plugin."""
        self.tell("internalerror", why=_tail(excrepr))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Report that the run was interrupted."""
        self.tell("interrupt", why=repr(excinfo.value))

    def _loaded(self) -> list[str]:
        """The labels of the files of the project whose modules were imported, sorted; Gates and installed packages aside."""
        named = (getattr(module, "__file__", None) for module in [*sys.modules.values()])
        files = {Path(name).resolve() for name in named if isinstance(name, str) and is_file_name(name)}
        return sorted(self._label(file) for file in files if self._is_own(file))

    def _read(self) -> dict[str, str]:
        """The digests of the files that were read, by their labels, as they were when they were read."""
        own = {file: digest for file, digest in READ.items() if self._is_own(file) or self._is_of_suite(file)}
        return dict(sorted((self._label(file), digest) for file, digest in own.items()))

    def _label(self, file: Path) -> str:
        return name_file(file, self._policy.gates[self._gate].suite, self._policy.root)

    def _is_own(self, file: Path) -> bool:
        own, apart = (self._policy.root, self._policy.source.parent), (_PACKAGE, Path(sys.prefix).resolve())
        return any(map(file.is_relative_to, own)) and not any(map(file.is_relative_to, apart))

    def _is_of_suite(self, file: Path) -> bool:
        return any(file.is_relative_to(member.path) for member in self._policy.gates[self._gate].suite)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None]:
        """Report the exit status, and each option that made the run smaller than the approved suite, after all other plugins."""
        try:
            return (yield)
        finally:
            chosen = self._config.option
            self.tell(
                "finish",
                exit=int(exitstatus),
                optimize=sys.flags.optimize,
                asserts=str(chosen.assertmode),
                code=self._loaded(),
                read=self._read(),
                policy=str(self._policy.digest),
                options={name: str(value) for name in FORBIDDEN if (value := getattr(chosen, name, None))},
            )


def is_file_name(name: str) -> bool:
    """Return whether a module's ``__file__`` names a file: a library may make modules without one, as PyTorch does (``_ops.py``).

    An absolute path is one, whether a file is there or not; a relative one only where it is.
    """
    return Path(name).is_absolute() or Path(name).exists()


def _overridden(item: pytest.Item) -> list[tuple[str, str]]:
    """Return the fixtures of Gates that this item would get from somebody else, each with the module that gives it."""
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    givers = [(name, str(known[name][-1].func.__module__)) for name in OURS if known.get(name)]
    return [(name, module) for name, module in givers if module != "gates.plugin.fixtures"]


def _sentence(report: pytest.TestReport) -> str:
    """Return what a person needs to read of a failure: the raised sentence, without the stack above it."""
    if isinstance(report.longrepr, tuple):  # a skip: (path, line, reason)
        return _OURS.sub("", str(report.longrepr[2]))
    crash = getattr(report.longrepr, "reprcrash", None)
    return _OURS.sub("", str(crash.message))[-2000:] if crash is not None else _tail(report.longrepr)


def _tail(text: object) -> str:
    return str(text)[-2000:]
