"""Does the current window still look like the reference? One answer from several tests that share one alpha.

The rule it protects: the whole answer alarms on unchanged data at most as often as alpha says, however many columns and
statistics it looks at, and it says "too few rows" instead of "no drift" where it could not have seen any.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gates.measures.drift.arrays import Codes
from gates.measures.drift.blocks import Blocks, measure_design
from gates.measures.drift.exchangeable import look_at_order
from gates.measures.drift.faults import DriftFault
from gates.measures.drift.measuring import measure, share_of_omnibus
from gates.measures.drift.needed_blocks import needed_blocks
from gates.measures.drift.power import needed_rows
from gates.measures.drift.report import ColumnDrift, DriftReport, Part
from gates.measures.drift.table import MISSING, TwoSamples, tabulate

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
    blocks: Blocks | None = None,
    orders: Sequence[Codes] | None = (),
    label: str | None = None,
) -> DriftReport:
    """Compare ``current`` (m rows) with ``reference`` (n rows) column by column name.

    Columns may be numbers, durations, categories, booleans, texts, dates or vectors of equal length, with missing values, also
    where numbers and dates are written as texts; ``categorical`` names number columns that are names of classes.
    ``smallest_shift`` (standard deviations of one column) is what must be detectable for an all-clear. ``effect_floor`` asks,
    beyond `floors.MANY` rows, for an effect above its floor as well. ``permutations`` defaults to the fewest that leave room at
    ``alpha``. ``blocks`` say which rows belong together: whole blocks are exchanged, and needed and present numbers count blocks.
    Without them a difference is no drift where the reference depends on the order of its rows, or on one of ``orders``, places of
    its rows (n,); None says that the order means nothing. ``label`` names a column of classes: the share of the largest is tested
    by itself. Raises `DriftFault` for a wrong argument and `DetectorFault` where the backend's answer is no number.
    """
    _refuse_nonsense(alpha, smallest_shift, backend)
    table = tabulate(reference, current, categorical=categorical)
    needed_n = count_needed(table, blocks, alpha * share_of_omnibus(table, label), smallest_shift)
    columns: tuple[ColumnDrift, ...] = ()
    parts: tuple[Part, ...] = ()
    sampled, drawn = (0, 0), 0
    if table.n_reference and table.n_current and table.compared:
        columns, parts, sampled, drawn = measure(table, alpha, effect_floor, backend, seed, permutations, blocks, label)
    by_itself = [*table.unalike, *(one.sentence for one in table.infinite)]
    p_value = 0.0 if by_itself else min((part.weighted for part in parts), default=1.0)
    dependence = None if blocks is not None or orders is None else look_at_order(table, orders, seed=seed)
    unproven = dependence is not None and p_value < alpha <= dependence.discount(p_value) and not by_itself
    drifted = p_value < alpha and not unproven
    few = count_units(table, blocks)
    inconclusive = not drifted and (few < needed_n or not parts or unproven)
    if unproven and dependence is not None:
        reasons = [dependence.sentence]
    else:
        reasons = (
            by_itself + _say_drift(parts, columns, alpha) if drifted else _say_too_little(table, few, needed_n, blocks)
        )
    return DriftReport(
        drifted, p_value, alpha, columns, parts, tuple(reasons), table.n_reference, table.n_current, needed_n, inconclusive,
        table.compared, table.columns, table.infinite, table.unalike, table.skipped, sampled, drawn, backend, seed, smallest_shift,
        blocks, dependence,
    )  # fmt: skip


def count_needed(table: TwoSamples, blocks: Blocks | None, alpha: float, smallest_shift: float) -> int:
    """Return the rows, or blocks where there are some, that the smaller side needs to see ``smallest_shift`` at ``alpha``."""
    if blocks is None:
        return needed_rows(table.n_reference, table.n_current, table.compared, alpha=alpha, shift=smallest_shift)
    values = [np.concatenate([one.reference, one.current]) for one in table.numbers]
    values += [
        np.where(codes == MISSING, np.nan, (codes == level).astype(np.float64))
        for one in table.categories
        for codes in (np.concatenate([one.reference, one.current]),)
        for level in range(len(one.levels))
    ]
    design = measure_design(np.column_stack(values), blocks) if values and len(values[0]) else 1.0
    return needed_blocks(blocks, table.compared, alpha=alpha, shift=smallest_shift, design=design)


def count_units(table: TwoSamples, blocks: Blocks | None) -> int:
    """Return the rows of the smaller side, or its blocks where there are some."""
    if blocks is None:
        return min(table.n_reference, table.n_current)
    return min(blocks.n_reference, blocks.n_current)


def _say_drift(parts: tuple[Part, ...], columns: tuple[ColumnDrift, ...], alpha: float) -> list[str]:
    """The columns first: they are what a person can act on."""
    named = [column for column in columns if column.drifted]
    sentences = [f"{len(named):,} of {len(columns):,} column tests differ: {named[0].sentence}"] if named else []
    sentences += [column.sentence for column in named[1:5]]
    return [
        *sentences,
        *(f"{part.name}: {part.detail}" for part in parts if part.weighted < alpha and part.name != "columns"),
    ]


def _say_too_little(table: TwoSamples, few: int, needed_n: int, blocks: Blocks | None) -> list[str]:
    if not table.n_reference or not table.n_current:
        return [f"{'the reference' if not table.n_reference else 'current'} has no rows"]
    if not table.compared:
        return ["no column could be compared", *(one.sentence for one in table.skipped)]
    if few >= needed_n:
        return []
    if blocks is None:
        return [f"{few:,} rows on the smaller side are too few to see drift: {needed_n:,} are needed"]
    ways = f"{blocks.labellings:,.0f}" if blocks.labellings < 1e6 else f"{blocks.labellings:.0e}"
    left_out = [blocks.left_out] if blocks.left_out else []
    return [
        f"{few:,} {blocks.name} on the smaller side are too few to see drift: {needed_n:,} are needed"
        f" ({ways} ways to exchange them)",
        *left_out,
    ]


def _refuse_nonsense(alpha: float, smallest_shift: float, backend: str) -> None:
    if not 0.0 < alpha < 1.0:
        raise DriftFault(f"alpha is {alpha!r}, wanted a number between 0 and 1: 0.01 is the default")
    if not 0.0 < smallest_shift < float("inf"):
        raise DriftFault(
            f"smallest_shift is {smallest_shift!r}, wanted a positive number of standard deviations: 0.5 is the default"
        )
    if backend not in ("alibi-detect", "scipy"):
        raise DriftFault(f"drift.backend is {backend!r}, wanted 'alibi-detect' or 'scipy': correct the spelling")
