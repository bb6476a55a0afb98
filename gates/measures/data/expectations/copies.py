"""A row counts once: keys are given and unique, rows differ."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from great_expectations.compatibility.pydantic import Field

from gates.measures.data.expectation_result import SHOWN, ExpectationResult, count_of
from gates.measures.data.expectations.column_set_expectation import ColumnSetExpectation
from gates.measures.data.rates import collide
from gates.measures.data.rows import Truths, hashes, repeated, steps
from gates.measures.data.survey import Survey


class ExpectUniqueKey(ColumnSetExpectation):
    """Expect a key in ``column`` of every row, and no two rows to share one."""

    column: str
    success_keys: ClassVar[tuple[str, ...]] = ("column",)

    def judge(self, table: Survey) -> ExpectationResult:
        """Return how many rows have no key or repeat one, with some of the repeated keys."""
        if not table.holds(self.column):
            return self.absent(table, self.column)
        violations = []
        keys, nulls = table.labels(self.column), table.columns[self.column].nulls
        if nulls:
            observed = f"has {count_of(nulls, 'row')} without a key"
            violations.append(self.violation([self.column], nulls, observed, "a key in every row"))
        again = keys.duplicated()
        if again.any():
            shown = ", ".join(repr(str(key)[:40]) for key in keys[again].unique()[:SHOWN])
            observed = (
                f"has {count_of(int(again.sum()), 'row')} that repeat{'s' if again.sum() == 1 else ''} a key ({shown})"
            )
            violations.append(
                self.violation([self.column], int(again.sum()), observed, "a key of its own for every row")
            )
        return self.result(nulls + int(again.sum()), table, 1, violations)


class ExpectDistinctRows(ColumnSetExpectation):
    """Expect no row to repeat another in all columns but those of ``ignore``.

    At most ``at_most`` of the rows do or, where ``seen`` such rows were learnt from ``rows`` rows, their share has not risen by
    more than chance (`gates.measures.data.rates.collide` at ``level``).

    In discrete tables chance alone repeats rows, and the more the larger the table.
    """

    ignore: list[str] = Field(default=[])
    at_most: float = 0.0
    seen: int = -1
    rows: int = 0
    level: float = 0.01
    equality: ClassVar[Literal["equal", "nearly equal"]] = "equal"
    success_keys: ClassVar[tuple[str, ...]] = ("ignore", "at_most", "seen", "rows", "level")
    measures: ClassVar[str] = "duplicate_share"

    def judge(self, table: Survey) -> ExpectationResult:
        """Return the share of rows that repeat an earlier one; more than is allowed is one violation of the whole table."""
        columns = [name for name in table.columns if name not in self.ignore]
        count = int(np.count_nonzero(self.find(table, columns))) if columns else 0
        violations = []
        if count and self._too_many(count, table.rows):
            observed = f"{count_of(count, 'row')} {'is' if count == 1 else 'are'} {self.equality} to an earlier row"
            usual = f"about {self.seen / max(self.rows, 1):.4g} of the rows as before" if self.seen > 0 else "none"
            wanted = f"at most {self.at_most:.4g} of the rows" if self.seen < 0 and self.at_most else usual
            violations.append(self.violation([], count, observed, wanted))
        return self.result(count / table.rows, table, len(columns), violations)

    def find(self, table: Survey, columns: list[str]) -> Truths:
        """Return for each row (n,) whether it repeats an earlier one in ``columns``."""
        return repeated(hashes(table, columns))

    def _too_many(self, count: int, rows: int) -> bool:
        if self.seen < 0:
            return count > self.at_most * rows
        return collide(count, rows, self.seen, self.rows) <= self.level


class ExpectRowsApart(ExpectDistinctRows):
    """Expect what `ExpectDistinctRows` does of rows that are equal only after rounding to a thousandth of each column's spread."""

    equality: ClassVar[Literal["equal", "nearly equal"]] = "nearly equal"
    measures: ClassVar[str] = "near_duplicate_share"

    def find(self, table: Survey, columns: list[str]) -> Truths:
        """Return for each row (n,) whether it equals an earlier one in ``columns`` after rounding, and not before."""
        return repeated(hashes(table, columns, grid=steps(table))) & ~repeated(hashes(table, columns))
