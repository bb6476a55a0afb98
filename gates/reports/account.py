"""Describe one command for every report: what was judged, what was decided, who serves now, and how long it took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gates.digest import Digest
from gates.judgement.decision import Decision
from gates.judgement.judge import Judgement
from gates.policy.records import GATES


@dataclass(frozen=True, slots=True)
class StageTime:
    """Hold the seconds of one stage: elapsed, and of processor time in this process and its ended children."""

    stage: str
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class CurrentChampion:
    """Hold who serves when the command ends; ``glass`` is the warning after a break-glass move, else empty."""

    name: str
    version: int
    digest: Digest
    epoch: int
    glass: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Hold all that is reported of one command; ``id`` is its run, ``cause`` what made it start, empty for a person."""

    id: str
    decision: Decision
    judgements: tuple[Judgement, ...]
    timings: tuple[StageTime, ...]
    champion: CurrentChampion | None
    policy: Digest
    command: str
    cause: str = ""


def put_in_order(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """Return the judgements in the order of the gates, because gates that ran side by side end in any order."""
    return tuple(sorted(judgements, key=lambda one: GATES.index(one.gate) if one.gate in GATES else len(GATES)))
