"""There is something to learn: more than one label, and equal rows do not contradict each other."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from great_expectations.compatibility.pydantic import Field

from gates.measures.data.expectation_result import ExpectationResult, count_of
from gates.measures.data.expectations.column_set_expectation import ColumnSetExpectation
from gates.measures.data.rates import collide
from gates.measures.data.rows import Truths, contradicting, hashes
from gates.measures.data.survey import Survey
from gates.plain import show


class ExpectSeveralLabels(ColumnSetExpectation):
    """Expect at least ``at_least`` different values in ``column``; one row of each is enough. Their number is measured."""

    column: str
    at_least: int = 2
    success_keys: ClassVar[tuple[str, ...]] = ("column", "at_least")
    measures: ClassVar[str] = "labels"

    def judge(self, table: Survey) -> ExpectationResult:
        """Return the number of different labels; an absent column or too few labels is a violation."""
        if not table.holds(self.column):
            return self.absent(table, self.column)
        labels = table.labels(self.column)
        distinct = int(labels.nunique())
        violations = []
        if distinct < self.at_least:
            only = f" ({show(labels.iloc[0])} in every row)" if distinct == 1 else ""
            observed = f"has {count_of(distinct, 'different value')}{only}"
            violations.append(self.violation([self.column], len(labels), observed, f"at least {self.at_least}"))
        return self.result(distinct, table, 1, violations)


class ExpectConsistentLabels(ColumnSetExpectation):
    """Expect rows that are equal in every column but ``column`` and those of ``ignore`` to carry the same label.

    At most ``at_most`` of the rows contradict another or, where ``seen`` such rows were learnt from ``rows`` rows, their share
    has not risen by more than chance (at ``level``).
    """

    column: str
    ignore: list[str] = Field(default=[])
    at_most: float = 0.0
    seen: int = -1
    rows: int = 0
    level: float = 0.01
    success_keys: ClassVar[tuple[str, ...]] = ("column", "ignore", "at_most", "seen", "rows", "level")
    measures: ClassVar[str] = "conflicting_label_share"

    def judge(self, table: Survey) -> ExpectationResult:
        """Return the share of rows that an equal row contradicts; more than is allowed is one violation of ``column``."""
        if not table.holds(self.column):
            return self.absent(table, self.column)
        features = [name for name in table.columns if name not in (*self.ignore, self.column)]
        count = int(np.count_nonzero(self.find(table, features))) if features else 0
        violations = []
        if count and self._too_many(count, table.rows):
            observed = f"differs in {count_of(count, 'row')} from rows that are equal in every feature"
            wanted = (
                "one label for equal rows"
                if self.seen <= 0
                else f"no more than the {self.seen / self.rows:.4g} of before"
            )
            violations.append(self.violation([self.column], count, observed, wanted))
        return self.result(count / table.rows, table, len(features), violations)

    def find(self, table: Survey, features: list[str]) -> Truths:
        """Return for each row (n,) whether an equal row carries another label; a row without a label contradicts nobody."""
        contradicted: Truths = np.zeros(table.rows, dtype=bool)
        known = table.frame[self.column].notna().to_numpy()
        contradicted[known] = contradicting(
            hashes(table, features)[known], table.labels(self.column).to_numpy(dtype=object)
        )
        return contradicted

    def _too_many(self, count: int, rows: int) -> bool:
        if self.seen < 0:
            return count > self.at_most * rows
        # Contradictions come in pairs: two rows are one event.
        return collide(-(-count // 2), rows, -(-self.seen // 2), self.rows) <= self.level
