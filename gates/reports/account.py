"""What one command did, as every report tells it: what was judged, what was decided, who serves now, and how long it took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gates.digest import Digest
from gates.judgement.decision import Decision
from gates.judgement.judge import Judgement
from gates.policy.records import GATES


@dataclass(frozen=True, slots=True)
class StageTime:
    """Seconds of one stage: on the clock, and of processor time in this process and its ended children."""

    stage: str
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class CurrentChampion:
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
    timings: tuple[StageTime, ...]
    champion: CurrentChampion | None
    policy: Digest
    command: str
    cause: str = ""


def put_in_order(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """Return the judgements as a person reads them: gates that ran side by side end in any order."""
    return tuple(sorted(judgements, key=lambda one: GATES.index(one.gate) if one.gate in GATES else len(GATES)))
