"""Columns keep their variety: no value takes over a column, none that was common disappears."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from great_expectations.compatibility.pydantic import Field

from gates.measures.data.expectation_result import ExpectationResult
from gates.measures.data.expectations.column_set_expectation import ColumnSetExpectation
from gates.measures.data.modes import KEPT, Mode, count_equal, modes
from gates.measures.data.rates import differs
from gates.measures.data.survey import Floats, Survey

NOTICEABLE = 0.01  # a smaller change of a share changes no model, however sure it is


class ExpectModalShares(ColumnSetExpectation):
    """Expect the commonest value of a column to keep its share.

    ``at_most`` caps the share of the commonest value of a column. ``seen`` gives, for columns learnt from ``rows`` rows, the
    commonest [value, count] pairs (none where all values differed); the share of the value that is commonest in both samples
    together must not differ (two-sided Fisher exact test at ``level``, shared by the columns of ``seen``, where the shares are
    more than ``noticeable`` apart). Choosing the value on both samples together keeps the test exact. ``known`` gives the number
    of values behind a column that had nulls.
    """

    at_most: dict[str, float] = Field(default={})
    seen: dict[str, list[tuple[float, int]]] = Field(default={})
    rows: int = 0
    known: dict[str, int] = Field(default={})
    level: float = 0.01
    noticeable: float = NOTICEABLE
    success_keys: ClassVar[tuple[str, ...]] = ("at_most", "seen", "rows", "known", "level", "noticeable")
    measures: ClassVar[str] = "modal_share"

    def judge(self, table: Survey) -> ExpectationResult:
        """Return the largest share of a commonest value over the columns, and the columns where it differs from what is allowed."""
        names, numbers = table.numbers_of(dict.fromkeys([*self.at_most, *self.seen]))
        violations, worst = [], 0.0
        for at, name in enumerate(names):
            cells = numbers[:, at]
            known = int(np.count_nonzero(np.isfinite(cells)))
            mode, before = self._choose(name, cells)
            if mode is None or not known:
                continue
            share, usual = mode.count / known, before / self._rows(name)
            worst = max(worst, share)
            if share > self.at_most.get(name, 1.0):
                wanted = f"no value in more than {self.at_most[name]:.4g} of them"
            elif name in self.seen and self._differs(mode.count, known, before, self._rows(name)):
                wanted = f"this value in about {usual:.4g} of them as before"
            else:
                continue
            observed = f"holds only {mode.value:.6g}" if mode.count == known else f"holds {mode.value:.6g}"
            violations.append(
                self.violation([name], mode.count, f"{observed} in {mode.count:,} of {known:,} rows", wanted)
            )
        return self.result(worst, table, len(names), violations)

    def _choose(self, name: str, cells: Floats) -> tuple[Mode | None, int]:
        """The value that is commonest here and before together, with its count here, and its count before."""
        before = [Mode(value, count) for value, count in self.seen.get(name, [])]
        # A value that is not among those remembered was seen at most as often as the last of them, at most once where fewer are
        # remembered, and where every value was different, a value that now repeats is taken for a new one.
        unremembered = before[-1].count if len(before) == KEPT else min(len(before), 1)
        remembered = {mode.value: mode.count for mode in before}
        here = [(mode, min(remembered.get(mode.value, unremembered), self._rows(name))) for mode in modes(cells)]
        gone = [(Mode(mode.value, count_equal(cells, mode.value)), mode.count) for mode in before]
        return max([*here, *gone], key=lambda pair: pair[0].count + pair[1], default=(None, 0))

    def _rows(self, name: str) -> int:
        return max(1, self.known.get(name, self.rows))

    def _differs(self, count: int, known: int, before: int, rows: int) -> bool:
        if abs(count / known - before / rows) <= self.noticeable:
            return False
        return differs(count, known, before, rows) <= self.level / len(self.seen)
