"""Did the most frequent class become rarer or more frequent? One exact test of one share.

The rule it protects: among a hundred columns a class that lost half of its rows is one small change of many. Asked by itself it is
seen in four of five windows of 200 rows, where the permutation test over everything sees it in one of four.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gates.measures.drift.arrays import Codes, Floats
from gates.measures.drift.blocks import Blocks
from gates.measures.drift.permutation import count_permutations
from gates.measures.drift.table import MISSING, CategoryColumn, TwoSamples


@dataclass(frozen=True, slots=True)
class ClassShare:
    """Hold the p-value of the largest class's share, and the share on both sides in words."""

    p_value: float
    detail: str


def find_classes(table: TwoSamples, label: str | None) -> CategoryColumn | None:
    """Return the column of classes that ``label`` names, where it holds classes on both sides; else None."""
    column = next((one for one in table.categories if one.name == label), None)
    if column is None or not all((side != MISSING).any() for side in (column.reference, column.current)):
        return None
    return column


def compare_class_share(column: CategoryColumn, *, blocks: Blocks | None, alpha: float, seed: int) -> ClassShare:
    """Compare the share of the reference's largest class between the sides: a two-sided permutation test, exact at any ``alpha``.

    Each labelling has its own largest class of the reference. Fisher's exact test of the class that is the
    largest of this reference would alarm too often: among ten equal classes it is by chance larger there than elsewhere. Without
    ``blocks`` the class counts of current are drawn from the multivariate hypergeometric distribution, which is what exchanging
    rows does to them. Missing classes do not count.
    """
    levels = len(column.levels)
    counts, before = (
        np.bincount(side[side != MISSING], minlength=levels) for side in (column.current, column.reference)
    )
    level = int(before.argmax())
    detail = (
        f"class {column.levels[level]!r} is {counts[level] / counts.sum():.1%} of the current rows,"
        f" was {before[level] / before.sum():.1%}"
    )
    rng = np.random.default_rng(seed)
    drawn = count_permutations(alpha)
    total = counts + before
    if blocks is None:
        labelled = rng.multivariate_hypergeometric(total, int(counts.sum()), size=drawn)
    else:
        codes = np.concatenate([column.reference, column.current])
        seen = codes != MISSING
        tally = np.bincount(
            blocks.of_row[seen] * levels + codes[seen], minlength=len(blocks.is_current) * levels
        ).reshape(-1, levels)
        labelled = blocks.draw(drawn, rng).astype(np.int64) @ tally
    gaps = _standardise_gaps(np.concatenate([counts[None], labelled]), total)
    return ClassShare(float((gaps >= gaps[0] - 1e-9).mean()), detail)


def _standardise_gaps(current: Codes, total: Codes) -> Floats:
    """The difference of the share of the largest remaining class between the sides, over its standard deviation but for the
    sizes; ``current`` (b, k) are class counts of one side, ``total`` (k,) of both. 0 where a side is empty.
    """
    rest = total - current
    largest = rest.argmax(axis=1)
    rows = np.arange(len(current))
    size, left = current.sum(axis=1), rest.sum(axis=1)
    share = total[largest] / total.sum()
    gap = np.abs(current[rows, largest] / np.maximum(size, 1) - rest[rows, largest] / np.maximum(left, 1))
    return np.where((size > 0) & (left > 0), gap / np.sqrt(np.maximum(share * (1.0 - share), 1e-12)), 0.0)
