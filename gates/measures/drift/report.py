"""What drift detection found: one p-value, the columns behind it, and how many rows the question would need.

The rule it protects: "no drift" is only ever said together with the rows, the columns and the tests that it rests on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gates.measures.drift.blocks import Blocks
from gates.measures.drift.exchangeable import Dependence
from gates.measures.drift.table import Infinite, NotCompared
from gates.measures.measurement import P_VALUE, Measurement, count_violations

SHOWN = 5


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """Hold one column's difference between both sides.

    ``kind`` is "numbers", "categories", "missing values", "unseen values" or "dates"; ``distance`` is the Kolmogorov-Smirnov
    distance of numbers, the total variation distance of shares, the change of share of unseen values and far dates; ``q_value``
    is the p-value adjusted for the number of columns (Benjamini and Hochberg 1995); ``effect`` says the difference in the
    column's own terms.
    """

    name: str
    kind: str
    distance: float
    p_value: float
    q_value: float
    drifted: bool
    effect: str

    @property
    def sentence(self) -> str:
        """Return the column's name, its effect and its p-value, in words."""
        return f"{self.name!r} {self.effect} (p = {self.p_value:.2g})"


@dataclass(frozen=True, slots=True)
class Part:
    """Hold one of the tests that share alpha: its own p-value, the share of alpha it may use, and what it saw."""

    name: str
    p_value: float
    share: float
    detail: str

    @property
    def weighted(self) -> float:
        """Return the p-value on the scale of the whole: below alpha exactly where the part is below its own share of alpha."""
        return min(1.0, self.p_value / self.share)


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Hold the answer of `detect`.

    ``p_value`` holds for the whole family of tests; ``drifted`` is ``p_value < alpha``. ``columns`` are ordered worst first.
    ``needed_n`` rows on the smaller side would let the test see a shift of ``smallest_shift`` standard deviations in one column
    with 80 % power; with fewer and no drift seen the answer is ``inconclusive``. ``sampled`` are the rows of either side that the
    permutation test used. ``skipped`` are the columns that are not compared, or not in all that they hold, of ``table_columns``.
    Where ``blocks`` are declared, ``n`` and ``needed_n`` count these. ``dependence`` is what the order of the reference showed
    where none are: with it a p-value below alpha is ``inconclusive`` too.
    """

    drifted: bool
    p_value: float
    alpha: float
    columns: tuple[ColumnDrift, ...]
    parts: tuple[Part, ...]
    reasons: tuple[str, ...]
    n_reference: int
    n_current: int
    needed_n: int
    inconclusive: bool
    compared: int
    table_columns: int
    non_finite: tuple[Infinite, ...]
    unalike: tuple[str, ...]
    skipped: tuple[NotCompared, ...]
    sampled: tuple[int, int]
    permutations: int
    backend: str
    seed: int
    smallest_shift: float
    blocks: Blocks | None = None
    dependence: Dependence | None = None

    @property
    def n(self) -> int:
        """Return the rows of the smaller side, or its blocks: what the evidence rests on."""
        if self.blocks is None:
            return min(self.n_reference, self.n_current)
        return min(self.blocks.n_reference, self.blocks.n_current)

    @property
    def unproven(self) -> Dependence | None:
        """Return the dependence that makes the difference that was seen no proof; None where there is no such difference."""
        return self.dependence if self.inconclusive and self.p_value < self.alpha else None

    @property
    def infinite(self) -> int:
        """Return how many values are infinite, both sides together."""
        return sum(one.reference + one.current for one in self.non_finite)

    def measured(self, note: str = "") -> tuple[Measurement, ...]:
        """Return the answer as evidence; ``note`` is added to the sentence of the p-value.

        Drift that was seen is no question of too few rows: it fails, whatever the share of the rows needed.
        """
        sentence = f"{self.sentence}; {note}" if note else self.sentence
        needed = None if self.unproven is None else self.unproven.rows_needed(max(self.needed_n, self.n))
        return (
            Measurement("columns_compared", self.compared, self.n, self.compared_sentence),
            Measurement("not_compared_share", self.not_compared_share, self.n, self.not_compared_sentence),
            count_violations(self.infinite, self.n, self.infinite_sentence, "infinite_values"),
            Measurement("drift", self.p_value, self.n, sentence, needed, kind=P_VALUE),
            Measurement("rows_share", self.rows_share, self.n, self.sentence, self.needed_n),
            *([] if self.unproven is None else [self.unproven.measured(self.n_reference, needed)]),
        )

    @property
    def drifted_columns(self) -> tuple[ColumnDrift, ...]:
        """Return the columns that differ by themselves, worst first."""
        return tuple(column for column in self.columns if column.drifted)

    @property
    def rows_share(self) -> float:
        """Return the rows of the smaller side as a share of those needed."""
        return self.n / self.needed_n

    @property
    def sizes(self) -> str:
        """Return the rows of both sides, the number of columns, and which are not compared, in words."""
        sizes = f"{self._rows}, {self.compared:,} columns"
        if self.blocks is not None and self.blocks.left_out:
            sizes = f"{sizes}; {self.blocks.left_out}"
        if not self.skipped:
            return sizes
        names = ", ".join(repr(one.column) for one in self.skipped[:SHOWN])
        more = f" and {len(self.skipped) - SHOWN:,} more" if len(self.skipped) > SHOWN else ""
        return f"{sizes}, not compared or not in all: {names}{more}"

    @property
    def _rows(self) -> str:
        if self.blocks is None:
            return f"reference {self.n_reference:,} rows, current {self.n_current:,} rows"
        return (
            f"reference {self.n_reference:,} rows in {self.blocks.n_reference:,} and current {self.n_current:,} rows in"
            f" {self.blocks.n_current:,} {self.blocks.name}"
        )

    @property
    def not_compared_share(self) -> float:
        """Return the share (0 to 1) of the columns of both tables that are not compared, or not in all that they hold."""
        return len(self.skipped) / self.table_columns if self.table_columns else 0.0

    @property
    def not_compared_sentence(self) -> str:
        """Return each column that is not compared, with the reason."""
        return join([one.sentence for one in self.skipped]) or "every column is compared"

    @property
    def compared_sentence(self) -> str:
        """Return what was compared, or why nothing could be."""
        return self.sizes if self.compared else self.sentence

    @property
    def infinite_sentence(self) -> str:
        """Return which columns hold infinite values, or what was looked at."""
        return join([one.sentence for one in self.non_finite]) or self.sizes

    @property
    def sentence(self) -> str:
        """Return the reasons in one line, or what was compared and how closely it agrees."""
        if self.reasons:
            return f"{join(self.reasons)}; {self.sizes}"
        closest = f"; largest difference {self.columns[0].sentence}" if self.columns else ""
        ordered = f"; {self.dependence.caution}" if self.dependence else ""
        return f"{self.sizes}{closest}{ordered}"


def join(sentences: Sequence[str], *, shown: int = SHOWN) -> str:
    """Return the first ``shown`` sentences in one line, and how many more there are."""
    rest = len(sentences) - shown
    return "; ".join(sentences[:shown]) + (f"; and {rest:,} more" if rest > 0 else "")
