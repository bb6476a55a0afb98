"""Batches whose rows are wrong: repeated, without a key of their own, leaked from the holdout, too few, from yesterday."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.work.mutants.mutation import Inapplicable, NamedFault
from gates.work.mutants.tables import BatchMutant, Subject

if TYPE_CHECKING:
    from pandas import DataFrame


def _append(subject: Subject, rows: DataFrame) -> DataFrame:
    import pandas

    return pandas.concat([subject.frame, rows], ignore_index=True)


def duplicate(subject: Subject) -> DataFrame:
    """Return the table with 30 % of its training rows repeated, under new ids of the training side."""
    copies = (
        subject.frame[[not held for held in subject.held_out()]].sample(frac=0.3, random_state=subject.random).copy()
    )
    if not subject.roles.keyless:
        copies[subject.roles.id] = subject.new_ids(len(copies), held_out=False)
    return _append(subject, copies)


def nearly_duplicate(subject: Subject) -> DataFrame:
    """Return the table with 30 % of its training rows repeated with a little noise, as a second export leaves them."""
    frame, names = duplicate(subject), list(subject.numbers)
    copies = frame.index[len(subject.frame) :]
    noise = subject.random.normal(0.0, 1e-9, (len(copies), len(names)))
    frame.loc[copies, names] = frame.loc[copies, names].to_numpy() * (1.0 + noise)
    return frame


def repeat_keys(subject: Subject) -> DataFrame:
    """Return the table with ids that occur twice. Raises `Inapplicable` where no column holds ids."""
    if subject.roles.keyless:
        raise Inapplicable("no column identifies a row")
    frame, id = subject.frame.copy(), subject.roles.id
    few = max(1, len(frame) // 100)
    frame.loc[frame.index[:few], id] = frame[id].iloc[few : 2 * few].to_numpy()
    return frame


def leak(subject: Subject) -> DataFrame:
    """Return the table with holdout rows, 5 % of all, repeated on the training side under new ids.

    Raises `Inapplicable` where no column holds ids: equal rows are never parted there.
    """
    if subject.roles.keyless:
        raise Inapplicable("no column identifies a row, and equal rows are never on both sides")
    held = subject.frame[subject.held_out()]
    copies = held.head(max(1, len(subject.frame) // 20)).copy()
    copies[subject.roles.id] = subject.new_ids(len(copies), held_out=False)
    return _append(subject, copies)


def truncate(subject: Subject) -> DataFrame:
    """Return the first rows of the table, as a transfer that broke off leaves them."""
    if len(subject.frame) < 20:
        raise Inapplicable("the batch has fewer than 20 rows")
    return subject.frame.head(max(8, len(subject.frame) // 50))


def halve(subject: Subject) -> DataFrame:
    """Return the first half of the rows."""
    return subject.frame.head(len(subject.frame) // 2)


_COPIES = "require gates:data/test_keys.py::test_no_row_repeats_another as an invariant"

MUTANTS = (
    BatchMutant(NamedFault("rows-duplicated", "data", "30 % of the rows are there twice", _COPIES), duplicate),
    BatchMutant(
        NamedFault(
            "rows-nearly-duplicated",
            "data",
            "30 % of the rows are there twice, not quite equal",
            "require gates:data/test_keys.py::test_no_row_nearly_repeats_another as an invariant",
        ),
        nearly_duplicate,
    ),
    BatchMutant(
        NamedFault(
            "keys-repeated",
            "data",
            "1 % of the ids belong to two rows",
            "require gates:data/test_keys.py::test_every_row_has_a_key_of_its_own as an invariant",
        ),
        repeat_keys,
    ),
    BatchMutant(
        NamedFault(
            "holdout-leaked",
            "data",
            "holdout rows are in the training rows under other ids",
            "require gates:data/test_leakage.py::test_no_holdout_row_equals_a_training_row as an invariant",
        ),
        leak,
    ),
    BatchMutant(
        NamedFault(
            "batch-truncated",
            "data",
            "the batch broke off after a few rows",
            "require gates:data/test_volume.py::test_there_are_enough_rows with a bound on rows",
        ),
        truncate,
    ),
    BatchMutant(
        NamedFault(
            "batch-halved",
            "data",
            "half of the rows are missing",
            "require gates:data/test_volume.py::test_the_batch_is_about_as_large_as_the_last_one",
        ),
        halve,
    ),
)
