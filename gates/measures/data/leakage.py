"""Rows that stand on both sides of a line they must not cross: holdout and training, new rows and old ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gates.measures.data.choose_suite import features_of
from gates.measures.data.expectation_result import count_of
from gates.measures.data.rows import copied
from gates.measures.measurement import Measurement, count_violations
from gates.measures.shapes import Roles

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Copies:
    """Count the rows, of ``rows``, that stand on the other side as well."""

    count: int
    rows: int
    detail: str

    def measured(self) -> Measurement:
        """Return the copies as a count of violations; on 0 rows where nothing could be compared, which passes nowhere."""
        return count_violations(self.count, self.rows, self.detail)


def find_leaks(holdout: DataFrame, training: DataFrame, roles: Roles, *, nearly: bool = False) -> Copies:
    """Count rows of ``holdout`` whose features equal those of a training row, exactly or to a thousandth of a column's spread."""
    shared = [name for name in features_of(roles, training) if name in holdout.columns and name in training.columns]
    if not shared or not len(training):
        return Copies(0, 0, f"{len(shared)} features to compare with {len(training)} training rows")
    count = int(np.count_nonzero(copied(holdout, training, shared, nearly=nearly)))
    how = "nearly equal" if nearly else "equal"
    return Copies(
        count, len(holdout), f"{count_of(count, 'holdout row')} {how} in all {len(shared)} features to a training row"
    )


def find_recycled(arrivals: DataFrame, previous: DataFrame, roles: Roles) -> Copies:
    """Count the rows of ``arrivals`` that stood in ``previous`` under another id."""
    copies = find_leaks(arrivals, previous, roles)
    return Copies(
        copies.count,
        copies.rows,
        f"{count_of(copies.count, 'new row')} equal to a row of the last batch under another id",
    )
