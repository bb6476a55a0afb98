"""Do the labels still follow the features as they did: a vote of the reference that no test of single columns can replace.

Labels shuffled, shifted by one, or attached to other rows leave every column as it was. They no longer agree with what the
reference would have said of these features, and that is counted here.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from gates.measures.data.expectation_result import Violation
from gates.measures.data.rates import more_often
from gates.measures.data.survey import Survey, survey

if TYPE_CHECKING:
    from pandas import DataFrame

EXPECTATION = "expect_labels_to_follow_features"
MOST_ROWS = 2000  # a declared number of evenly spaced rows of each side: enough to see what matters, and a bounded cost
SHRINKAGE = 0.4  # how far covariances are drawn towards zero: many columns, few rows
FOLDS = 10
WIDEST = 500  # a declared number of columns; the cost grows with their square
FEW = 10  # labelled rows below which nothing can be said

Floats: TypeAlias = npt.NDArray[np.float64]
Words: TypeAlias = npt.NDArray[np.str_]
Codes: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Count the labels that agree with the vote of the reference: of the current rows, and of its own rows, each left out of
    its vote.
    """

    hits: int
    rows: int
    hits_before: int
    rows_before: int

    @property
    def loss(self) -> float:
        """Return by how much the share of agreeing labels has fallen, between -1 and 1."""
        return self.hits_before / self.rows_before - self.hits / self.rows

    @property
    def chance(self) -> float:
        """Return the p-value of the loss: one-sided Fisher exact test on the rows that do not agree."""
        return more_often(self.rows - self.hits, self.rows, self.rows_before - self.hits_before, self.rows_before)

    def __str__(self) -> str:
        return (
            f"agrees with what the reference says of its features in {self.hits / self.rows:.1%} of {self.rows:,} rows, "
            f"there in {self.hits_before / self.rows_before:.1%} of {self.rows_before:,}"
        )


def find_changed_labels(
    reference: DataFrame, current: DataFrame, *, key: str | None, target: str, level: float
) -> Violation | None:
    """Return whether the labels of ``current`` agree less with the reference than its own labels do, at ``level``."""
    agreed = agreement(reference, current, key=key, target=target)
    if agreed is None or agreed.chance > level:
        return None
    wanted = f"about {agreed.hits_before / agreed.rows_before:.1%} of them"
    return Violation(EXPECTATION, (target,), agreed.rows - agreed.hits, str(agreed), wanted)


def agreement(reference: DataFrame, current: DataFrame, *, key: str | None, target: str) -> Agreement | None:
    """Return the agreement of both sides; None where there are no numbers, or no labels, to compare."""
    before, here = survey(_thinned(reference)), survey(_thinned(current))
    if not (before.holds(target) and here.holds(target)):
        return None
    shared = [name for name in before.numeric if name in here.numeric and name not in (key, target)][:WIDEST]
    labels_before, labels = before.labels(target), here.labels(target)
    if not shared or len(labels_before) < FEW or not len(labels):
        return None
    known = _scores(before, before, shared)[labels_before.index.to_numpy()]
    points = _scores(here, before, shared)[labels.index.to_numpy()]
    truth_before, truth = labels_before.to_numpy().astype(str), labels.to_numpy().astype(str)
    votes_before, votes = _vote(known, truth_before, points)
    return Agreement(
        int((votes == truth).sum()), len(truth), int((votes_before == truth_before).sum()), len(truth_before)
    )


def _thinned(frame: DataFrame) -> DataFrame:
    return frame.iloc[:: max(1, -(-len(frame) // MOST_ROWS))].reset_index(drop=True)


def _scores(table: Survey, yardstick: Survey, columns: list[str]) -> Floats:
    """Robust scores by the median and spread of ``yardstick``; a value that is not known stands in the middle."""
    _, cells = table.numbers_of(columns)
    _, before = yardstick.numbers_of(columns)
    before = np.where(np.isfinite(before), before, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # a column without any value has no median; it counts as 0 below
        low, middle, high = np.nanpercentile(before, [25, 50, 75], axis=0)
        spread = np.where(high > low, (high - low) / 1.349, np.nanstd(before, axis=0))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        scores = (cells - middle) / np.where(spread > 0, spread, 1.0)
    return np.asarray(np.clip(np.nan_to_num(scores, nan=0.0, posinf=6.0, neginf=-6.0), -6.0, 6.0))


def _vote(known: Floats, labels: Words, points: Floats) -> tuple[Words, Words]:
    """What the known rows say of each of themselves, in folds that leave it out, and of each point.

    The folds learn from fewer rows than the vote on the points does: the comparison leans towards silence.
    """
    values, codes = np.unique(labels, return_inverse=True)
    fold = np.arange(len(known)) % FOLDS
    votes = np.zeros(len(known), dtype=np.int64)
    for left_out in range(FOLDS):
        others, held = fold != left_out, fold == left_out
        votes[held] = _discriminate(known[others], codes[others], known[held], classes=len(values))
    return values[votes], values[_discriminate(known, codes, points, classes=len(values))]


def _discriminate(known: Floats, codes: Codes, points: Floats, *, classes: int) -> Codes:
    """Linear discriminant analysis with a covariance drawn towards its diagonal (Friedman 1989): the class of each point."""
    counts = np.bincount(codes, minlength=classes)
    means = np.zeros((classes, known.shape[1]))
    np.add.at(means, codes, known)
    means /= np.maximum(counts, 1)[:, None]
    rest = known - means[codes]
    covariance = rest.T @ rest / len(known)
    shrunk = (1.0 - SHRINKAGE) * covariance + np.diag(SHRINKAGE * np.diag(covariance) + 1e-6)
    weights = np.linalg.solve(shrunk, means.T)
    scores = points @ weights - 0.5 * (means.T * weights).sum(axis=0) + np.log(np.maximum(counts, 1) / len(known))
    scores[:, counts == 0] = -np.inf
    return np.asarray(scores.argmax(axis=1), dtype=np.int64)
