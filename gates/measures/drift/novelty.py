"""What current holds that the reference does not: values that were never seen, dates out of all reach.

A value that is new to the reference is no sign by itself: a code with 400 levels shows new ones in every batch. How many are to
be expected is read off the reference: one half of it, drawn with a seed, is the past, and the other half and current are both
held to that past. Given the first half, rows of the second and of current are exchangeable without drift, so Fisher's exact
test of the two shares holds its level for any number of levels. Where rows come in blocks, half of the blocks are the past.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gates.measures.dates import reach_of
from gates.measures.drift.arrays import Codes, Flags, Floats


@dataclass(frozen=True, slots=True)
class Novelty:
    """Hold the p-value of one column, the change of share behind it (0 to 1), and what it is about in words."""

    p_value: float
    change: float
    effect: str


def compare_unseen(reference: Codes, current: Codes, *, seed: int) -> Novelty | None:
    """Compare the share of unseen levels; ``reference`` (n,) and ``current`` (m,) are codes, negative where the value is missing.

    The sentence names the share of current values that the whole reference lacks, and the share to be expected: levels seen
    once in it, by its number of values (Good 1953, after Turing). None where a side has too few values to be halved.
    """
    before, now = reference[reference >= 0], current[current >= 0]
    if len(before) < 4 or not len(now):
        return None
    past, rest = _halve(before, seed)
    change, sentence = describe_unseen(before, now)
    return Novelty(_fisher(mark_unseen(past, now), mark_unseen(past, rest)), change, sentence)


def mark_unseen(past: Codes, values: Codes) -> Flags:
    """Return which of ``values`` (k,) are not among ``past`` (n,)."""
    return ~np.isin(values, past)


def describe_unseen(before: Codes, now: Codes) -> tuple[float, str]:
    """Return how far the share of ``now`` that ``before`` lacks is from the expected one, and both shares in words."""
    new = mark_unseen(before, now)
    unseen, count = float(new.mean()), int(new.sum())
    expected = float((np.bincount(before) == 1).sum()) / len(before)
    sentence = f"has {count:,} of {len(now):,} values that the reference lacks ({unseen:.1%}, expected {expected:.1%})"
    return abs(unseen - expected), sentence


def compare_reach(reference: Floats, current: Floats, *, seed: int) -> Novelty | None:
    """Compare the share of dates that are out of reach; seconds since 1970, NaN where missing.

    A date is within reach up to ten spans of the past before or after it, and at least a year: windows move on, centuries do not.
    """
    before, now = (side[~np.isnan(side)] for side in (reference, current))
    if len(before) < 4 or not len(now):
        return None
    past, rest = _halve(before, seed)
    out = mark_out_of_reach(past, now)
    share, sentence = describe_reach(out)
    return Novelty(_fisher(out, mark_out_of_reach(past, rest)), share, sentence)


def mark_out_of_reach(past: Floats, values: Floats) -> Flags:
    """Return which of ``values`` (k,) are out of reach of ``past`` (n,), which holds no NaN and at least one date."""
    low, high = reach_of(float(past.min()), float(past.max()))
    return (values < low) | (values > high)


def describe_reach(out: Flags) -> tuple[float, str]:
    """Return the share of dates that are out of reach, and that share in words."""
    share = float(out.mean())
    return (
        share,
        f"has {int(out.sum()):,} of {len(out):,} dates far before or after those of the reference ({share:.1%})",
    )


def _halve(values: Any, seed: int) -> tuple[Any, Any]:
    order = np.random.default_rng(seed).permutation(len(values))
    half = len(values) // 2
    return values[order[:half]], values[order[half:]]


def _fisher(now: Flags, before: Flags) -> float:
    from scipy.stats import fisher_exact

    table = [[int(now.sum()), int((~now).sum())], [int(before.sum()), int((~before).sum())]]
    return float(fisher_exact(table)[1])
