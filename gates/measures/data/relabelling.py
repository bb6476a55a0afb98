"""Labels against the last batch: do new rows follow it, and do known rows keep theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gates.measures.data.expectation_result import count_of
from gates.measures.data.label_consistency import agreement
from gates.measures.data.survey import label_text
from gates.measures.measurement import P_VALUE, Measurement
from gates.measures.shapes import Roles

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class LabelChange:
    """Hold by how much the agreement of labels with their neighbours has fallen, and the chance of so large a fall.

    ``loss`` is a share of the rows, negative where the agreement rose; ``chance`` the one-sided p-value.
    """

    loss: float
    chance: float
    rows: int
    detail: str

    def measured(self) -> tuple[Measurement, ...]:
        """Return the p-value and the loss as evidence."""
        return (
            Measurement("p_value", self.chance, self.rows, self.detail, kind=P_VALUE),
            Measurement("agreement_loss", self.loss, self.rows, self.detail),
        )


@dataclass(frozen=True, slots=True)
class Relabelled:
    """Count the rows, of ``rows``, that carry another label than the same key carried before."""

    count: int
    rows: int
    detail: str

    @property
    def share(self) -> float:
        """Return the share of relabelled rows; 1 where there is no row."""
        return self.count / self.rows if self.rows else 1.0


def measure_label_change(previous: DataFrame, arrivals: DataFrame, roles: Roles) -> LabelChange:
    """Measure by how much the labels of ``arrivals`` agree less with ``previous`` than its own do.

    Where nothing can be compared the chance is 0: nothing is known, so nothing is accepted.
    """
    change = agreement(previous, arrivals, key=roles.id, target=roles.target)
    if change is None:
        return LabelChange(1.0, 0.0, len(arrivals), "there are no numeric features, or no labels, to compare")
    return LabelChange(change.loss, change.chance, change.rows, f"column {roles.target!r} {change}")


def find_relabelled(batch: DataFrame, previous: DataFrame, roles: Roles) -> Relabelled:
    """Count the rows of ``batch`` whose key is in ``previous`` with another label."""
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
