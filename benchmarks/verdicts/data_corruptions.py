"""What goes wrong with data: 23 corruptions of a clean batch, each as it happens in a pipeline; seeded, the batch left as it is."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from benchmarks.verdicts.data_tables import ID, TARGET

Frame = pd.DataFrame
Corrupt = Callable[[Frame, Frame, np.random.Generator], Frame]  # reference, clean batch, randomness -> corrupted batch


def _on_column(change: Callable[[pd.Series, np.random.Generator], pd.Series]) -> Corrupt:
    def corrupt(reference: Frame, batch: Frame, rng: np.random.Generator) -> Frame:
        name = _pick(batch, rng)
        return batch.assign(**{name: change(batch[name], rng)})

    return corrupt


def _hit(cells: pd.Series, rng: np.random.Generator, share: float) -> np.ndarray:
    """A mask of exactly ``share`` of the cells, at random places."""
    return rng.permutation(len(cells)) < max(1, round(share * len(cells)))


def _shift(cells: pd.Series, rng: np.random.Generator) -> pd.Series:
    return cells + 0.5 * cells.std()


def _make_infinite(cells: pd.Series, rng: np.random.Generator) -> pd.Series:
    return cells.astype(float).mask(_hit(cells, rng, 0.0), np.inf)


def _drop(reference: Frame, batch: Frame, rng: np.random.Generator) -> Frame:
    return batch.drop(columns=_pick(batch, rng))


def _add(reference: Frame, batch: Frame, rng: np.random.Generator) -> Frame:
    return batch.assign(extra=rng.standard_normal(len(batch)))


def _rename(reference: Frame, batch: Frame, rng: np.random.Generator) -> Frame:
    name = _pick(batch, rng)
    return batch.rename(columns={name: f"{name}_v2"})


def _repeat_rows(reference: Frame, batch: Frame, rng: np.random.Generator) -> Frame:
    """Three in ten rows are copies of others, under keys of their own."""
    copies = round(0.3 * len(batch))
    kept = batch.iloc[: len(batch) - copies]
    again = kept.iloc[rng.choice(len(kept), copies, replace=False)].assign(**{ID: batch[ID].to_numpy()[-copies:]})
    return pd.concat([kept, again], ignore_index=True)


def _repeat_keys(reference: Frame, batch: Frame, rng: np.random.Generator) -> Frame:
    keys = batch[ID].to_numpy(copy=True)
    hit = np.flatnonzero(_hit(batch[ID], rng, 0.02))
    keys[hit] = keys[(hit + 1) % len(keys)]
    return batch.assign(**{ID: keys})


def _meet_unknown_class(reference: Frame, batch: Frame, rng: np.random.Generator) -> Frame:
    return batch.assign(**{TARGET: batch[TARGET].mask(_hit(batch[TARGET], rng, 0.05), batch[TARGET].max() + 90)})


def _lose_majority(reference: Frame, batch: Frame, rng: np.random.Generator) -> Frame:
    return batch[batch[TARGET] != batch[TARGET].mode().iloc[0]].reset_index(drop=True)


def _shuffle_labels(reference: Frame, batch: Frame, rng: np.random.Generator) -> Frame:
    labels = batch[TARGET].to_numpy(copy=True)
    hit = np.flatnonzero(_hit(batch[TARGET], rng, 0.3))
    labels[hit] = labels[rng.permutation(hit)]
    return batch.assign(**{TARGET: labels})


def _move_labels(reference: Frame, batch: Frame, rng: np.random.Generator) -> Frame:
    """The labels of each row belong to the row before it."""
    return batch.assign(**{TARGET: np.roll(batch[TARGET].to_numpy(), 1)})


def _swap(reference: Frame, batch: Frame, rng: np.random.Generator) -> Frame:
    one = _pick(batch, rng)
    other = _pick(batch.drop(columns=one), rng)
    return batch.assign(**{one: batch[other], other: batch[one]})


def _leak(reference: Frame, batch: Frame, rng: np.random.Generator) -> Frame:
    """One row in ten is a row of the reference under a new key."""
    count = round(0.1 * len(batch))
    taken = reference.iloc[rng.choice(len(reference), count, replace=False)]
    taken = taken.assign(**{ID: batch[ID].to_numpy()[:count]})
    return pd.concat([taken, batch.iloc[count:]], ignore_index=True)


CORRUPTIONS: Mapping[str, Corrupt] = {
    "a column dropped": _drop,
    "a column added": _add,
    "a column renamed": _rename,
    "a column shifted by 0.5 sd": _on_column(_shift),
    "a column as text": _on_column(lambda cells, rng: cells.astype(str)),
    "5 % of a column null": _on_column(lambda cells, rng: cells.astype(float).mask(_hit(cells, rng, 0.05))),
    "a column all null": _on_column(lambda cells, rng: cells.astype(float).mask(cells == cells)),
    "5 % null, filled with 0": _on_column(lambda cells, rng: cells.mask(_hit(cells, rng, 0.05), 0)),
    "30 % duplicates": _repeat_rows,
    "2 % of the keys repeated": _repeat_keys,
    "a column x1000": _on_column(lambda cells, rng: 1000 * cells),
    "2 % sentinel -999": _on_column(lambda cells, rng: cells.mask(_hit(cells, rng, 0.02), -999)),
    "one infinite value": _on_column(_make_infinite),
    "a column stuck": _on_column(lambda cells, rng: cells.where(cells.isna(), cells.iloc[0])),
    "a column rounded to two decimals": _on_column(lambda cells, rng: cells.round(2)),
    "a column with its sign flipped": _on_column(lambda cells, rng: -cells),
    "5 % of an unknown class": _meet_unknown_class,
    "the majority class missing": _lose_majority,
    "30 % of the labels shuffled": _shuffle_labels,
    "labels off by one row": _move_labels,
    "two columns swapped": _swap,
    "10 % copied from the reference": _leak,
    "truncated to 8 rows": lambda reference, batch, rng: batch.head(8),
}


def corrupt(name: str, reference: Frame, batch: Frame, run: int) -> Frame | None:
    """The batch of this run with that corruption, or None where it changes nothing (whole numbers cannot be rounded)."""
    bad = CORRUPTIONS[name](reference, batch, np.random.default_rng([zlib.crc32(name.encode()), run]))
    return None if bad.equals(batch) else bad


def _pick(batch: Frame, rng: np.random.Generator) -> str:
    """A column of numbers that varies."""
    names = [name for name in batch.columns if name not in (ID, TARGET) and batch[name].nunique() > 1]
    return str(rng.choice(names))
