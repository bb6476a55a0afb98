"""Hold one table to the profile of another, and sort what it breaks by what a person would look at.

The rule it protects: no violation may fall between the groups; what no group names counts among the values.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gates.measures.data.expectation_result import ABSENT, NOTHING, SHOWN, Violation
from gates.measures.data.inspection import AGREED, COLUMNS, ROWS, SUITE

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from pandas import DataFrame

    from gates.measures.data.profile import Task

GROUPS = {
    "columns": (SUITE, COLUMNS, "expect_column_kinds"),
    "size": (ROWS,),
    "rows": ("expect_unique_key", "expect_distinct_rows", "expect_rows_apart", "expect_rows_to_be_new"),
    "labels": ("expect_several_labels", "expect_consistent_labels", "expect_labels_to_follow_features"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Hold the violations of one group of `GROUPS`, ready to be recorded as a count with a sentence."""

    violations: tuple[Violation, ...]

    @property
    def count(self) -> int:
        """Return the number of violations; each counts once, however many rows it has."""
        return len(self.violations)

    @property
    def detail(self) -> str:
        """Return the column and the count of each violation in words, the first few of them."""
        shown = "; ".join(_with_count(violation) for violation in self.violations[:SHOWN])
        rest = self.count - SHOWN
        return f"{shown}; and {rest} more, see the violations beside the run" if rest > 0 else shown or "as profiled"


@dataclass(frozen=True, slots=True)
class Contract:
    """Hold the profile of the reference, and every violation of it by ``n`` current rows."""

    suite: ExpectationSuite
    violations: tuple[Violation, ...]
    rules: int
    n_reference: int
    n: int
    needed_n: int

    @property
    def rows_share(self) -> float:
        """Return the number of current rows divided by the fewest that the profile accepts; below 1 they are too few."""
        return self.n / self.needed_n

    @property
    def sizes(self) -> str:
        """Return the number of rows on both sides, in words."""
        return f"{self.n:,} rows here, {self.n_reference:,} in the reference"

    @property
    def learnt(self) -> str:
        """Return how many expectations the profile holds and how many columns and rules were evaluated, in words."""
        return f"{len(self.suite.expectations)} expectations, {self.rules:,} columns and rules evaluated"

    def group(self, name: str) -> Group:
        """Return the violations of one of `GROUPS`, or of ``values``: all that belong to none of them.

        Raises `KeyError` for any other name.
        """
        if name != "values":
            return Group(tuple(one for one in self.violations if one.expectation in GROUPS[name]))
        elsewhere = {kind for kinds in GROUPS.values() for kind in kinds}
        return Group(tuple(one for one in self.violations if one.expectation not in elsewhere))

    def write(self, profile: Path, violations: Path) -> None:
        """Write the profile, as a file that a person can review and a policy can name, and every violation as JSON."""
        from gates.measures.data.profile import write

        write(self.suite, profile)
        content = [
            {"expectation": one.expectation, "columns": list(one.columns), "count": one.count, "found": one.found,
             "wanted": one.wanted}
            for one in self.violations
        ]  # fmt: skip
        text = json.dumps({"schema": 1, "violations": content}, indent=1, ensure_ascii=False)
        violations.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def hold(reference: DataFrame, current: DataFrame, *, id: str | None, target: str | None, task: Task) -> Contract:
    """Profile ``reference``, and hold ``current`` to it. Raises `ValueError` for a reference without rows."""
    from gates.measures.data.inspection import inspect
    from gates.measures.data.profile import profile, shared_level
    from gates.measures.data.reference_comparison import compare_with_reference

    suite = profile(reference, id=id, target=target, task=task if target else None)
    report = inspect(suite, current)
    broken = _say_missing_once(report.violations) + compare_with_reference(
        suite, reference, current, level=shared_level(suite)
    )
    return Contract(suite, broken, report.rules, len(reference), len(current), _fewest(suite.expectations))


def _say_missing_once(violations: tuple[Violation, ...]) -> tuple[Violation, ...]:
    """The violations without those that only repeat that a column is missing, which one of `COLUMNS` says."""
    missing = {
        name for one in violations if one.expectation == COLUMNS and one.wanted == AGREED for name in one.columns
    }
    if not missing:
        return violations
    return tuple(
        one
        for one in violations
        if one.expectation == COLUMNS
        or not (one.found == NOTHING or (one.found == ABSENT and set(one.columns) <= missing))
    )


def _fewest(expectations: Sequence[object]) -> int:
    """The rows that the profile asks for, at least one."""
    for expectation in expectations:
        configuration = getattr(expectation, "configuration", None)
        if configuration is not None and configuration.type == ROWS:
            return max(1, int(configuration.kwargs["min_value"]))
    return 1


def _with_count(violation: Violation) -> str:
    """The sentence, with the count where the words do not hold it."""
    counted = f"{violation.count:,}" in violation.sentence or violation.count == 0
    return violation.sentence if counted else f"{violation.sentence} ({violation.count:,})"
