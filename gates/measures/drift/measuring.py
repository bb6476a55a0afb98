"""Run every test that takes a share of alpha on one table.

The rule it protects: each part is exact or conservative alone and knows nothing of the others; only their shares tie them.
"""

from __future__ import annotations

from gates.measures.drift.floors import MANY, Effect, weigh_effects
from gates.measures.drift.integrity import inspect
from gates.measures.drift.omnibus import rank_everything
from gates.measures.drift.report import ColumnDrift, Part
from gates.measures.drift.table import TwoSamples
from gates.measures.drift.univariate import compare_columns

# How alpha is shared: the permutation test sees most, so it gets most. The others add what it cannot: p-values far below its
# own smallest, and names. The sum is one, so that the whole keeps alpha (Bonferroni).
OMNIBUS, COLUMNS, INTEGRITY = 0.8, 0.1, 0.1


def measure(
    table: TwoSamples, alpha: float, effect_floor: bool, backend: str, seed: int, permutations: int | None
) -> tuple[tuple[ColumnDrift, ...], tuple[Part, ...], tuple[int, int], int]:
    """Return the columns, the parts, the rows of either side that the permutation test used, and its permutations.

    Where the effect floor applies, each part's p-value is the larger of its own and the effect's: both must be small.
    """
    columns = compare_columns(table, backend=backend, alpha=alpha)
    integrity = inspect(table, seed=seed)
    omnibus = rank_everything(table, alpha=alpha * OMNIBUS, seed=seed, permutations=permutations)
    parts = [
        Part(
            "columns",
            min([1.0, *(one.p_value * len(columns) for one in columns)]),
            COLUMNS,
            columns[0].sentence if columns else "",
        ),
        Part("integrity", integrity.p_value, INTEGRITY, integrity.detail),
    ]
    if omnibus is not None:
        parts.insert(0, Part("rows as a whole", omnibus.ranked.p_value, OMNIBUS, omnibus.detail))
    sampled, drawn = (omnibus.sampled, omnibus.ranked.permutations) if omnibus else ((0, 0), 0)
    if effect_floor and table.n_reference + table.n_current > MANY and min(part.weighted for part in parts) < alpha:
        effect = weigh_effects(table, columns, repeated=integrity.change, seed=seed)
        parts = [_hold_to_floor(part, effect) for part in parts]
    return columns, tuple(parts), sampled, drawn


def _hold_to_floor(part: Part, effect: Effect) -> Part:
    """The floor has no share to divide: it is one hypothesis, tested at alpha whole."""
    return Part(
        part.name, max(part.p_value, effect.p_value * part.share), part.share, f"{part.detail}; {effect.detail}"
    )
