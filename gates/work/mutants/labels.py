"""Batches whose labels are wrong: shuffled, off by one, unknown, or of a class that vanished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.work.mutants.mutation import Inapplicable, NamedFault
from gates.work.mutants.tables import BatchMutant, Subject

if TYPE_CHECKING:
    from pandas import DataFrame


def shuffle(subject: Subject) -> DataFrame:
    """Return the table with 30 % of the targets exchanged among themselves."""
    frame, rows = subject.frame.copy(), subject.pick(0.3)
    target = frame[subject.roles.target].copy()
    target.iloc[rows] = target.iloc[subject.random.permutation(rows)].to_numpy()
    frame[subject.roles.target] = target
    return frame


def flip(subject: Subject) -> DataFrame:
    """Return the table with every label moved to the next one, as a change of the label list does."""
    known = sorted(subject.labels.dropna().unique().tolist(), key=str)
    following = dict(zip(known, [*known[1:], known[0]], strict=True))
    return subject.frame.assign(**{subject.roles.target: subject.labels.map(following)})


def unknown(subject: Subject) -> DataFrame:
    """Return the table with a few rows of a class that the reference does not have."""
    from pandas.api.types import is_numeric_dtype

    labels = subject.labels.copy()
    stranger = int(labels.max()) + 1000 if is_numeric_dtype(labels) else "selftest"
    if is_numeric_dtype(labels) and labels.dtype == bool:
        raise Inapplicable("truth values have no third class")
    labels.iloc[subject.pick(0.02)] = stranger
    return subject.frame.assign(**{subject.roles.target: labels})


def lose(subject: Subject) -> DataFrame:
    """Return the table without the rows of the most frequent class."""
    labels = subject.labels
    frame = subject.frame[labels != labels.mode().iloc[0]]
    if frame[subject.roles.target].nunique() < 2:
        raise Inapplicable("without its most frequent class the batch has one class only")
    return frame


def one_class(subject: Subject) -> DataFrame:
    """Return the table with one label for all rows."""
    return subject.frame.assign(**{subject.roles.target: subject.labels.mode().iloc[0]})


_FOLLOW = (
    "require gates:data/test_labels.py::test_known_rows_keep_their_labels, and for new rows"
    " gates:data/test_labels.py::test_labels_still_follow_the_features"
)
_SHARES = "require gates:data/test_values.py::test_categories_keep_their_shares as an invariant"

MUTANTS = (
    BatchMutant(NamedFault("labels-shuffled", "data", "30 % of the labels belong to other rows", _FOLLOW), shuffle),
    BatchMutant(NamedFault("labels-flipped", "data", "every label became the next one", _FOLLOW), flip),
    BatchMutant(
        NamedFault(
            "class-unknown",
            "data",
            "2 % of the rows carry a class that nobody knows",
            "require gates:data/test_values.py::test_every_category_is_known as an invariant",
        ),
        unknown,
    ),
    BatchMutant(NamedFault("class-missing", "data", "the most frequent class is gone", _SHARES), lose),
    BatchMutant(
        NamedFault(
            "one-class",
            "data",
            "every row carries the same label",
            "require gates:data/test_labels.py::test_there_is_more_than_one_label with labels >= 2",
        ),
        one_class,
    ),
)
