"""A mutant: a fault on purpose, how to try it, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gates.reason import Code
from gates.selftest.catch import Catch

if TYPE_CHECKING:
    from gates.selftest.bench import Bench


@dataclass(frozen=True, slots=True)
class Mutant:
    """``attempt`` injects the fault and returns who noticed; nobody means that the mutant survived.

    ``gate`` is who should notice; ``remedy`` is what to add where nobody does. ``codes`` are the reasons that prove that this very
    fault was seen: a refusal for other reasons only is no kill. Empty where every reason is one, as for data and models.
    """

    name: str
    family: str
    gate: str
    fault: str
    remedy: str
    attempt: Callable[[Bench], tuple[Catch, ...]]
    codes: frozenset[Code] = frozenset()

    def is_seen_by(self, catch: Catch) -> bool:
        """Return whether a catch is about this fault, by its code alone."""
        return not self.codes or catch.reason.code in self.codes


@dataclass(frozen=True, slots=True)
class Trial:
    """One mutant's end: killed by the ``catches`` that are about it, survived without any, or ``left_out`` with the reason."""

    mutant: Mutant
    catches: tuple[Catch, ...] = ()
    left_out: str = ""
    seconds: float = 0.0

    @property
    def killed(self) -> bool:
        """Return whether somebody refused for a reason that is about the fault."""
        return bool(self.kills)

    @property
    def kills(self) -> tuple[Catch, ...]:
        """Return the catches that are about the fault, in their order."""
        return tuple(catch for catch in self.catches if self.mutant.is_seen_by(catch))

    @property
    def survived(self) -> bool:
        """Return whether the fault was tried and nobody refused for a reason that is about it."""
        return not self.kills and not self.left_out


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
