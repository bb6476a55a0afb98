"""Conclude a night from a judgement.

The rule it protects: an alarm only on a measurement that missed its bound in a run that can be trusted, calm only where every
check counts; anything else is "could not judge".
"""

from __future__ import annotations

import math

from gates.evidence import Evidence
from gates.judgement.judge import Judgement, missed
from gates.nightly.history import is_alarm
from gates.nightly.night import Night, NightState
from gates.policy.records import GatePolicy
from gates.policy.schedule import Schedule
from gates.run import Outcome

_SILENT = (Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE)


def state_of(judgement: Judgement, policy: GatePolicy, before: tuple[Night, ...], schedule: Schedule) -> NightState:
    """Return the state of a night from its judgement; ``before`` are the counted nights about the same champion, oldest first."""
    if judgement.misconfigured or judgement.disturbed or not judgement.could_judge:
        return NightState.UNJUDGED
    if any(missed(check, policy) for check in judgement.checks):
        return NightState.ALARM if is_alarm(before, schedule.persistence) else NightState.SUSPECT
    if judgement.passed and not judgement.warnings:
        return NightState.CALM
    wrong = [check for check in judgement.checks if not check.counts]
    return NightState.INCONCLUSIVE if wrong and all(one.outcome in _SILENT for one in wrong) else NightState.UNJUDGED


def weighted_p_value(judgement: Judgement, schedule: Schedule) -> float:
    """Return the night's p-value on the scale of its alpha: the smallest p-value divided by its share, at most 1; NaN if none."""
    weighted = [
        min(1.0, one.number / schedule.shares[key])
        for key, one in _evidence(judgement)
        if key in schedule.shares and one.measured
    ]
    return min(weighted, default=math.nan)


def _evidence(judgement: Judgement) -> list[tuple[tuple[str, str], Evidence]]:
    """Return every evidence by the ids of its check and of itself."""
    return [((check.id.partition("[")[0], one.id), one) for check in judgement.checks for one in check.evidence]
