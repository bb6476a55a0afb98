"""One side of a split as a judge wants it: features, truth, ids, and the whole rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gates.work.records import ColumnRoles

if TYPE_CHECKING:
    from pandas import DataFrame, Series


@dataclass(frozen=True, slots=True)
class TableRows:
    """Hold rows of a batch.

    ``X`` holds the features that are there, ``y`` the target, ``frame`` every column; all share one index.
    """

    X: DataFrame
    y: Series
    ids: Series
    frame: DataFrame

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def of(cls, frame: DataFrame, roles: ColumnRoles) -> TableRows:
        """Make the rows of a table; ``roles`` name their features, see `name_features`. A whole-number target becomes int64."""
        features = [name for name in roles.features if name in frame.columns]
        return cls(frame[features], frame[roles.target].infer_objects(), frame[roles.id], frame)


def name_features(roles: ColumnRoles, columns: Iterable[object]) -> ColumnRoles:
    """Return the roles with the features spelt out: the declared ones, else every column that has no other role."""
    return replace(
        roles, features=roles.features or tuple(str(column) for column in columns if column not in roles.apart)
    )
