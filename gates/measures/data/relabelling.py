"""Labels against the last batch: do new rows follow it, and do known rows keep theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gates.measures.data.choose_suite import Roles
from gates.measures.data.label_consistency import agreement
from gates.measures.data.finding import count_of
from gates.measures.data.survey import label_text

if TYPE_CHECKING:
    from pandas import DataFrame

LEVEL = 0.001  # this one test's share of the 1 % of false alarms that the data gate allows itself


@dataclass(frozen=True, slots=True)
class LabelChange:
    """By how much the agreement of labels with their neighbours has fallen; 0 where chance explains the difference."""

    loss: float
    rows: int
    detail: str


@dataclass(frozen=True, slots=True)
class Relabelled:
    """How many of ``rows`` rows carry another label than the same key carried before."""

    count: int
    rows: int
    detail: str

    @property
    def share(self) -> float:
        return self.count / self.rows if self.rows else 1.0


def measure_label_change(previous: DataFrame, arrivals: DataFrame, roles: Roles) -> LabelChange:
    """By how much the labels of ``arrivals`` agree less with ``previous`` than its own do, tested at `LEVEL`."""
    found = agreement(previous, arrivals, key=roles.id, target=roles.target)
    if found is None:
        return LabelChange(1.0, len(arrivals), "there are no numeric features, or no labels, to compare")
    return LabelChange(
        max(found.loss, 0.0) if found.chance <= LEVEL else 0.0, found.rows, f"column {roles.target!r} {found}"
    )


def find_relabelled(batch: DataFrame, previous: DataFrame, roles: Roles) -> Relabelled:
    """Rows of ``batch`` whose key is in ``previous`` with another label."""
    if not {roles.id, roles.target} <= {str(name) for name in batch.columns}:
        return Relabelled(len(batch), len(batch), f"column {roles.id!r} or {roles.target!r} is missing")
    before = dict(zip(_words(previous, roles.id), _words(previous, roles.target), strict=True))
    pairs = zip(_words(batch, roles.id), _words(batch, roles.target), strict=True)
    known = [(label, before[key]) for key, label in pairs if key in before]
    count = sum(label != old for label, old in known)
    return Relabelled(
        count, len(batch), f"{count_of(count, 'row')} of {len(known):,} known ones carry another label than before"
    )


def _words(frame: DataFrame, column: str) -> list[str]:
    """The cells of a column as text in the order of the rows, nulls as an empty word."""
    cells = frame[column].reset_index(drop=True)
    return [str(word) for word in label_text(cells).reindex(cells.index).fillna("")]
