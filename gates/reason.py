"""Record why something was refused: a code that programs decide by, and a sentence that only people read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Code(StrEnum):
    """Name why a gate, a promotion or a nightly run is refused. A code never changes its meaning."""

    # One check.
    BOUND_MISSED = "bound-missed"
    INCONCLUSIVE = "inconclusive"
    ROWS_NOT_EXCHANGEABLE = "rows-not-exchangeable"
    CHECK_FAILED = "check-failed"
    CHECK_ERRORED = "check-errored"
    CHECK_SKIPPED = "check-skipped"
    CHECK_ABSENT = "check-absent"
    CHECK_UNKNOWN = "check-unknown"
    PHASES_MISSING = "phases-missing"
    EVIDENCE_INVALID = "evidence-invalid"
    EVIDENCE_UNBOUND = "evidence-unbound"
    EVIDENCE_MISSING = "evidence-missing"
    EVIDENCE_REPEATED = "evidence-repeated"
    CONDITION_NOT_ALLOWED = "condition-not-allowed"
    CONDITION_FALSE = "condition-false"
    WAIVER_INVALID = "waiver-invalid"
    WAIVER_EXPIRED = "waiver-expired"

    # The whole run of a gate.
    RUN_UNFINISHED = "run-unfinished"
    RUN_FINISHED_TWICE = "run-finished-twice"
    RUN_TIMED_OUT = "run-timed-out"
    RUN_STOPPED = "run-stopped"
    RUN_EXIT_STATUS = "run-exit-status"
    RUN_OUTLIVED = "run-outlived"
    PROCESS_LEFT_BEHIND = "process-left-behind"
    RECORD_DAMAGED = "record-damaged"
    RECORD_TOO_LARGE = "record-too-large"
    SUITE_CHANGED = "suite-changed"
    POLICY_CHANGED = "policy-changed"
    ENVIRONMENT_CHANGED = "environment-changed"
    CODE_WITHOUT_DIGEST = "code-without-digest"
    NOT_COLLECTED = "not-collected"
    COLLECTED_TWICE = "collected-twice"
    NEVER_COLLECTED = "never-collected"
    NEVER_RAN = "never-ran"
    REPORTED_TWICE = "reported-twice"
    RETRIED = "retried"
    DESELECTED = "deselected"
    DROPPED = "dropped"
    NO_GATE_MARK = "no-gate-mark"
    FIXTURE_OVERRIDDEN = "fixture-overridden"
    OPTION_FORBIDDEN = "option-forbidden"
    ASSERTIONS_STRIPPED = "assertions-stripped"

    # A promotion.
    VERDICT_MISSING = "verdict-missing"
    VERDICT_UNREADABLE = "verdict-unreadable"
    VERDICT_REPEATED = "verdict-repeated"
    VERDICT_REFUSED = "verdict-refused"
    VERDICT_OF_UNKNOWN_GATE = "verdict-of-unknown-gate"
    VERDICT_NOT_KEPT = "verdict-not-kept"
    VERDICT_USED = "verdict-used"
    VERDICT_TOO_OLD = "verdict-too-old"
    VERDICT_FROM_FUTURE = "verdict-from-future"
    VERDICT_NOT_WANTED = "verdict-not-wanted"
    OTHER_NAME = "other-name"
    OTHER_MODEL = "other-model"
    OTHER_DATA = "other-data"
    OTHER_POLICY = "other-policy"
    OTHER_SUITE = "other-suite"
    OTHER_ENVIRONMENT = "other-environment"
    OTHER_CHAMPION = "other-champion"
    CHECK_NOT_COUNTED = "check-not-counted"
    GATE_NOT_CONFIGURED = "gate-not-configured"
    FIRST_MODEL_REFUSED = "first-model-refused"
    ALREADY_CHAMPION = "already-champion"
    ALIAS_MOVED_BY_HAND = "alias-moved-by-hand"
    LEDGER_BEHIND = "ledger-behind"
    LOCK_DIFFERS = "lock-differs"
    NO_CHAMPION = "no-champion"
    NOTHING_TO_GO_BACK_TO = "nothing-to-go-back-to"
    NEVER_PROMOTED = "never-promoted"
    OTHER_VERDICTS = "other-verdicts"
    REASON_MISSING = "reason-missing"
    KEY_NOT_ALLOWED = "key-not-allowed"
    REQUEST_CLOSED = "request-closed"
    NOT_APPROVED = "not-approved"
    REQUEST_OUTDATED = "request-outdated"
    APPROVER_NOT_ALLOWED = "approver-not-allowed"

    # A nightly run, or a run that ended in an error.
    ERROR = "error"
    MISSING_EXTRA = "missing-extra"
    NIGHT_COULD_NOT_JUDGE = "night-could-not-judge"
    NIGHT_REPEATS = "night-repeats"

    # Written by a version of Gates that kept sentences alone.
    UNCODED = "uncoded"


@dataclass(frozen=True, slots=True)
class Reason:
    """Hold one reason for a refusal.

    ``check`` is the id of the check and ``evidence`` the id of the evidence that it is about, ``gate`` the gate; each is
    empty where the reason is about something else. ``text`` is for people and decides nothing.
    """

    code: Code
    text: str
    check: str = ""
    evidence: str = ""
    gate: str = ""

    def __str__(self) -> str:
        return self.text

    def of_gate(self, gate: str) -> Reason:
        """Return the same reason as one of several gates: its text begins with the gate's name."""
        return replace(self, text=f"{gate} gate: {self.text}", gate=gate)

    def as_json(self) -> dict[str, str]:
        """Return the reason as plain texts, ready for a JSON document."""
        return {
            "code": str(self.code),
            "text": self.text,
            "check": self.check,
            "evidence": self.evidence,
            "gate": self.gate,
        }

    @classmethod
    def from_json(cls, content: object) -> Reason:
        """Read what `as_json` wrote, or the bare sentence of a document of schema 1.

        Raises `ValueError` for anything else, also for a code that this version does not know.
        """
        if isinstance(content, str):
            return cls(Code.UNCODED, content)
        if not isinstance(content, Mapping) or set(content) != {"code", "text", "check", "evidence", "gate"}:
            raise ValueError("a reason has the fields code, text, check, evidence and gate")
        if not all(type(part) is str for part in content.values()):
            raise ValueError("every field of a reason is a text")
        return cls(**{**content, "code": Code(content["code"])})


def texts(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """Return the sentences of reasons, in their order."""
    return tuple(reason.text for reason in reasons)
