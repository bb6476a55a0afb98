"""Hold the nights so far: which data were judged already, how often there was an alarm, and what that means for the budget."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gates.nightly.night import KIND, Night, NightState, from_document
from gates.registry import Ledger

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class History:
    """Hold every night of one model name, oldest first."""

    nights: tuple[Night, ...] = ()

    @property
    def last(self) -> Night | None:
        """Return the newest night, or None where there is none."""
        return self.nights[-1] if self.nights else None

    def and_tonight(self, night: Night) -> History:
        """Return the history with one more night."""
        return History((*self.nights, night))

    def counted(self, epoch: int | None = None) -> tuple[Night, ...]:
        """Return the nights with an answer, about one champion (``epoch``) or any; of nights on the same data only the last."""
        by_data: dict[str, Night] = {}
        for night in self.nights:
            if night.counted and epoch in (None, night.epoch):
                # a later answer is ordered by its own time, not by that of the earlier one
                by_data.pop(night.data, None)
                by_data[night.data] = night
        return tuple(by_data.values())

    def judged_before(self, tonight: Night) -> Night | None:
        """Return the first night that judged the same data, window, champion and policy, also with too few rows; else None."""
        same = (tonight.data, tonight.window, tonight.epoch, tonight.policy)
        return next(
            (
                night
                for night in self.nights
                if (night.data, night.window, night.epoch, night.policy) == same
                and (night.counted or night.state is NightState.INCONCLUSIVE)
            ),
            None,
        )

    def retrainings(self, data: str, policy: str) -> tuple[str, ...]:
        """Return the ids of the runs that alarms about these data have caused under this policy, oldest first."""
        return tuple(
            night.retraining
            for night in self.nights
            if night.retraining and (night.data, night.policy) == (data, policy)
        )

    def alarms(self, now: datetime) -> int:
        """Return the number of alarms of the last 365 days before ``now``.

        A night that continues an alarm does not count, and data that gave two alarms count once. An alarm counts also where a
        later night on its data gave another answer.
        """
        lately = (night for night in self.nights if night.counted and night.at > now - YEAR)
        return len({night.data for night in lately if night.alarm_since == night.id})


def read_history(registry: Ledger, name: str) -> History:
    """Read every night of a model name. Raises `SubjectError` for a damaged one: a history with a hole proves nothing."""
    return History(tuple(from_document(registry.blobs.read(note.digest)) for note in registry.notes(name, KIND)))


def is_alarm(before: Sequence[Night], persistence: tuple[int, int]) -> bool:
    """Return whether a night below alpha is an alarm, given the counted nights ``before`` it about the same champion, oldest
    first.
    """
    k, m = persistence
    lately = before[len(before) - min(len(before), m - 1) :]
    return 1 + sum(night.state is not NightState.CALM for night in lately) >= k


def chance_of(alarms: int, expected: float) -> float:
    """Return P(N >= alarms) for a Poisson count N with mean ``expected``: how likely so many alarms are without any drift."""
    below = sum(math.exp(-expected) * expected**count / math.factorial(count) for count in range(min(alarms, 100)))
    return max(0.0, 1.0 - below)
