"""Columns are of the agreed kind, and their cells are there."""

from __future__ import annotations

from typing import ClassVar

from great_expectations.compatibility.pydantic import Field

from gates.measures.data.expectation_result import ExpectationResult, count_of
from gates.measures.data.expectations.column_set_expectation import ColumnSetExpectation
from gates.measures.data.rates import more_often
from gates.measures.data.survey import KINDS, Survey


class ExpectColumnKinds(ColumnSetExpectation):
    """Expect each column to keep its kind: number, text, boolean or time; ``"number or text"`` allows either.

    ``kinds`` maps columns to kinds. A column without any value has no kind; that is for `ExpectNullShares` to refuse. Where
    ``seen`` texts among the numbers of a column (``?``, ``<0.1``) were learnt from ``rows`` rows, their share has not risen
    (one-sided Fisher exact test at ``level``, divided by the number of columns of ``seen``); otherwise there are none.
    """

    kinds: dict[str, str]
    seen: dict[str, int] = Field(default={})
    rows: int = 0
    level: float = 0.01
    success_keys: ClassVar[tuple[str, ...]] = ("kinds", "seen", "rows", "level")

    def judge(self, table: Survey) -> ExpectationResult:
        """Return how many values are of another kind than their column's, and the columns that hold them."""
        violations, total = [], 0
        present = table.present(self.kinds)
        for name in present:
            column, allowed = table.columns[name], self.kinds[name].split(" or ")
            if not set(allowed) <= set(KINDS):
                observed = f"is expected to be {self.kinds[name]!r}"
                violations.append(self.violation([name], table.rows, observed, f"kinds among {', '.join(KINDS)}"))
            elif column.kind not in (*allowed, "empty"):
                count = column.strangers or table.rows - column.nulls
                shown = f", like {column.stranger}" if column.stranger else ""
                observed = f"holds {count_of(count, f'{column.kind} value')}{shown}"
                violations.append(self.violation([name], count, observed, f"every value a {self.kinds[name]}"))
            elif column.strangers and "text" not in allowed and self._too_many(name, column.strangers, table.rows):
                verb = "is" if column.strangers == 1 else "are"
                observed = f"holds {count_of(column.strangers, 'value')} that {verb} no number, like {column.stranger}"
                violations.append(self.violation([name], column.strangers, observed, "every value a number"))
            else:
                continue
            total += violations[-1].count
        return self.result(total, table, len(present), violations)

    def _too_many(self, name: str, strangers: int, rows: int) -> bool:
        if not self.seen.get(name):
            return True
        return more_often(strangers, rows, self.seen[name], self.rows) <= self.level / len(self.seen)


class ExpectNullShares(ColumnSetExpectation):
    """Expect cells to have values: at most ``at_most`` of each of ``columns`` is null.

    Where ``seen`` nulls were learnt from ``rows`` rows, their share has not risen (one-sided Fisher exact test at ``level``,
    divided by the number of columns of ``seen``). A column without any value is always refused, unless it had none before.
    """

    columns: list[str] = Field(default=[])
    at_most: float = 0.0
    seen: dict[str, int] = Field(default={})
    rows: int = 0
    level: float = 0.01
    success_keys: ClassVar[tuple[str, ...]] = ("columns", "at_most", "seen", "rows", "level")
    measures: ClassVar[str] = "null_share"

    def judge(self, table: Survey) -> ExpectationResult:
        """Return the largest share of nulls over the columns, and the columns with more than is allowed."""
        violations, worst = [], 0.0
        wanted = dict.fromkeys(self.columns, f"at most {self.at_most:.4g} of them" if self.at_most else "none")
        wanted |= {
            name: f"about {count / max(self.rows, 1):.4g} of them as before" for name, count in self.seen.items()
        }
        present = table.present(wanted)
        for name in present:
            nulls = table.columns[name].nulls
            worst = max(worst, nulls / table.rows)
            if nulls and self._too_many(name, nulls, table.rows):
                observed = (
                    f"has {count_of(nulls, 'null')}" if nulls < table.rows else f"is all null, {count_of(nulls, 'row')}"
                )
                violations.append(self.violation([name], nulls, observed, wanted[name]))
        return self.result(worst, table, len(present), violations)

    def _too_many(self, name: str, nulls: int, rows: int) -> bool:
        if name not in self.seen:
            return nulls > self.at_most * rows or nulls == rows
        if nulls == rows:
            return self.seen[name] < self.rows
        return more_often(nulls, rows, self.seen[name], self.rows) <= self.level / len(self.seen)
