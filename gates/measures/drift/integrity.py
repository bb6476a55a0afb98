"""Is the table itself sound: rows that repeat, rows copied across, values that suddenly are all the same?

The rule it protects: discrete data repeat by nature. Which rows repeat and which value is the common one is read off the
pool of both sides, so that the tests hold their level on digits and flags as on real numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gates.measures.data.pairs import pair_rows
from gates.measures.drift.arrays import Codes, Floats
from gates.measures.drift.table import TwoSamples


@dataclass(frozen=True, slots=True)
class Integrity:
    """Hold the smallest p-value after its own correction, what it is about, and the change of share behind it (0 to 1)."""

    p_value: float
    detail: str
    change: float


def inspect(table: TwoSamples, *, seed: int) -> Integrity:
    """Test repeated rows, copied rows and modal shares, Bonferroni over the three. Both sides must have rows."""
    tests = (*_compare_repeats(table, np.random.default_rng(seed)), _compare_modes(table))
    worst = min(tests, key=lambda one: one.p_value)
    return Integrity(min(1.0, len(tests) * worst.p_value), worst.detail, worst.change)


def _compare_repeats(table: TwoSamples, rng: np.random.Generator) -> tuple[Integrity, Integrity]:
    """One random pair of each group of equal rows: both in current (repeats), or one on either side (copies)?"""
    n = table.n_reference
    groups = group_rows(table)
    pairs = pair_rows(groups, n, rng)
    now, before = _share_repeated(groups[n:]), _share_repeated(groups[:n])
    copied = float(np.isin(groups[n:], groups[:n]).mean())
    return (
        Integrity(
            pairs.chance_of_both,
            f"{now:.1%} of the current rows repeat an earlier one, was {before:.1%}",
            now - before,
        ),
        Integrity(
            pairs.chance_of_split, f"{copied:.1%} of the current rows are also in the reference", copied - before
        ),
    )


def group_rows(table: TwoSamples) -> Codes:
    """Return a number for each distinct row of the pool, (n + m,); missing values are equal to each other, and -0.0 to 0.0."""
    import pandas as pd

    columns = {f"n{i}": np.concatenate([one.reference, one.current]) + 0.0 for i, one in enumerate(table.numbers)}
    columns.update({f"c{i}": np.concatenate([one.reference, one.current]) for i, one in enumerate(table.categories)})
    hashes = pd.util.hash_pandas_object(pd.DataFrame(columns), index=False).to_numpy()
    return np.unique(hashes, return_inverse=True)[1].astype(np.int64)


def _share_repeated(groups: Codes) -> float:
    return 1.0 - len(np.unique(groups)) / len(groups)


def _compare_modes(table: TwoSamples) -> Integrity:
    """Two-sided Fisher test of the share of the pooled modal value, for each column of numbers in which a value comes up twice."""
    from scipy.stats import fisher_exact

    compared: list[Integrity] = []
    for column in table.numbers:
        before, now = (side[~np.isnan(side)] for side in (column.reference, column.current))
        mode = find_mode(np.concatenate([before, now]))
        if mode is None or not len(before) or not len(now):
            continue
        count, count_before = int((now == mode).sum()), int((before == mode).sum())
        p = float(fisher_exact([[count, len(now) - count], [count_before, len(before) - count_before]])[1])
        share, share_before = count / len(now), count_before / len(before)
        sentence = f"{column.name!r} is {mode:g} in {share:.1%} of rows, was {share_before:.1%}"
        compared.append(Integrity(p, sentence, abs(share - share_before)))
    if not compared:
        return Integrity(1.0, "no value comes up twice", 0.0)
    worst = min(compared, key=lambda one: one.p_value)
    return Integrity(min(1.0, worst.p_value * len(compared)), worst.detail, worst.change)


def find_mode(values: Floats) -> float | None:
    """Return the value that comes up most often, None where none comes up twice."""
    if not len(values):
        return None
    ordered = np.sort(values)
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    counts = np.diff(np.append(starts, len(ordered)))
    return (
        float(ordered[starts[counts.argmax()]]) + 0.0 if counts.max() > 1 else None
    )  # no -0.0, which people do not read
