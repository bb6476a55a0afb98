"""Find a column that groups the rows and that nobody declared: its values stand on both sides of the split, and rows that share one
are each other's nearest neighbours.

The rule it protects: a model that has seen nine visits of a patient knows the tenth without having learned anything, and the score
on such a holdout says nothing about the next patient.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gates.measures.shapes import Roles

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.intp]

MOST_ROWS = 400  # of the holdout whose neighbours are looked up
RARE = 0.05  # of the training rows may carry one value of a column that groups
MOST_COLUMNS = 50  # that are looked at; a group column among more would be one of many
MOST_CATEGORIES = 50  # of a text column that takes part in the distance
_CELLS = 20_000_000  # distances held at once


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Hold the column that groups the rows most: ``share`` of the ``n`` holdout rows have a nearest training row of the same value.

    ``chance`` is what that share would be if the column said nothing; ``column`` is empty where none is shared by both sides.
    """

    share: float
    n: int
    column: str = ""
    chance: float = 0.0

    def describe(self) -> str:
        """Return the finding in words, with what to declare."""
        if not self.column:
            return "no column has rare values that most holdout rows share with training rows"
        return (
            f"column {self.column!r}: the nearest training row has the same value for {self.share:.0%} of {self.n:,} holdout rows"
            f" (by chance {self.chance:.0%}); if these rows belong together, write group = {self.column!r} in [tool.ml]"
        )


def find_undeclared_groups(training: DataFrame, holdout: DataFrame, roles: Roles) -> Neighbours:
    """Return the column without a role that groups the rows most; both sides are tables with the columns of the batch.

    Looked at are columns of texts, dates and whole numbers of which most holdout rows share a rare value with training rows.
    Neighbours are by Euclidean distance of the standardised other columns, categories one by one; a column that tells the same as
    the one looked at, value for value, does not take part. Of more than `MOST_COLUMNS` such columns those with the fewest values
    are looked at.
    """
    taken = {roles.id, roles.target, roles.group, roles.weight}
    sample = holdout if len(holdout) <= MOST_ROWS else holdout.sample(MOST_ROWS, random_state=0)
    columns = [column for column in training.columns if column not in taken and column in holdout.columns]
    worst, shared = Neighbours(0.0, len(sample)), _shared(training, sample, columns)
    different = {column: training[column].nunique(dropna=False) for column in columns if shared}
    for name, known, sought in shared:
        others = [column for column in columns if column not in (name, roles.time)]
        doubles = [
            column for column in others if different[column] == different[name] and _same(training[column], known)
        ]
        places = _place(training, sample, [column for column in others if column not in doubles])
        if places is None:
            continue
        rare = _is_rare(known, sought)  # of two rows with the commonest value nobody thinks that they belong together
        share = float((known[_nearest(*places)] == sought)[rare].sum() / len(sought))
        if share > worst.share:
            counts = np.bincount(known[known >= 0]) / len(known)
            worst = Neighbours(share, len(sample), str(name), float((counts[counts <= RARE] ** 2).sum()))
    return worst


def _shared(
    training: DataFrame, sample: DataFrame, columns: Sequence[Hashable]
) -> Sequence[tuple[Hashable, Codes, Codes]]:
    """The columns that most holdout rows share with few training rows, as codes of both sides: `MOST_COLUMNS` at the most.

    Of more, those with the fewest values come first: they make the largest groups.
    """
    coded = [(name, *_code(training[name], sample[name])) for name in columns]
    shared = [one for one in coded if _is_shared(one[1], one[2])]
    return sorted(shared, key=lambda one: len(np.unique(one[1])))[:MOST_COLUMNS]


def _code(training: Series, sample: Series) -> tuple[Codes, Codes]:
    """Numbers for the values of a column on both sides, -1 for missing; all missing where the column cannot group."""
    for cells in (training.head(1000), training, sample):  # the first rows usually tell that these are measurements
        if pd.api.types.is_float_dtype(cells.dtype) and not np.array_equal(cells := cells.dropna(), np.round(cells)):
            return np.full(len(training), -1), np.full(len(sample), -1)
    both = pd.concat([training, sample], ignore_index=True)
    codes, _ = pd.factorize(both.astype(str).where(both.notna()))
    return codes[: len(training)].astype(np.intp), codes[len(training) :].astype(np.intp)


def _is_shared(known: Codes, sought: Codes) -> bool:
    """Whether most holdout rows share a value with a few, but not with many, training rows."""
    return bool(_is_rare(known, sought).mean() > 0.5)


def _is_rare(known: Codes, sought: Codes) -> NDArray[np.bool_]:
    """For each holdout row whether a few, but not many, training rows have its value."""
    if not (known >= 0).any():
        return np.zeros(len(sought), dtype=np.bool_)
    counts = np.bincount(known[known >= 0], minlength=int(max(known.max(), sought.max())) + 1)
    behind = np.where(sought >= 0, counts[sought], 0)
    return np.asarray((behind > 0) & (behind <= max(1.0, RARE * len(known))), dtype=np.bool_)


def _same(column: Series, known: Codes) -> bool:
    """Whether a column tells the same as the codes: one value of it for each of theirs, and the other way round."""
    own, _ = pd.factorize(column)
    pairs = pd.MultiIndex.from_arrays([own, known]).nunique()
    return bool(pairs == len(np.unique(own)) == len(np.unique(known)))


def _place(training: DataFrame, sample: DataFrame, columns: Sequence[Hashable]) -> tuple[Floats, Floats] | None:
    """The rows of both sides as points: standardised numbers, and a corner for each category; None where nothing is left."""
    parts = list(_points(training, sample, columns))
    if not parts:
        return None
    return np.column_stack([part[0] for part in parts]), np.column_stack([part[1] for part in parts])


def _points(training: DataFrame, sample: DataFrame, columns: Sequence[Hashable]) -> Iterator[tuple[Floats, Floats]]:
    for name in columns:
        before, now = training[name], sample[name]
        if pd.api.types.is_numeric_dtype(before.dtype) and pd.api.types.is_numeric_dtype(now.dtype):
            cells, others = (np.asarray(side, dtype=np.float64) for side in (before, now))
            cells, others = (np.where(np.isfinite(side), side, np.nan) for side in (cells, others))
            if np.isfinite(cells).sum() < 2 or (spread := float(np.nanstd(cells))) == 0.0:
                continue
            middle = float(np.nanmean(cells))
            yield np.nan_to_num((cells - middle) / spread), np.nan_to_num((others - middle) / spread)
        elif before.nunique() <= MOST_CATEGORIES:
            values = before.dropna().unique().tolist()
            corners = [np.asarray(side.astype(object).to_numpy()[:, None] == np.array(values, dtype=object), dtype=float)
                       for side in (before, now)]  # fmt: skip
            yield corners[0] / np.sqrt(2), corners[1] / np.sqrt(2)


def _nearest(training: Floats, sample: Floats) -> Codes:
    """The nearest training row of each row of the sample, in portions that fit into memory."""
    norms = (training**2).sum(axis=1)
    step = max(1, _CELLS // len(training))
    places = [
        (norms - 2 * sample[start : start + step] @ training.T).argmin(axis=1) for start in range(0, len(sample), step)
    ]
    return np.concatenate(places).astype(np.intp)
