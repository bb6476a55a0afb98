"""A mutant: a fault on purpose, how to try it, and how the trial ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gates.reason import Code
from gates.selftest.detection import Detection

if TYPE_CHECKING:
    from gates.selftest.bench import Bench


class CannotBeMade(Exception):
    """Say that a fault cannot be made on this machine; the text says why."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """Hold one fault: ``attempt`` injects it and returns the detections; without any the mutant survives.
    It raises `CannotBeMade` where this machine does not offer what it needs: then it is left out.

    ``gate`` is who should notice; ``remedy`` is what to add where nobody does. ``codes`` are the reasons that prove that this
    very fault was seen: a refusal for other reasons is no kill. Empty means that any reason proves it, as for data and models.
    """

    name: str
    family: str
    gate: str
    fault: str
    remedy: str
    attempt: Callable[[Bench], tuple[Detection, ...]]
    codes: frozenset[Code] = frozenset()

    def is_seen_by(self, detection: Detection) -> bool:
        """Return whether a detection is about this fault, by its code alone."""
        return not self.codes or detection.reason.code in self.codes


@dataclass(frozen=True, slots=True)
class Trial:
    """Hold how one mutant ended: killed by those of its ``detections`` that are about it, survived, or left out.

    ``left_out`` is why it could not be made, else empty; ``seconds`` is how long the trial took.
    """

    mutant: Mutant
    detections: tuple[Detection, ...] = ()
    left_out: str = ""
    seconds: float = 0.0

    @property
    def killed(self) -> bool:
        """Return whether somebody refused for a reason that is about the fault."""
        return bool(self.kills)

    @property
    def kills(self) -> tuple[Detection, ...]:
        """Return the detections that are about the fault, in their order."""
        return tuple(detection for detection in self.detections if self.mutant.is_seen_by(detection))

    @property
    def survived(self) -> bool:
        """Return whether the fault was tried and nobody refused for a reason that is about it."""
        return not self.kills and not self.left_out


@dataclass(frozen=True, slots=True)
class Score:
    """Count the mutants that were killed, of those that could be tried."""

    killed: int
    tried: int

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> Score:
        """Return the score of the trials; mutants that were left out do not count."""
        tried = [trial for trial in trials if not trial.left_out]
        return cls(sum(trial.killed for trial in tried), len(tried))

    @property
    def share(self) -> float:
        """Return the killed share, 0 to 1; 0 where nothing was tried, because that proves nothing."""
        return self.killed / self.tried if self.tried else 0.0

    def __str__(self) -> str:
        return f"{self.killed} of {self.tried} mutants killed ({100 * self.share:.0f} %)"
