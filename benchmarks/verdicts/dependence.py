"""Rows that depend on each other: how often drift is seen where there is none, and half a standard deviation where there is.

Eight columns that are mixtures of the same sources on both sides, 2,000 rows of the reference and 500 current ones (weeks: 49
days of 100 rows, and a Sunday or a week). Each kind is compared twice, without a declaration and with the one that fits it; a
shift moves one column by 0.5 standard deviations. Every run has fresh rows, seeded by the number of the kind and of the run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
from benchmarks.verdicts.rates import Rate
from gates.measures.drift.configured import compare_rows
from gates.measures.drift.report import DriftReport
from gates.work.records import ColumnRoles

COLUMNS, REFERENCE, CURRENT, ADAY = 8, 2_000, 500, 100
SHIFT, MOVED, ALPHA = 0.5, "c3", 0.01
SETTINGS = {"drift": {"backend": "scipy"}}
MIXING = np.random.default_rng(5).normal(size=(COLUMNS, COLUMNS)) / np.sqrt(COLUMNS) + np.eye(COLUMNS)
FEATURES = tuple(f"c{i}" for i in range(COLUMNS))
ROLES = ColumnRoles("key", "y", "regression", FEATURES)
WEEK = np.array([1.0, 0.3, 0.0, 0.0, 0.3, -0.5, -1.0])  # standard deviations of two columns, Monday to Sunday
MONDAY = pd.Timestamp("2026-01-05", tz="UTC")
Draw = Callable[[np.random.Generator], tuple[pd.DataFrame, pd.DataFrame]]


@dataclass(frozen=True, slots=True)
class World:
    """Hold a kind of rows: how both sides are drawn, and the roles that declare what belongs together (None: nothing does)."""

    name: str
    draw: Draw
    declared: ColumnRoles | None
    declaration: str


def _frame(values: np.ndarray, first: int, **more: object) -> pd.DataFrame:
    frame = pd.DataFrame(values @ MIXING, columns=list(FEATURES))
    return frame.assign(key=np.arange(first, first + len(frame)), **more)


def _halves(values: np.ndarray, n: int, **more: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The first ``n`` rows are the reference, the rest current."""
    sides = (slice(0, n), slice(n, len(values)))
    before, now = (
        _frame(values[side], side.start, **{name: column[side] for name, column in more.items()}) for side in sides
    )
    return before, now


def _independent(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    return _halves(rng.normal(size=(REFERENCE + CURRENT, COLUMNS)), REFERENCE)


def _sorted(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Independent rows of three classes, both files sorted by class, like iris."""
    sides = []
    for n, first in ((REFERENCE, 0), (CURRENT, REFERENCE)):
        label = np.sort(rng.integers(0, 3, n))
        values = rng.normal(size=(n, COLUMNS))
        values[:, :2] += label[:, None]
        sides.append(_frame(values, first))
    return sides[0], sides[1]


def _autoregressive(phi: float) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
        values = rng.normal(size=(REFERENCE + CURRENT + 200, COLUMNS)) * np.sqrt(1 - phi**2)
        for i in range(1, len(values)):
            values[i] += phi * values[i - 1]
        return _halves(values[200:], REFERENCE)

    return draw


def _customers(visits: int) -> Draw:
    """Each customer ``visits`` times in a row; four fifths of the variance lie between customers."""

    def draw(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
        rows = REFERENCE + CURRENT
        who = np.arange(rows) // visits
        values = np.sqrt(0.8) * rng.normal(size=(who[-1] + 1, COLUMNS))[who]
        return _halves(values + np.sqrt(0.2) * rng.normal(size=(rows, COLUMNS)), REFERENCE, customer=who)

    return draw


def _days(effect: float) -> Draw:
    """A level of its own for every day, ``effect`` standard deviations of rows."""

    def draw(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
        rows = REFERENCE + CURRENT
        day = np.arange(rows) // ADAY
        values = rng.normal(size=(rows, COLUMNS)) + effect * rng.normal(size=(day[-1] + 1, COLUMNS))[day]
        return _halves(values, REFERENCE, at=MONDAY + pd.to_timedelta(day, unit="D"))

    return draw


def _weeks(reference: int, current: tuple[int, ...]) -> Draw:
    """``reference`` days from a Monday on, against the ``current`` days (numbers from the same Monday)."""

    def draw(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
        day = np.repeat([*range(reference), *current], ADAY)
        values = rng.normal(size=(len(day), COLUMNS))
        values[:, :2] += WEEK[day % 7][:, None]
        return _halves(values, reference * ADAY, at=MONDAY + pd.to_timedelta(day, unit="D"))

    return draw


def _blocks(rows: int) -> ColumnRoles:
    return replace(ROLES, block=f"{rows} rows")


_DAILY = replace(ROLES, time="at", block="1d")
_WEEKLY = replace(_DAILY, season="weekday")
WORLDS = (
    World("independent rows", _independent, _blocks(50), 'block = "50 rows"'),
    World("independent rows, both files sorted by class", _sorted, replace(ROLES, order="none"), 'order = "none"'),
    World("AR(1), 0.3", _autoregressive(0.3), _blocks(25), 'block = "25 rows"'),
    World("AR(1), 0.6", _autoregressive(0.6), _blocks(50), 'block = "50 rows"'),
    World("AR(1), 0.9", _autoregressive(0.9), _blocks(100), 'block = "100 rows"'),
    World("5 rows of a customer", _customers(5), replace(ROLES, group="customer"), 'group = "customer"'),
    World("20 rows of a customer", _customers(20), replace(ROLES, group="customer"), 'group = "customer"'),
    World("days of 100 rows, levels of 0.3 sd", _days(0.3), _DAILY, 'block = "1d"'),
    World("a Sunday against seven weeks", _weeks(49, (55,)), _WEEKLY, 'block = "1d", season = "weekday"'),
    World("a week against seven weeks", _weeks(49, tuple(range(49, 56))), _WEEKLY, 'block = "1d", season = "weekday"'),
)
ENDINGS = ("drift", "no drift", "not exchangeable", "too few")


def tell(options: Options) -> Iterator[str]:
    calm, moved = options.choose(20, 300), options.choose(10, 100)
    yield (
        f"{calm} runs without drift and {moved} with a shift of {SHIFT} sd in one of {COLUMNS} columns, alpha {ALPHA:.0%}. An alarm"
        ' is "drift"; "not exchangeable" and "too few" are inconclusive, which blocks and is no alarm.'
    )
    yield ""
    rows = []
    for number, world in enumerate(WORLDS):
        for declared in (False, True):
            roles = world.declared if declared and world.declared else ROLES
            if not declared:
                roles = replace(roles, group=None, block=None, season=None, order="file")
            quiet = count_endings(world, roles, number, calm, 0.0)
            loud = count_endings(world, roles, number, moved, SHIFT)
            rows.append(
                [
                    world.name, world.declaration if declared else "none", str(Rate(quiet["drift"], calm)),
                    f"{quiet['not exchangeable']:,} and {quiet['too few']:,}", str(Rate(loud["drift"], moved)),
                    f"{loud['not exchangeable']:,} and {loud['too few']:,}",
                ]
            )  # fmt: skip
    head = (
        "rows",
        "declared",
        "alarms without drift",
        "not exchangeable, too few",
        "shift seen",
        "not exchangeable, too few",
    )
    yield from table(head, rows)


def count_endings(world: World, roles: ColumnRoles, number: int, runs: int, shift: float) -> Counter[str]:
    """Return how often each of `ENDINGS` is the answer to ``runs`` fresh pairs, one column moved by ``shift`` sd."""
    endings: Counter[str] = Counter()
    for run in range(runs):
        before, now = world.draw(np.random.default_rng([1313, number, run]))
        now[MOVED] += shift * before[MOVED].std()
        settings = {"drift": {**SETTINGS["drift"], "seed": run}}
        endings[name_ending(compare_rows(before, now, roles=roles, settings=settings, alpha=ALPHA))] += 1
    return endings


def name_ending(report: DriftReport) -> str:
    """Return which of `ENDINGS` a report is."""
    if report.drifted:
        return "drift"
    if report.unproven is not None:
        return "not exchangeable"
    return "too few" if report.inconclusive else "no drift"
