"""A mutant: a fault on purpose, how to try it, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gates.selftest.bench import Bench


@dataclass(frozen=True, slots=True)
class Catch:
    """Who noticed a fault: a gate (or ``policy``, ``promotion``, ``registry``), its check where there is one, and the sentence."""

    by: str
    check: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """``attempt`` injects the fault and returns who noticed; nobody means that the mutant survived.

    ``gate`` is who should notice; ``remedy`` is what to add where nobody does.
    """

    name: str
    family: str
    gate: str
    fault: str
    remedy: str
    attempt: Callable[[Bench], tuple[Catch, ...]]


@dataclass(frozen=True, slots=True)
class Trial:
    """One mutant's end: killed by ``catches``, survived without any, or ``left_out`` with the reason why it cannot be made."""

    mutant: Mutant
    catches: tuple[Catch, ...] = ()
    left_out: str = ""
    seconds: float = 0.0

    @property
    def killed(self) -> bool:
        return bool(self.catches)

    @property
    def survived(self) -> bool:
        return not self.catches and not self.left_out


@dataclass(frozen=True, slots=True)
class Score:
    """How many of the mutants that could be made were killed."""

    killed: int
    tried: int

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> Score:
        tried = [trial for trial in trials if not trial.left_out]
        return cls(sum(trial.killed for trial in tried), len(tried))

    @property
    def share(self) -> float:
        """0 where nothing was tried: no mutant killed is no proof of anything."""
        return self.killed / self.tried if self.tried else 0.0

    def __str__(self) -> str:
        return f"{self.killed} of {self.tried} mutants killed ({100 * self.share:.0f} %)"
