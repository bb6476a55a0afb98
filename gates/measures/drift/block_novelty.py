"""Values that were never seen and dates out of all reach, for rows in blocks.

The rule it protects: half of the reference's blocks are the past. Given them, the other blocks of the reference and those of
current are exchangeable without drift, each within its season; whole blocks change sides, as in every other test of blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gates.measures.drift.arrays import Codes, Flags
from gates.measures.drift.blocks import Blocks
from gates.measures.drift.novelty import describe_reach, describe_unseen, mark_out_of_reach, mark_unseen
from gates.measures.drift.table import TwoSamples


def set_past_apart(blocks: Blocks, *, seed: int) -> tuple[Blocks, Codes, Flags]:
    """Draw half of the reference's blocks of each season as the past.

    Returns the other blocks, numbered anew, with ``of_row`` for the rows that are not of the past; the places (k,) of these rows
    in the pool; and which rows of the pool (n + m,) are of the past.
    """
    rng = np.random.default_rng(seed)
    chosen = []
    for stratum in np.unique(blocks.stratum):
        inside = np.flatnonzero((blocks.stratum == stratum) & ~blocks.is_current)
        chosen.append(rng.permutation(inside)[: len(inside) // 2])
    past = np.zeros(len(blocks.is_current), dtype=np.bool_)
    past[np.concatenate(chosen)] = True
    number = np.cumsum(~past) - 1
    of_past = past[blocks.of_row]
    places = np.flatnonzero(~of_past)
    rest = replace(
        blocks, of_row=number[blocks.of_row[places]], is_current=blocks.is_current[~past], stratum=blocks.stratum[~past]
    )
    return rest, places, of_past


def list_novelties(table: TwoSamples, of_past: Flags) -> Iterator[tuple[str, str, str, Flags, Flags]]:
    """Yield name, kind and sentence of each column with values or dates to compare, and of the pool (n + m,) which rows hold
    something new to the past, and which hold a value at all.
    """
    n = table.n_reference
    for level in table.levels:
        codes = np.concatenate([level.reference, level.current])
        known = codes >= 0
        if known[:n].any() and known[n:].any() and (known & of_past).any():
            sentence = describe_unseen(codes[:n][known[:n]], codes[n:][known[n:]])[1]
            yield level.name, "unseen values", sentence, known & mark_unseen(codes[known & of_past], codes), known
    for date in table.dates:
        times = np.concatenate([date.reference, date.current])
        known = ~np.isnan(times)
        if known[n:].any() and (known & of_past).any():
            out = known & mark_out_of_reach(times[known & of_past], times)
            yield date.name, "dates", describe_reach(out[n:][known[n:]])[1], out, known
