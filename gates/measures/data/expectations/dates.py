"""Dates are dates, and within reach of those that were there before."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from great_expectations.compatibility.pydantic import Field

from gates.measures.data.expectation_result import SHOWN, ExpectationResult, count_of
from gates.measures.data.expectations.column_set_expectation import ColumnSetExpectation
from gates.measures.data.rates import more_often
from gates.measures.data.survey import Survey
from gates.measures.dates import DAY, read_date


class ExpectDatesInRange(ColumnSetExpectation):
    """Expect every date of a column to lie between the days of its ``ranges``, both included, and every value to be a date.

    ``ranges`` gives the first and the last day as ISO 8601. Where ``seen`` values that are no dates were learnt from ``rows``
    rows, their share has not risen (one-sided Fisher exact test at ``level``, divided by the number of columns of ``seen``);
    otherwise there are none.
    """

    ranges: dict[str, tuple[str, str]]
    seen: dict[str, int] = Field(default={})
    rows: int = 0
    level: float = 0.01
    success_keys: ClassVar[tuple[str, ...]] = ("ranges", "seen", "rows", "level")

    def judge(self, table: Survey) -> ExpectationResult:
        """Return how many values are out of range or no dates, and the columns that hold them."""
        violations, total = [], 0
        present = table.present(self.ranges)
        for name in present:
            first, last = self.ranges[name]
            low, high = read_date(first), read_date(last) + DAY
            if not low < high:
                violations.append(
                    self.violation([name], table.rows, f"has the range {first} to {last}", "two days in order")
                )
                continue
            known = table.frame[name].dropna()
            dates = np.array([read_date(value) for value in known], dtype=np.float64)
            outside, strange = (dates < low) | (dates >= high), np.isnan(dates)
            if outside.any():
                shown = ", ".join(dict.fromkeys(str(value)[:40] for value in known[outside]))
                wanted = f"dates from {first} to {last}"
                observed = f"has {count_of(int(outside.sum()), 'date')} out of range, like {_first(shown)}"
                violations.append(self.violation([name], int(outside.sum()), observed, wanted))
            if strange.any() and self._too_many(name, int(strange.sum()), len(known)):
                shown = ", ".join(dict.fromkeys(repr(str(value)[:40]) for value in known[strange]))
                observed = (
                    f"has {count_of(int(strange.sum()), 'value')} that cannot be read as a date, like {_first(shown)}"
                )
                violations.append(self.violation([name], int(strange.sum()), observed, "dates like 2026-11-28"))
            total += int(outside.sum() + strange.sum())
        return self.result(total, table, len(present), violations)

    def _too_many(self, name: str, strange: int, rows: int) -> bool:
        if not self.seen.get(name):
            return True
        return more_often(strange, rows, self.seen[name], self.rows) <= self.level / len(self.seen)


def _first(shown: str) -> str:
    return ", ".join(shown.split(", ")[:SHOWN])
