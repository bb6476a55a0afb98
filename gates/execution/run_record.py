"""Read the lines that the child process reports into a `Run`. No line is trusted: whatever is damaged or unknown disturbs the
run.
"""

from __future__ import annotations

import math
import os
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gates import documents
from gates.digest import Digest
from gates.errors import SubjectError
from gates.evidence import DIRECTIONS, Evidence, Kind
from gates.reason import Code, Reason
from gates.run import CheckRecord, Outcome, Run

_LARGEST = 64 << 20  # bytes; a larger record is no report
_MOST = 200  # faults that get a sentence each
_PATIENCE = 3.0  # seconds to read what a child wrote before it ended


@dataclass(slots=True)
class _Check:
    """Collect what was reported of one check."""

    outcome: Outcome = Outcome.PASSED
    phases: list[str] = field(default_factory=list)
    message: str = ""
    condition: str = ""
    evidence: list[Evidence] = field(default_factory=list)
    seconds: float = 0.0
    misconfigured: bool = False


@dataclass(frozen=True, slots=True)
class _Finish:
    """Hold the record's last line: the exit status, and each option that let pytest run less than the approved suite."""

    exit: int
    faults: tuple[Reason, ...]
    code: frozenset[str]
    files: Mapping[str, str]
    policy: str

    @classmethod
    def read(cls, fact: Mapping[str, Any]) -> _Finish:
        faults = [
            Reason(Code.OPTION_FORBIDDEN, f"pytest ran with {name} = {value}, which can leave checks out")
            for name, value in fact["options"].items()
        ]
        if fact["optimize"]:
            faults.append(Reason(Code.ASSERTIONS_STRIPPED, "Python ran with -O, which strips assertions"))
        if fact["asserts"] != "rewrite":
            sentence = f"pytest ran with --assert={fact['asserts']}, which can strip assertions"
            faults.append(Reason(Code.ASSERTIONS_STRIPPED, sentence))
        files = {str(label): str(digest) for label, digest in fact["read"].items()}
        return cls(int(fact["exit"]), tuple(faults), frozenset(map(str, fact["code"])), files, str(fact["policy"]))


class Facts:
    """Collect the facts of one run as they arrive on a pipe; ``hide`` removes secrets from each line, ``listen`` gets each
    fact.
    """

    def __init__(
        self, listen: Callable[[Mapping[str, object]], None], hide: Callable[[bytes], bytes] = lambda line: line
    ) -> None:
        self._listen = listen
        self._hide = hide
        self._checks: dict[str, _Check] = {}
        self._collected: tuple[str, ...] | None = None
        self._disturbances: list[Reason] = []
        self._finishes: list[_Finish] = []

    def disturb(self, code: Code, sentence: str, check: object = "") -> None:
        """Record a reason that makes the whole run untrustworthy; ``check`` is the id of the check that it is about, if any."""
        self._disturbances.append(Reason(code, sentence, str(check)))

    def read(self, descriptor: int, ended: threading.Event) -> None:
        """Read lines until the pipe is closed, or until the child has ``ended`` and something else still holds the pipe open.

        A record that is too large is read on but no longer kept, so that neither its writer blocks nor memory fills.
        """
        pending, total, runaway = b"", 0, False
        for chunk in self._chunks(descriptor, ended):
            total += len(chunk)
            if runaway or total > _LARGEST or len(pending) > documents.LARGEST or len(self._disturbances) > _MOST:
                pending, runaway = b"", True
                continue
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                self._take(line)
        if runaway:
            self.disturb(
                Code.RECORD_TOO_LARGE,
                f"the gate's record is larger than {_LARGEST >> 20} MiB, or has too long a line or too many faults to read on",
            )
        if pending:
            self.disturb(Code.RECORD_DAMAGED, "the gate's record ends in the middle of a line")

    def _chunks(self, descriptor: int, ended: threading.Event) -> Iterator[bytes]:
        ready, last = select.poll(), math.inf
        ready.register(descriptor, select.POLLIN)
        while True:
            if ended.is_set():
                last = min(last, time.monotonic() + _PATIENCE)
            if time.monotonic() > last:
                self.disturb(
                    Code.RUN_OUTLIVED,
                    "a process that a check started outlived the run and holds its record open; end it in the check",
                )
                return
            if ready.poll(50):
                if not (chunk := os.read(descriptor, 1 << 16)):
                    return
                yield chunk

    def _take(self, line: bytes) -> None:
        line = self._hide(line)
        try:
            fact = documents.load(line, "a line")
            self._sort(fact)
        except SubjectError as error:
            self.disturb(Code.RECORD_DAMAGED, f"the gate's record is damaged: {error.message} in {line[:80]!r}")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.disturb(
                Code.RECORD_DAMAGED, f"the gate's record is damaged: {type(error).__name__}: {error} in {line[:80]!r}"
            )
        else:
            self._listen(fact)

    def _sort(self, fact: dict[str, Any]) -> None:
        match fact["kind"]:
            case "report":
                self._report(fact)
            case "collected":
                if self._collected is not None:
                    self.disturb(Code.COLLECTED_TWICE, "the run reported its collection more than once")
                self._collected = kept = tuple(str(id) for id in fact["kept"])
                if dropped := [id for id in fact["seen"] if id not in set(kept)]:
                    self.disturb(Code.DROPPED, f"{_some(dropped)}: collected, and then dropped without running")
            case "deselected":
                self.disturb(Code.DESELECTED, f"{len(fact['ids'])} checks were deselected: {_some(fact['ids'])}")
            case "uncollected":
                self.disturb(
                    Code.NOT_COLLECTED,
                    f"{fact['id'] or 'the suite'} could not be collected ({fact['outcome']}): {_last_line(fact['why'])}",
                )
            case "unmarked":
                sentence = f"{fact['id']}: carries no gate mark; add pytestmark = pytest.mark.gate(...)"
                self.disturb(Code.NO_GATE_MARK, sentence, fact["id"])
            case "internalerror" | "interrupt":
                self.disturb(Code.RUN_STOPPED, f"pytest stopped early ({fact['kind']}): {_last_line(fact['why'])}")
            case "overridden":
                self.disturb(
                    Code.FIXTURE_OVERRIDDEN,
                    f"{fact['id']}: its fixture {fact['fixture']!r} is not the one of gates but of {fact['by']}; rename that one",
                    fact["id"],
                )
            case "finish":
                self._finishes.append(_Finish.read(fact))
            case "start":
                pass
            case unknown:
                raise ValueError(f"the kind {unknown!r} does not exist")

    def _report(self, fact: dict[str, Any]) -> None:
        outcome, seconds = _outcome(fact), float(fact["seconds"])
        check = self._checks.setdefault(str(fact["id"]), _Check())
        if fact["subtest"]:
            if outcome is not Outcome.PASSED:
                check.outcome, check.message = Outcome.FAILED, f"a subtest {outcome}: {fact['why']}"
            return
        if fact["when"] in check.phases:
            sentence = f"{fact['id']}: reported its {fact['when']} twice; give every check its own name"
            self.disturb(Code.REPORTED_TWICE, sentence, fact["id"])
        if int(fact["attempts"]) > 1:
            sentence = f"{fact['id']}: its {fact['when']} took {fact['attempts']} attempts; a check has one"
            self.disturb(Code.RETRIED, sentence, fact["id"])
        if outcome is Outcome.PASSED:
            check.phases.append(str(fact["when"]))
        elif check.outcome is Outcome.PASSED:
            check.outcome, check.message, check.condition = outcome, _why(fact), str(fact["not_applicable"])
        check.seconds += seconds
        check.misconfigured |= bool(fact["misconfigured"])
        if fact["when"] == "call":
            check.evidence = [_evidence(**fields) for fields in fact["evidence"]]

    @property
    def loaded(self) -> frozenset[str]:
        """Return the labels of the project's files that the child said it had imported."""
        return frozenset(label for finish in self._finishes for label in finish.code)

    @property
    def files_read(self) -> Mapping[str, str]:
        """Return the digests of the files that the child read, by label, as they were when it read them."""
        return {label: digest for finish in self._finishes for label, digest in finish.files.items()}

    @property
    def policies(self) -> frozenset[str]:
        """Return the digests of the policies that the child read: one, where it ended."""
        return frozenset(finish.policy for finish in self._finishes)

    def run(self, gate: str, suite: Digest, code: int, seconds: float, output: str) -> Run:
        """Return the run with every check that was reported and everything that disturbed it.

        ``code`` is the exit code of the child, ``seconds`` its duration, ``output`` what it printed, ``suite`` the digest of
        what ran. The run is finished only where the record has exactly one end, with that exit code.
        """
        finish = self._finishes[0] if len(self._finishes) == 1 else None
        if finish is not None:
            self._disturbances += finish.faults
        elif len(self._finishes) > 1:
            self.disturb(Code.RUN_FINISHED_TWICE, "the run reported its end more than once")
        records = tuple(
            CheckRecord(
                id, c.outcome, tuple(c.phases), c.message, c.condition, tuple(c.evidence), c.seconds, c.misconfigured
            )
            for id, c in self._checks.items()
        )
        disturbances = list(self._disturbances)
        ended = finish is not None and finish.exit == code
        if ended and code not in (0, 1) and not disturbances:
            sentence = f"pytest ended with exit status {code} ({_last_line(output)})"
            disturbances.append(Reason(Code.RUN_EXIT_STATUS, sentence))
        if (
            ended
            and code == 1
            and all(c.outcome in (Outcome.PASSED, Outcome.NOT_APPLICABLE) for c in self._checks.values())
        ):
            sentence = "pytest ended with exit status 1, but no check reported a failure"
            disturbances.append(Reason(Code.RUN_EXIT_STATUS, sentence))
        return Run(gate, suite, records, self._collected or (), ended, code, tuple(disturbances), seconds, output)


def _evidence(
    *, id: str, value: str, n: int, detail: str, needed_n: int | None, kind: str, name: str, unit: str, better: str
) -> Evidence:
    """Return evidence as the plugin writes it. Raises `TypeError` for any other form: the judge relies on the types."""
    forms = [type(part) for part in (id, value, n, detail, kind, name, unit, better)]
    if forms != [str, str, int, str, str, str, str, str] or type(needed_n) not in (int, type(None)):
        raise TypeError(f"the evidence {id!r:.80} has another form")
    if kind not in tuple(Kind) or better not in DIRECTIONS:
        raise TypeError(
            f"the evidence {id!r:.80} is of a kind {kind!r:.40} or a direction {better!r:.40} that does not exist"
        )
    return Evidence(id, value, n, detail, needed_n, Kind(kind), name, unit, better)


def _why(fact: Mapping[str, Any]) -> str:
    if fact["xfail"]:
        return "marked xfail; an expected failure is not a pass"
    if fact["outcome"] == "passed":
        return f"reported as passed although it raised {fact['raised']}; something in the suite edits reports"
    return str(fact["why"])


def _outcome(fact: Mapping[str, Any]) -> Outcome:
    """Return one of Gates' six outcomes for a report, in which pytest knows only three."""
    if fact["xfail"]:
        return Outcome.SKIPPED if fact["outcome"] == "skipped" else Outcome.FAILED  # an expected failure is not a pass
    if fact["outcome"] == "passed":
        return Outcome.FAILED if fact["raised"] else Outcome.PASSED
    if fact["outcome"] == "skipped":
        return Outcome.NOT_APPLICABLE if fact["not_applicable"] else Outcome.SKIPPED
    if fact["inconclusive"]:
        return Outcome.INCONCLUSIVE
    return Outcome.ERRORED if fact["crashed"] or fact["when"] != "call" else Outcome.FAILED


def _some(ids: list[str]) -> str:
    """Return the first five names, and how many more there are."""
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")


def _last_line(text: str) -> str:
    lines = [line for line in str(text).splitlines() if line.strip()]
    errors = [
        line for line in lines if line.startswith("ERROR: ")
    ]  # what pytest says of a usage error, above its last line
    return (errors or lines)[-1][-300:] if lines else "no output"
