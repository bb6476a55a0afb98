"""The kinds of drift that a detector should see: what happens to the current window, seeded, the reference left as it is.

After Rabanser, Guennemann and Lipton, "Failing Loudly" (2019): noise of three sizes on three shares of the rows, the majority class
knocked out in three shares, and what pipelines do by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from benchmarks.verdicts.drift_tables import Source, draw_windows

Pair = tuple[pd.DataFrame, pd.DataFrame]
Make = Callable[[Source, np.random.Generator], Pair]

NOISE = {"0.1 sd": 0.1, "0.5 sd": 0.5, "1 sd": 1.0}
SHARES = {"10 %": 0.1, "50 %": 0.5, "all": 1.0}
LOST = {"25 %": 0.25, "50 %": 0.5, "all": 1.0}


def draw_unchanged(source: Source, rng: np.random.Generator) -> Pair:
    return draw_windows(source, rng)


def _add_noise(sd: float, share: float) -> Make:
    def make(source: Source, rng: np.random.Generator) -> Pair:
        before, now = draw_windows(source, rng)
        numbers = _numbers(now)
        hit = rng.permutation(len(now))[: round(share * len(now))]
        values = now[numbers].to_numpy(dtype=np.float64, copy=True)
        values[hit] += sd * rng.standard_normal((len(hit), len(numbers))) * _spread(before, numbers)
        return before, _replaced(now, numbers, values)

    return make


def _knock_out(share: float) -> Make:
    """Current rows from a source in which ``share`` of the commonest class is gone; as many rows as ever."""

    def make(source: Source, rng: np.random.Generator) -> Pair:
        assert source.labels is not None
        order = rng.permutation(len(source.frame))
        cut = source.reference
        rest = order[cut:]
        majority = source.labels.to_numpy()[rest] == source.labels.mode().iloc[0]
        gone = rng.permutation(np.flatnonzero(majority))[: round(share * majority.sum())]
        kept = np.delete(rest, gone)[: source.current]
        return source.frame.iloc[order[:cut]], source.frame.iloc[kept]

    return make


def _shift_one(source: Source, rng: np.random.Generator) -> Pair:
    before, now = draw_windows(source, rng)
    name = _pick(now, rng, 1)[0]
    return before, now.assign(**{name: now[name] + 0.5 * before[name].std()})


def _scale_all(source: Source, rng: np.random.Generator) -> Pair:
    before, now = draw_windows(source, rng)
    numbers = _numbers(now)
    return before, _replaced(now, numbers, 1.1 * now[numbers].to_numpy(dtype=np.float64))


def _fill_with_zero(source: Source, rng: np.random.Generator) -> Pair:
    """A fifth of the values of one column is missing and came as 0."""
    before, now = draw_windows(source, rng)
    name = _pick(now, rng, 1)[0]
    return before, now.assign(**{name: now[name].mask(rng.permutation(len(now)) < 0.2 * len(now), 0.0)})


def _swap_two(source: Source, rng: np.random.Generator) -> Pair:
    before, now = draw_windows(source, rng)
    one, other = _pick(now, rng, 2)
    return before, now.assign(**{one: now[other], other: now[one]})


def _repeat_rows(source: Source, rng: np.random.Generator) -> Pair:
    """Three in ten current rows are copies of other current rows."""
    before, now = draw_windows(source, rng)
    copies = round(0.3 * len(now))
    kept = now.iloc[: len(now) - copies]
    return before, pd.concat([kept, kept.iloc[rng.choice(len(kept), copies, replace=False)]])


def _change_unit(source: Source, rng: np.random.Generator) -> Pair:
    before, now = draw_windows(source, rng)
    name = _pick(now, rng, 1)[0]
    return before, now.assign(**{name: 1000.0 * now[name]})


def _shuffle_one(source: Source, rng: np.random.Generator) -> Pair:
    before, now = draw_windows(source, rng)
    name = _pick(now, rng, 1)[0]
    return before, now.assign(**{name: now[name].to_numpy()[rng.permutation(len(now))]})


SHIFTS: Mapping[str, Make] = {
    **{f"noise {sd}, {rows} rows": _add_noise(NOISE[sd], SHARES[rows]) for sd in NOISE for rows in SHARES},
    **{f"majority class, {share} lost": _knock_out(LOST[share]) for share in LOST},
    "one column +0.5 sd": _shift_one,
    "all columns x1.1": _scale_all,
    "a fifth of one column as 0": _fill_with_zero,
    "two columns swapped": _swap_two,
    "30 % duplicates": _repeat_rows,
    "one column x1000": _change_unit,
    "one column shuffled": _shuffle_one,
}
FEW = ("noise 0.5 sd, all rows", "all columns x1.1", "one column +0.5 sd", "one column shuffled", "30 % duplicates")


def _numbers(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.columns if frame[name].dtype.kind == "f" and frame[name].nunique() > 1]


def _pick(frame: pd.DataFrame, rng: np.random.Generator, count: int) -> list[str]:
    """Random columns of numbers that vary; a constant column can neither be shifted nor shuffled."""
    return [str(name) for name in rng.choice(_numbers(frame), count, replace=False)]


def _spread(frame: pd.DataFrame, names: list[str]) -> np.ndarray:
    return frame[names].std().to_numpy()


def _replaced(frame: pd.DataFrame, names: list[str], values: np.ndarray) -> pd.DataFrame:
    rest = frame.drop(columns=names)
    return pd.concat([pd.DataFrame(values, columns=names, index=frame.index), rest], axis=1)[list(frame.columns)]
