"""Decide how a command ends: one outcome, every reason, and the exit code that goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gates.judgement.judge import Judgement
from gates.reason import Reason


class Ending(StrEnum):
    """Name how a command that judges ended; each ending has its exit code."""

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
    """Hold how a command ended: ``sentence`` for people, ``reasons`` why the answer is no, and ``notes`` that are worth knowing
    besides.
    """

    ending: Ending
    sentence: str
    reasons: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """Return the exit code of the ending: 0 to 4, as `gates --help` lists them."""
        return _EXIT_CODES[self.ending]


def refuse(judgements: list[Judgement], stays: str) -> Decision:
    """Return the decision where at least one gate did not pass: misconfigured, else refused, else could not judge.

    ``stays`` is the half sentence on what remains as it was. It is refused only where every failed gate could judge.
    """
    bad = [judgement for judgement in judgements if not judgement.passed]
    reasons = tuple(reason.of_gate(judgement.gate) for judgement in bad for reason in judgement.reasons)
    names = " and ".join(judgement.gate for judgement in bad)
    if any(judgement.misconfigured for judgement in bad):
        return Decision(Ending.MISCONFIGURED, f"the {names} gate is misconfigured; {stays}", reasons)
    if all(judgement.could_judge for judgement in bad):
        return Decision(Ending.REFUSED, f"refused by the {names} gate; {stays}", reasons)
    return Decision(Ending.COULD_NOT_JUDGE, f"the {names} gate could not judge; {stays}", reasons)
