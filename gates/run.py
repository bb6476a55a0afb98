"""What was collected and what happened in one pytest run: facts, never a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gates.digest import Digest
from gates.evidence import Evidence
from gates.reason import Reason


class Outcome(StrEnum):
    """Name the outcome of a check. Only PASSED counts; NOT_APPLICABLE counts where the policy names its condition."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """Hold one pytest item: its node id, the phases that reported, the outcome and the evidence it gave.

    ``condition`` names why it does not apply (empty: it does); ``seconds`` is the time of all phases; ``misconfigured`` is true
    where it reported that its configuration makes no sense.
    """

    id: str
    outcome: Outcome
    phases: tuple[str, ...]
    message: str = ""
    condition: str = ""
    evidence: tuple[Evidence, ...] = ()
    seconds: float = 0.0
    misconfigured: bool = False

    @property
    def name(self) -> str:
        """Return the node id without its parametrization: what a policy calls the check."""
        return self.id.partition("[")[0]


@dataclass(frozen=True, slots=True)
class Run:
    """Hold the facts of one gate's pytest run, as the parent process received them.

    ``disturbances`` are the reasons that make a run untrustworthy: deselected or dropped items, collection
    errors, forbidden options, a torn record, a suite that changed. ``finished`` is false when pytest died on the way;
    ``seconds`` is the time of the whole run, ``environment`` the digest of the installed packages when it started.
    """

    gate: str
    suite: Digest
    checks: tuple[CheckRecord, ...]
    collected: tuple[str, ...]
    finished: bool
    exit_code: int
    disturbances: tuple[Reason, ...] = ()
    seconds: float = 0.0
    output: str = field(default="", repr=False)
    environment: Digest | None = None
