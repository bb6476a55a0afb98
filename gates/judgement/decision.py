"""How a command ended: one outcome, every reason, and the exit code that says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gates.digest import Digest
from gates.judgement.judge import Judgement
from gates.policy.records import GATES
from gates.reason import Reason


class Ending(StrEnum):
    """The endings of a command that judges."""

    PROMOTED = "promoted"
    PASSED = "passed"
    NOTHING_TO_PROMOTE = "nothing to promote"
    CALM = "no alarm"
    ALARM = "alarm"
    AWAITING_APPROVAL = "awaiting approval"
    REFUSED = "refused"
    MISCONFIGURED = "misconfigured"
    COULD_NOT_JUDGE = "could not judge"


_EXIT_CODES = {
    Ending.PROMOTED: 0,
    Ending.PASSED: 0,
    Ending.NOTHING_TO_PROMOTE: 0,
    Ending.CALM: 0,
    Ending.ALARM: 1,
    Ending.REFUSED: 1,
    Ending.MISCONFIGURED: 2,
    Ending.COULD_NOT_JUDGE: 3,
    Ending.AWAITING_APPROVAL: 4,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """``sentence`` is the one line that matters; ``reasons`` say why it is no, ``notes`` what else a person should know."""

    ending: Ending
    sentence: str
    reasons: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        return _EXIT_CODES[self.ending]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one stage: on the clock, and of processor time in this process and its ended children."""

    stage: str
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Who serves when the command ends; ``glass`` says so where a break-glass move was not followed by a clean promotion."""

    name: str
    version: int
    digest: Digest
    epoch: int
    glass: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Everything there is to tell about one command: what was judged and decided, how long it took, and what caused it."""

    id: str
    decision: Decision
    judgements: tuple[Judgement, ...]
    timings: tuple[Timing, ...]
    champion: Standing | None
    policy: Digest
    command: str
    cause: str = ""


def refuse(judgements: list[Judgement], stays: str) -> Decision:
    """The decision when at least one gate did not pass: refused, or not judged where a run could not be trusted at all."""
    bad = [judgement for judgement in judgements if not judgement.passed]
    reasons = tuple(reason.of_gate(judgement.gate) for judgement in bad for reason in judgement.reasons)
    names = " and ".join(judgement.gate for judgement in bad)
    if any(judgement.misconfigured for judgement in bad):
        return Decision(Ending.MISCONFIGURED, f"the {names} gate is misconfigured; {stays}", reasons)
    if all(judgement.could_judge for judgement in bad):
        return Decision(Ending.REFUSED, f"refused by the {names} gate; {stays}", reasons)
    return Decision(Ending.COULD_NOT_JUDGE, f"the {names} gate could not judge; {stays}", reasons)


def put_in_order(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """As a person reads them: gates that ran side by side end in any order."""
    return tuple(sorted(judgements, key=lambda one: GATES.index(one.gate) if one.gate in GATES else len(GATES)))
