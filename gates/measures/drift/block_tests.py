"""The column tests and the integrity tests for rows in blocks: the same questions, answered by exchanging whole blocks.

The rule it protects: Kolmogorov-Smirnov, chi-square and Fisher count every row as news. Rows of one block are not, so each
statistic is ranked among labellings of the blocks, and several statistics share one rank (Westfall and Young 1993). All counts are
made once for each block; a labelling then costs one matrix product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gates.measures.drift.arrays import Codes, Floats, Singles
from gates.measures.drift.block_novelty import list_novelties, set_past_apart
from gates.measures.drift.blocks import Blocks
from gates.measures.drift.integrity import Integrity, find_mode, group_rows
from gates.measures.drift.permutation import Measure, Ranked, count_permutations, rank_truth
from gates.measures.drift.report import ColumnDrift
from gates.measures.drift.table import MISSING, TwoSamples
from gates.measures.drift.univariate import describe_missing, describe_numbers, describe_shares, list_observed

CUTS = 64  # quantiles of the pool at which the distributions of a column of numbers are compared


@dataclass(frozen=True, slots=True)
class _Counts:
    """Hold one column by blocks: ``counts`` (b, k) rows of each of k kinds, ``totals`` (b,) rows with a value."""

    column: ColumnDrift
    counts: Floats
    totals: Floats

    def compare(self, labels: Singles) -> Floats:
        """Return the largest difference of the k shares between the sides, (labellings,); 0 where a side has no row."""
        current, size = labels @ self.counts, (labels @ self.totals)[:, None]
        rest, left = self.counts.sum(axis=0) - current, self.totals.sum() - size
        gap = np.abs(current / np.maximum(size, 1.0) - rest / np.maximum(left, 1.0)).max(axis=1)
        return np.where((size[:, 0] > 0) & (left[:, 0] > 0), gap, 0.0)


def compare_blocks(
    table: TwoSamples, blocks: Blocks, *, alpha: float, seed: int
) -> tuple[tuple[ColumnDrift, ...], float]:
    """Test every column of the table, every missingness that varies and every value or date that is new by exchanging blocks.

    Returns the columns, worst first, and one p-value for all of them. ``distance`` of numbers is the Kolmogorov-Smirnov distance
    at `CUTS` quantiles, of categories the largest change of a share; ``q_value`` is adjusted for the number of columns by the
    largest statistic of every labelling. What is new is ranked apart, because its past takes no part in the exchange: where there
    is such a column, both rankings have half of ``alpha`` (Bonferroni).
    """
    counted = [*_count_numbers(table, blocks), *_count_categories(table, blocks), *_count_missing(table, blocks)]
    rest, new = _count_novelties(table, blocks, seed)
    rankings = [(one, of) for one, of in ((blocks, counted), (rest, new)) if of]
    columns: list[ColumnDrift] = []
    p_value = 1.0
    for exchanged, statistics in rankings:
        ranked, smallest = _rank_columns(exchanged, statistics, alpha / len(rankings), alpha, len(rankings), seed)
        columns += ranked
        p_value = min(p_value, smallest)
    return tuple(sorted(columns, key=lambda one: (one.p_value, -one.distance))), p_value


def _rank_columns(
    blocks: Blocks, counted: list[_Counts], share: float, alpha: float, rankings: int, seed: int
) -> tuple[list[ColumnDrift], float]:
    """Columns whose statistics are ranked together, and their smallest p-value, both times the number of rankings."""

    def measure(labels: Singles) -> Mapping[str, Floats]:
        return {str(i): one.compare(labels) for i, one in enumerate(counted)}

    ranked = _rank(blocks, measure, share, seed)
    truth = blocks.is_current.astype(np.float32)[None]
    columns = []
    for (number, p_value), adjusted in zip(ranked.statistics, ranked.adjusted, strict=True):
        one, q_value = counted[int(number)], min(1.0, adjusted * rankings)
        column, distance = one.column, float(one.compare(truth)[0])
        columns.append(
            ColumnDrift(column.name, column.kind, distance, p_value, q_value, q_value < alpha, column.effect)
        )
    return columns, min(1.0, ranked.p_value * rankings)


def inspect_blocks(table: TwoSamples, blocks: Blocks, *, alpha: float, seed: int) -> Integrity:
    """Test repeated rows, copied rows and modal shares by exchanging blocks: one p-value for the three."""
    groups, n = group_rows(table), table.n_reference
    first, second = _pair_blocks(groups, blocks.of_row)
    sizes = np.bincount(blocks.of_row, minlength=len(blocks.is_current)).astype(np.float64)
    modes = [one for one in (_count_mode(table, blocks, i) for i in range(len(table.numbers))) if one is not None]

    def measure(labels: Singles) -> Mapping[str, Floats]:
        one, other = labels[:, first] > 0, labels[:, second] > 0
        rows = labels @ sizes
        shares = {
            "repeats": (one & other).sum(axis=1) / rows,
            "copies": (one != other).sum(axis=1) / np.minimum(rows, sizes.sum() - rows),
        }
        return {**shares, **{f"mode {i}": mode.compare(labels) for i, mode in enumerate(modes)}}

    ranked = _rank(blocks, measure, alpha, seed)
    name = ranked.statistics[0][0]
    now, before = _share_repeated(groups[n:]), _share_repeated(groups[:n])
    if name == "repeats":
        detail, change = f"{now:.1%} of the current rows repeat an earlier one, was {before:.1%}", now - before
    elif name == "copies":
        copied = float(np.isin(groups[n:], groups[:n]).mean())
        detail, change = f"{copied:.1%} of the current rows are also in the reference", copied - before
    else:
        mode = modes[int(name.removeprefix("mode "))]
        detail = f"{mode.column.name!r} {mode.column.effect}"
        change = float(mode.compare(blocks.is_current.astype(np.float32)[None])[0])
    return Integrity(ranked.p_value, detail, change)


def _rank(blocks: Blocks, measure: Measure, alpha: float, seed: int) -> Ranked:
    rng = np.random.default_rng(seed)
    return rank_truth(
        blocks.is_current, [measure], permutations=count_permutations(alpha), rng=rng, draw=blocks.draw
    )  # fmt: skip


def _tally(codes: Codes, of_row: Codes, blocks: Blocks, kinds: int) -> Floats:
    """How many rows of each block have each code 0 to kinds - 1, (b, kinds)."""
    count = len(blocks.is_current)
    return np.bincount(of_row * kinds + codes, minlength=count * kinds).reshape(count, kinds).astype(np.float64)


def _unranked(name: str, kind: str, effect: str) -> ColumnDrift:
    return ColumnDrift(name, kind, 0.0, 1.0, 1.0, False, effect)


def _count_numbers(table: TwoSamples, blocks: Blocks) -> list[_Counts]:
    counted = []
    for column in table.numbers:
        values = np.concatenate([column.reference, column.current])
        seen = ~np.isnan(values)
        before, now = list_observed(column)
        if not len(before) or not len(now):
            continue
        own, mine = values[seen], blocks.of_row[seen]
        cuts = np.unique(np.quantile(own, np.arange(1, CUTS) / CUTS, method="inverted_cdf"))
        tally = _tally(np.searchsorted(cuts, own, side="left"), mine, blocks, len(cuts) + 1)
        effect = describe_numbers(before, now)
        counted.append(_Counts(_unranked(column.name, "numbers", effect), np.cumsum(tally, axis=1), tally.sum(axis=1)))
    return counted


def _count_categories(table: TwoSamples, blocks: Blocks) -> list[_Counts]:
    counted = []
    for column in table.categories:
        codes = np.concatenate([column.reference, column.current])
        seen = codes != MISSING
        before, now = (side[side != MISSING] for side in (column.reference, column.current))
        if not len(before) or not len(now):
            continue
        tally = _tally(codes[seen], blocks.of_row[seen], blocks, len(column.levels))
        effect = describe_shares(before, now, column.levels)[0]
        counted.append(_Counts(_unranked(column.name, "categories", effect), tally, tally.sum(axis=1)))
    return counted


def _count_missing(table: TwoSamples, blocks: Blocks) -> list[_Counts]:
    counted = []
    for name, was, gone in table.missing:
        tally = _tally(np.concatenate([was, gone]).astype(np.int64), blocks.of_row, blocks, 2)
        counted.append(
            _Counts(_unranked(name, "missing values", describe_missing(was, gone)), tally[:, 1:], tally.sum(axis=1))
        )
    return counted


def _count_novelties(table: TwoSamples, blocks: Blocks, seed: int) -> tuple[Blocks, list[_Counts]]:
    """The blocks that are not of the past, and what each of them holds that the past does not."""
    if not (table.levels or table.dates):
        return blocks, []
    rest, places, of_past = set_past_apart(blocks, seed=seed)
    counted = []
    for name, kind, effect, new, known in list_novelties(table, of_past):
        seen = known[places]
        tally = _tally(new[places][seen].astype(np.int64), rest.of_row[seen], rest, 2)
        counted.append(_Counts(_unranked(name, kind, effect), tally[:, 1:], tally.sum(axis=1)))
    return rest, counted


def _count_mode(table: TwoSamples, blocks: Blocks, number: int) -> _Counts | None:
    """The share of the pooled modal value of one column of numbers; None where no value comes up twice."""
    column = table.numbers[number]
    values = np.concatenate([column.reference, column.current])
    seen = ~np.isnan(values)
    mode = find_mode(values[seen])
    before, now = list_observed(column)
    if mode is None or not len(before) or not len(now):
        return None
    tally = _tally((values[seen] == mode).astype(np.int64), blocks.of_row[seen], blocks, 2)
    effect = f"is {mode:g} in {(now == mode).mean():.1%} of rows, was {(before == mode).mean():.1%}"
    return _Counts(_unranked(column.name, "modal value", effect), tally[:, 1:], tally.sum(axis=1))


def _pair_blocks(groups: Codes, of_row: Codes) -> tuple[Codes, Codes]:
    """The blocks of each row that repeats and of the row before it that it is equal to: two arrays of as many pairs."""
    order = np.lexsort((of_row, groups))
    equal = np.flatnonzero(groups[order][1:] == groups[order][:-1])
    return of_row[order][equal], of_row[order][equal + 1]


def _share_repeated(groups: Codes) -> float:
    return 1.0 - len(np.unique(groups)) / len(groups)
