"""Set how many false alarms `gates nightly` may give, and on which rows it looks: ``[tool.gates.nightly]`` beside its checks.

The rule it protects: a budget, not a p-value. "One false alarm a year" gives the alpha of a night, and the bounds of the
night's checks are shares of that alpha: they cannot add up to more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gates.toml_reader import Table

# Below this, the shares of alpha that the permutation test gets are too small for the labellings it may draw (9,999): it could
# never alarm, and nobody would notice.
SMALLEST_ALPHA = 2e-4
LARGEST_ALPHA = 0.5
_SHARE = re.compile(r"\s*(>=|>)\s*(?:(\d*\.?\d+)\s*\*?\s*)?alpha\s*\Z")
_ROWS = re.compile(r"([1-9]\d{0,8}) rows?\Z")
_DAYS = re.compile(r"(\d+(?:\.\d+)?)\s*(h|d)\Z")
_PERSISTENCE = re.compile(r"(\d{1,2}) of (\d{1,2})\Z")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Hold the schedule of the nights. ``persistence`` is (k, m): an alarm needs k nights below alpha among the last m.

    ``shares`` are the parts of alpha that evidences may use, by the ids of check and evidence. ``stale_after`` is how long the
    data may stay the same. An empty ``data`` or ``retrain_data`` means the project's data.
    """

    false_alarms_per_year: float = 1.0
    nights_per_year: float = 365.0
    window: str = "500 rows"
    persistence: tuple[int, int] = (1, 1)
    stale_after: timedelta = timedelta(days=3)
    data: str = ""
    retrain_data: str = ""
    shares: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @property
    def alpha(self) -> float:
        """Return the chance of a false alarm in one night."""
        return self.false_alarms_per_year / self.nights_per_year


def read_schedule(table: Table) -> Schedule:
    """Return the schedule in ``[tool.gates.nightly]``, without shares; what is wrong becomes a fault of the table."""
    schedule = Schedule(
        table.number("false_alarms_per_year"),
        table.number("nights_per_year"),
        require_window(table, table.text("window")),
        _persistence(table),
        table.duration("stale_after"),
        table.text("data"),
        table.text("retrain_data"),
    )
    if not SMALLEST_ALPHA <= schedule.alpha <= LARGEST_ALPHA:
        table.fault(
            "false_alarms_per_year",
            f"/ nights_per_year is {schedule.alpha:.2g}, wanted a chance between {SMALLEST_ALPHA:g} and {LARGEST_ALPHA:g}"
            " for one night: a permutation test cannot prove less, and more is no test",
        )
    return schedule


def is_window(text: str) -> bool:
    """Return whether a text names a window: ``500 rows``, ``7d`` or ``12h`` of the time column, or ``all`` new rows."""
    return text == "all" or bool(_ROWS.match(text) or ((m := _DAYS.match(text)) and float(m[1]) > 0))


def require_window(table: Table, text: str) -> str:
    """Return the text; where it names no window, that becomes a fault of the table."""
    if not is_window(text):
        table.fault("window", f"is {text!r:.60}, wanted '500 rows', '7d' or '12h' by the time column, or 'all'")
    return text


def share_of(text: str) -> tuple[str, float] | None:
    """Return the comparator and the share of a bound like ``>= 0.8 alpha``; None for any other bound."""
    match = _SHARE.match(text)
    return (match[1], float(match[2] or 1.0)) if match else None


def with_shares(schedule: Schedule, shares: Mapping[tuple[str, str], float], table: Table) -> Schedule:
    """Return the schedule with the part of alpha that each evidence may use; more than 1 in all, or none, is a fault of the
    table.
    """
    if not 0 < sum(shares.values()) <= 1 + 1e-9:
        table.fault(
            "bounds",
            f"use {sum(shares.values()):g} of alpha, wanted bounds like '>= 0.8 alpha' that share at most 1: what they use"
            " together is what false_alarms_per_year promises",
        )
    return replace(schedule, shares=shares)


def _persistence(table: Table) -> tuple[int, int]:
    text = table.text("persistence")
    match = _PERSISTENCE.match(text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]) <= 30:
        table.fault("persistence", f"is {text!r:.60}, wanted 'K of M' nights like '2 of 3', at most 30")
        return 1, 1
    return int(match[1]), int(match[2])
