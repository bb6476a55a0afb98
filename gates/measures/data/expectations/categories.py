"""Categories are known ones, and keep their shares."""

from __future__ import annotations

from typing import ClassVar

from great_expectations.compatibility.pydantic import Field

from gates.measures.data.expectation_result import SHOWN, ExpectationResult, count_of
from gates.measures.data.expectations.column_set_expectation import ColumnSetExpectation
from gates.measures.data.rates import shares_differ, unseen
from gates.measures.data.survey import Survey
from gates.plain import differs_little, show

NOTICEABLE = 0.02  # total variation distance; below it a change of shares changes no model, however sure it is


class ExpectKnownCategories(ColumnSetExpectation):
    """Expect every value of a column to be among its ``categories``.

    Where the categories were learnt from ``rows`` rows of which ``seen_once`` values occurred once, new values may turn up as
    often as they turned up there (`gates.measures.data.rates.unseen` at ``level``, shared by the columns); otherwise never.
    """

    categories: dict[str, list[str]]
    seen_once: dict[str, int] = Field(default={})
    rows: int = 0
    level: float = 0.01
    success_keys: ClassVar[tuple[str, ...]] = ("categories", "seen_once", "rows", "level")
    measures: ClassVar[str] = "unknown_share"

    def judge(self, table: Survey) -> ExpectationResult:
        """Return the largest share of unknown values over the columns, and the columns that have more than is allowed."""
        violations, worst = [], 0.0
        present = table.present(self.categories)
        for name in present:
            labels = table.labels(name)
            strange = labels[~labels.isin(self.categories[name])]
            worst = max(worst, len(strange) / max(len(labels), 1))
            if len(strange) and self._too_many(name, len(strange), len(labels)):
                shown = ", ".join(repr(str(value)[:40]) for value in strange.value_counts().index[:SHOWN])
                alike = (differs_little(str(value), self.categories[name]) for value in strange.unique()[:SHOWN])
                observed = f"has {count_of(len(strange), 'row')} of an unknown category ({shown}){next(filter(None, alike), '')}"
                wanted = f"only the {len(self.categories[name]):,} known ones"
                violations.append(self.violation([name], len(strange), observed, wanted))
        return self.result(worst, table, len(present), violations)

    def _too_many(self, name: str, strange: int, rows: int) -> bool:
        if name not in self.seen_once:
            return True
        return unseen(strange, rows, self.seen_once[name], self.rows) <= self.level / len(self.categories)


class ExpectCategoryShares(ColumnSetExpectation):
    """Expect the shares of a column's categories to be those of the reference ``counts``.

    Broken by shares that differ by the chi-square test at ``level`` (divided by the number of columns) and by more than
    ``noticeable`` as a total variation distance.
    """

    counts: dict[str, dict[str, int]]
    level: float = 0.01
    noticeable: float = NOTICEABLE
    success_keys: ClassVar[tuple[str, ...]] = ("counts", "level", "noticeable")
    measures: ClassVar[str] = "share_distance"

    def judge(self, table: Survey) -> ExpectationResult:
        """Return the largest total variation distance over the columns, and the columns that differ."""
        violations, worst = [], 0.0
        present = table.present(self.counts)
        for name in present:
            here, before = table.labels(name).value_counts().to_dict(), self.counts[name]
            # Values never seen before are for `ExpectKnownCategories`; here the known ones are compared with each other.
            now = {value: int(here.get(value, 0)) for value in before}
            rows, rows_before = sum(now.values()), sum(before.values())
            if not rows:
                violations.append(self.violation([name], table.rows, "has no known category", "the shares as before"))
                worst = 1.0
                continue
            change = {value: now[value] / rows - before[value] / max(rows_before, 1) for value in before}
            distance = sum(abs(part) for part in change.values()) / 2
            worst = max(worst, distance)
            significant = shares_differ([*now.values()], [*before.values()]) <= self.level / len(self.counts)
            if significant and distance > self.noticeable:
                value = max(change, key=lambda one: abs(change[one]))
                observed = f"has category {show(value)} in {now[value]:,} of {rows:,} rows ({now[value] / rows:.1%})"
                violations.append(
                    self.violation([name], now[value], observed, f"about {before[value] / rows_before:.1%} as before")
                )
        return self.result(worst, table, len(present), violations)
