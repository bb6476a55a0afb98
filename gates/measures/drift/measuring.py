"""Run every test that takes a share of alpha on one table.

The rule it protects: each part is exact or conservative alone and knows nothing of the others; only their shares tie them.
"""

from __future__ import annotations

from gates.measures.drift.block_tests import compare_blocks, inspect_blocks
from gates.measures.drift.blocks import Blocks
from gates.measures.drift.class_share import compare_class_share, find_classes
from gates.measures.drift.floors import MANY, Effect, weigh_effects
from gates.measures.drift.integrity import Integrity, inspect
from gates.measures.drift.omnibus import rank_everything
from gates.measures.drift.report import ColumnDrift, Part
from gates.measures.drift.table import TwoSamples
from gates.measures.drift.univariate import compare_columns

# How alpha is shared: the permutation test sees most, so it gets most. The others add what it cannot: p-values far below its
# own smallest, and names. The sum is one, so that the whole keeps alpha (Bonferroni). Where classes are known, the share of the
# largest takes its part from the permutation test.
OMNIBUS, COLUMNS, INTEGRITY, CLASSES = 0.8, 0.1, 0.1, 0.2


def share_of_omnibus(table: TwoSamples, label: str | None) -> float:
    """Return the share of alpha that the permutation test has: less where ``label`` names classes that are tested by themselves."""
    return OMNIBUS if find_classes(table, label) is None else OMNIBUS - CLASSES


def measure(
    table: TwoSamples,
    alpha: float,
    effect_floor: bool,
    backend: str,
    seed: int,
    permutations: int | None,
    blocks: Blocks | None = None,
    label: str | None = None,
) -> tuple[tuple[ColumnDrift, ...], tuple[Part, ...], tuple[int, int], int]:
    """Return the columns, the parts, the rows of either side that the permutation test used, and its permutations.

    Where ``blocks`` are given every test exchanges whole blocks. Where the effect floor applies, each part's p-value is the larger
    of its own and the effect's: both must be small. ``label`` names the column of classes whose largest share is tested by itself.
    """
    columns, of_columns, integrity = _test_apart(table, alpha, backend, seed, blocks)
    share = share_of_omnibus(table, label)
    omnibus = rank_everything(table, alpha=alpha * share, seed=seed, permutations=permutations, blocks=blocks)
    parts = [
        Part("columns", of_columns, COLUMNS, columns[0].sentence if columns else ""),
        Part("integrity", integrity.p_value, INTEGRITY, integrity.detail),
    ]
    if omnibus is not None:
        parts.insert(0, Part("rows as a whole", omnibus.ranked.p_value, share, omnibus.detail))
    if (classes := find_classes(table, label)) is not None:
        largest = compare_class_share(classes, blocks=blocks, alpha=alpha * CLASSES, seed=seed)
        parts.append(Part("the largest class", largest.p_value, CLASSES, largest.detail))
    sampled, drawn = (omnibus.sampled, omnibus.ranked.permutations) if omnibus else ((0, 0), 0)
    if effect_floor and table.n_reference + table.n_current > MANY and min(part.weighted for part in parts) < alpha:
        effect = weigh_effects(table, columns, repeated=integrity.change, seed=seed)
        parts = [_hold_to_floor(part, effect) for part in parts]
    return columns, tuple(parts), sampled, drawn


def _test_apart(
    table: TwoSamples, alpha: float, backend: str, seed: int, blocks: Blocks | None
) -> tuple[tuple[ColumnDrift, ...], float, Integrity]:
    """The columns with one p-value for all of them, and the integrity tests."""
    if blocks is None:
        columns = compare_columns(table, backend=backend, alpha=alpha)
        return columns, min([1.0, *(one.p_value * len(columns) for one in columns)]), inspect(table, seed=seed)
    columns, p_value = compare_blocks(table, blocks, alpha=alpha * COLUMNS, seed=seed)
    return columns, p_value, inspect_blocks(table, blocks, alpha=alpha * INTEGRITY, seed=seed)


def _hold_to_floor(part: Part, effect: Effect) -> Part:
    """The floor has no share to divide: it is one hypothesis, tested at alpha whole."""
    return Part(
        part.name, max(part.p_value, effect.p_value * part.share), part.share, f"{part.detail}; {effect.detail}"
    )
