"""Numbers are finite, lie where they may lie, and keep their decimals."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from great_expectations.compatibility.pydantic import Field

from gates.measures.data.expectation_result import ExpectationResult, count_of
from gates.measures.data.expectations.column_set_expectation import ColumnSetExpectation
from gates.measures.data.precision import hundredths
from gates.measures.data.rates import more_often
from gates.measures.data.survey import Survey

NOTICEABLE = 0.05  # a smaller rise in the share of rounded values changes no model, however sure it is


class ExpectFiniteNumbers(ColumnSetExpectation):
    """Expect no infinite cell in ``columns``, by default in any column of numbers. A NaN is a null: see `ExpectNullShares`."""

    columns: list[str] = Field(default=[])
    success_keys: ClassVar[tuple[str, ...]] = ("columns",)

    def judge(self, table: Survey) -> ExpectationResult:
        """Return how many cells are infinite, and the columns that hold them."""
        names, cells = table.numbers_of(self.columns or table.numeric)
        counts = np.isinf(cells).sum(axis=0)
        violations = [
            self.violation(
                [names[at]], counts[at], f"has {count_of(int(counts[at]), 'infinite value')}", "finite numbers only"
            )
            for at in np.flatnonzero(counts)
        ]
        return self.result(counts.sum(), table, len(names), violations)


class ExpectNumbersInRange(ColumnSetExpectation):
    """Expect every number of a column to lie within its [low, high] of ``ranges``, bounds included."""

    ranges: dict[str, tuple[float, float]]
    success_keys: ClassVar[tuple[str, ...]] = ("ranges",)

    def judge(self, table: Survey) -> ExpectationResult:
        """Return how many numbers are out of range, and each such column with its farthest number."""
        names, cells = table.numbers_of(self.ranges)
        low, high = np.array([self.ranges[name] for name in names], dtype=np.float64).reshape(-1, 2).T
        with np.errstate(invalid="ignore"):
            smallest, largest = (
                np.fmin.reduce(cells, axis=0, initial=np.inf),
                np.fmax.reduce(cells, axis=0, initial=-np.inf),
            )
        violations, total = [], 0
        for at in np.flatnonzero(~((smallest >= low) & (largest <= high)) & (smallest <= largest)):
            column = cells[:, at]
            outside = column[(column < low[at]) | (column > high[at])]
            extreme = outside[np.argmax(np.maximum(low[at] - outside, outside - high[at]))]
            observed = f"has {count_of(len(outside), 'value')} out of range, the farthest {extreme:.6g}"
            violations.append(self.violation([names[at]], len(outside), observed, f"{low[at]:.6g} to {high[at]:.6g}"))
            total += len(outside)
        return self.result(total, table, len(names), violations)


class ExpectPrecision(ColumnSetExpectation):
    """Expect values to keep their decimals.

    The share of values that are whole hundredths is at most ``at_most`` in each of ``columns``, and where ``seen`` such values
    were learnt from ``rows`` rows, it has not risen (by the one-sided Fisher exact test at ``level``, divided by the number of
    columns of ``seen``, and by more than ``noticeable``). ``known`` gives the number of values of a column that had nulls.
    """

    columns: list[str] = Field(default=[])
    at_most: float = 1.0
    seen: dict[str, int] = Field(default={})
    rows: int = 0
    known: dict[str, int] = Field(default={})
    level: float = 0.01
    noticeable: float = NOTICEABLE
    success_keys: ClassVar[tuple[str, ...]] = ("columns", "at_most", "seen", "rows", "known", "level", "noticeable")
    measures: ClassVar[str] = "rounded_share"

    def judge(self, table: Survey) -> ExpectationResult:
        """Return the largest share of rounded values over the columns, and the columns with more than is allowed."""
        names, cells = table.numbers_of(dict.fromkeys([*self.columns, *self.seen]))
        counts, known = hundredths(cells)
        shares = counts / np.maximum(known, 1)
        violations, worst = [], float(shares.max(initial=0.0))
        for at, name in enumerate(names):
            before = self.seen.get(name)
            if before is None:
                broken, wanted = shares[at] > self.at_most, f"at most {self.at_most:.4g} of them"
            else:
                rows = max(1, self.known.get(name, self.rows))
                usual = before / rows
                broken = shares[at] > usual + self.noticeable and (
                    more_often(int(counts[at]), int(known[at]), before, rows) <= self.level / len(self.seen)
                )
                wanted = f"about {usual:.4g} of them as before"
            if broken:
                observed = f"has {count_of(int(counts[at]), 'value')} rounded to two decimals or fewer"
                violations.append(self.violation([name], counts[at], observed, wanted))
        return self.result(worst, table, len(names), violations)
