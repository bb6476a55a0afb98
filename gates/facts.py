"""Turn the child's lines into a `Run`: the only reader of the record, suspicious of every line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gates.digest import Digest
from gates.evidence import Evidence
from gates.run import CheckRecord, Outcome, Run

_LARGEST = 64 << 20  # a record larger than this is a runaway, not a report


@dataclass(slots=True)
class _Check:
    """What has been reported of one item so far."""

    outcome: Outcome = Outcome.PASSED
    phases: list[str] = field(default_factory=list)
    message: str = ""
    condition: str = ""
    evidence: list[Evidence] = field(default_factory=list)
    seconds: float = 0.0


class Facts:
    """Collects facts as they arrive on a pipe."""

    def __init__(self, listen: Callable[[Mapping[str, object]], None]) -> None:
        self._listen = listen
        self._checks: dict[str, _Check] = {}
        self._doubled: list[CheckRecord] = []
        self._collected: tuple[str, ...] = ()
        self._disturbances: list[str] = []
        self._finishes: list[dict[str, Any]] = []

    def disturb(self, sentence: str) -> None:
        self._disturbances.append(sentence)

    def read(self, descriptor: int) -> None:
        """Read lines until the child has closed its end."""
        pending, total = b"", 0
        while chunk := os.read(descriptor, 1 << 16):
            total += len(chunk)
            if total > _LARGEST:
                self.disturb("the gate's record is larger than 64 MiB; a check reports without end")
                return
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                self._take(line)
        if pending:
            self.disturb("the gate's record ends in the middle of a line")

    def _take(self, line: bytes) -> None:
        try:
            fact = json.loads(line)
            self._sort(fact)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            self.disturb(f"the gate's record is damaged: {type(error).__name__} in {line[:80]!r}")
            return
        self._listen(fact)

    def _sort(self, fact: dict[str, Any]) -> None:
        match fact["kind"]:
            case "report":
                self._report(fact)
            case "collected":
                self._collected = tuple(fact["kept"])
                for id in fact["seen"]:
                    if id not in fact["kept"]:
                        self.disturb(f"{id}: collected, and then dropped without running")
            case "deselected":
                self.disturb(f"{len(fact['ids'])} checks were deselected: {', '.join(fact['ids'][:5])}")
            case "uncollected":
                self.disturb(
                    f"{fact['id'] or 'the suite'} could not be collected ({fact['outcome']}): {_last_line(fact['why'])}"
                )
            case "unmarked":
                self.disturb(f"{fact['id']}: carries no gate mark; add pytestmark = pytest.mark.gate(...)")
            case "internalerror" | "interrupt":
                self.disturb(f"pytest stopped early ({fact['kind']}): {_last_line(fact['why'])}")
            case "finish":
                self._finishes.append(fact)

    def _report(self, fact: dict[str, Any]) -> None:
        check = self._checks.setdefault(fact["id"], _Check())
        outcome = _outcome(fact)
        if fact["subtest"]:
            if outcome is not Outcome.PASSED:
                check.outcome, check.message = Outcome.FAILED, f"a subtest {outcome}: {fact['why']}"
            return
        if fact["when"] in check.phases:
            self.disturb(f"{fact['id']}: reported its {fact['when']} twice; give every check its own name")
        if outcome is Outcome.PASSED:
            check.phases.append(str(fact["when"]))
        elif check.outcome is Outcome.PASSED:
            why = "marked xfail; an expected failure is not a pass" if fact["xfail"] else str(fact["why"])
            check.outcome, check.message, check.condition = outcome, why, str(fact["not_applicable"])
        check.seconds += float(fact["seconds"])
        if fact["when"] == "call":
            check.evidence = [Evidence(**evidence) for evidence in fact["evidence"]]

    def run(self, gate: str, suite: Digest, code: int, seconds: float, output: str) -> Run:
        """Everything that was reported, with what the run's own end says about it."""
        finish = self._finishes[0] if len(self._finishes) == 1 else None
        if finish is not None:
            for option, value in finish["options"].items():
                self.disturb(f"pytest ran with {option} = {value}, which can leave checks out")
            if finish["optimize"]:
                self.disturb("Python ran with -O, which strips assertions")
            if finish["asserts"] != "rewrite":
                self.disturb(f"pytest ran with --assert={finish['asserts']}")
        elif len(self._finishes) > 1:
            self.disturb("the run reported its end more than once")
        records = tuple(
            CheckRecord(id, c.outcome, tuple(c.phases), c.message, c.condition, tuple(c.evidence), c.seconds)
            for id, c in self._checks.items()
        )
        disturbances = list(self._disturbances)
        ended = finish is not None and finish["exit"] == code
        if ended and code not in (0, 1) and not disturbances:
            disturbances.append(f"pytest ended with exit status {code} ({_last_line(output)})")
        if (
            ended
            and code == 1
            and all(c.outcome in (Outcome.PASSED, Outcome.NOT_APPLICABLE) for c in self._checks.values())
        ):
            disturbances.append("pytest ended with exit status 1, but no check reported a failure")
        return Run(gate, suite, records, self._collected, ended, code, tuple(disturbances), seconds, output)


def _outcome(fact: Mapping[str, Any]) -> Outcome:
    """pytest has three outcomes for what we tell apart with six."""
    if fact["xfail"]:
        return Outcome.SKIPPED if fact["outcome"] == "skipped" else Outcome.FAILED  # an expected failure is not a pass
    if fact["outcome"] == "passed":
        return Outcome.PASSED
    if fact["outcome"] == "skipped":
        return Outcome.NOT_APPLICABLE if fact["not_applicable"] else Outcome.SKIPPED
    if fact["inconclusive"]:
        return Outcome.INCONCLUSIVE
    return Outcome.ERRORED if fact["crashed"] or fact["when"] != "call" else Outcome.FAILED


def _last_line(text: str) -> str:
    lines = [line for line in str(text).splitlines() if line.strip()]
    return lines[-1][-300:] if lines else "no output"
