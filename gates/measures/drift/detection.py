"""Does the current window still look like the reference? One answer from several tests that share one alpha.

The rule it protects: the whole answer alarms on unchanged data at most as often as alpha says, however many columns and
statistics it looks at, and it says "too few rows" instead of "no drift" where it could not have seen any.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gates.measures.drift.faults import DriftFault
from gates.measures.drift.measuring import OMNIBUS, measure
from gates.measures.drift.power import needed_rows
from gates.measures.drift.report import ColumnDrift, DriftReport, Part
from gates.measures.drift.table import TwoSamples, tabulate

if TYPE_CHECKING:
    import pandas as pd


def detect(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    *,
    alpha: float = 0.01,
    effect_floor: bool = True,
    backend: str = "alibi-detect",
    seed: int = 0,
    smallest_shift: float = 0.5,
    categorical: Iterable[str] = (),
    permutations: int | None = None,
) -> DriftReport:
    """Compare ``current`` (m rows) with ``reference`` (n rows) column by column name.

    Columns may be numbers, durations, categories, booleans, texts, dates or vectors of equal length, with missing values, also
    where numbers and dates are written as texts; ``categorical`` names number columns that are names of classes.
    ``smallest_shift`` (standard deviations of one column) is what must be detectable for an all-clear. ``effect_floor`` asks,
    beyond `floors.MANY` rows, for an effect above its floor as well. ``permutations`` defaults to the fewest that leave room at
    ``alpha``. Raises `DriftFault` for a wrong argument and `DetectorFault` where the backend's answer is no number.
    """
    _refuse_nonsense(alpha, smallest_shift, backend)
    table = tabulate(reference, current, categorical=categorical)
    needed_n = needed_rows(
        table.n_reference, table.n_current, table.compared, alpha=alpha * OMNIBUS, shift=smallest_shift
    )
    columns: tuple[ColumnDrift, ...] = ()
    parts: tuple[Part, ...] = ()
    sampled, drawn = (0, 0), 0
    if table.n_reference and table.n_current and table.compared:
        columns, parts, sampled, drawn = measure(table, alpha, effect_floor, backend, seed, permutations)
    by_itself = [*table.unalike, *(one.sentence for one in table.infinite)]
    p_value = 0.0 if by_itself else min((part.weighted for part in parts), default=1.0)
    drifted = p_value < alpha
    few = min(table.n_reference, table.n_current)
    inconclusive = not drifted and (few < needed_n or not parts)
    reasons = by_itself + _say_drift(parts, columns, alpha) if drifted else _say_too_little(table, few, needed_n)
    return DriftReport(
        drifted, p_value, alpha, columns, parts, tuple(reasons), table.n_reference, table.n_current, needed_n, inconclusive,
        table.compared, table.columns, table.infinite, table.unalike, table.skipped, sampled, drawn, backend, seed, smallest_shift,
    )  # fmt: skip


def _say_drift(parts: tuple[Part, ...], columns: tuple[ColumnDrift, ...], alpha: float) -> list[str]:
    """The columns first: they are what a person can act on."""
    named = [column for column in columns if column.drifted]
    sentences = [f"{len(named):,} of {len(columns):,} column tests differ: {named[0].sentence}"] if named else []
    sentences += [column.sentence for column in named[1:5]]
    return [
        *sentences,
        *(f"{part.name}: {part.detail}" for part in parts if part.weighted < alpha and part.name != "columns"),
    ]


def _say_too_little(table: TwoSamples, few: int, needed_n: int) -> list[str]:
    if not table.n_reference or not table.n_current:
        return [f"{'the reference' if not table.n_reference else 'current'} has no rows"]
    if not table.compared:
        return ["no column could be compared", *(one.sentence for one in table.skipped)]
    return (
        [f"{few:,} rows on the smaller side are too few to see drift: {needed_n:,} are needed"]
        if few < needed_n
        else []
    )


def _refuse_nonsense(alpha: float, smallest_shift: float, backend: str) -> None:
    if not 0.0 < alpha < 1.0:
        raise DriftFault(f"alpha is {alpha!r}, wanted a number between 0 and 1: 0.01 is the default")
    if not 0.0 < smallest_shift < float("inf"):
        raise DriftFault(
            f"smallest_shift is {smallest_shift!r}, wanted a positive number of standard deviations: 0.5 is the default"
        )
    if backend not in ("alibi-detect", "scipy"):
        raise DriftFault(f"drift.backend is {backend!r}, wanted 'alibi-detect' or 'scipy': correct the spelling")
