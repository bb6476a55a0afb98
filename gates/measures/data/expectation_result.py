"""The result of one expectation: how bad, on how many rows, and each violation with its columns, its count and what was wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gates.measures.measurement import Measurement, count_violations

NOTHING = "nothing to evaluate"  # what an expectation says that speaks of no column of the table
ABSENT = "is missing"
SHOWN = 5  # columns named in one sentence; the rest are counted


@dataclass(frozen=True, slots=True)
class Violation:
    """Name one broken expectation, its columns, how many cells, rows or columns break it, what was there and what was wanted."""

    expectation: str
    columns: tuple[str, ...]
    count: int
    found: str
    wanted: str

    @property
    def sentence(self) -> str:
        """Return the columns, what was there and what was wanted, in words."""
        return f"{name_columns(self.columns)}{self.found}; wanted {self.wanted}"

    def __str__(self) -> str:
        return f"{self.expectation}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """Hold the result of one expectation on one table.

    ``value`` is what was measured, whether or not it is refused: a count, or the worst share over the columns. ``measures`` is
    the id of that measurement; it is empty where the count of violations says it all. ``n`` is the number of rows it was
    measured on, ``rules`` how many columns or rules were really evaluated. A result without rules is never an acceptance.
    """

    expectation: str
    value: float
    n: int
    rules: int
    violations: tuple[Violation, ...] = ()
    measures: str = ""

    @property
    def broken(self) -> int:
        """Return how many cells, rows or columns break what is expected; at least one for each violation."""
        return sum(max(1, violation.count) for violation in self.violations)

    def measured(self) -> tuple[Measurement, ...]:
        """Return the result as evidence: the count of violations and, where it has one, the measurement itself."""
        counted = count_violations(self.broken, self.n, self.detail)
        if not self.measures or not self.rules:
            return (counted,)
        return counted, Measurement(self.measures, self.value, self.n, self.detail)

    @property
    def detail(self) -> str:
        """Return one sentence for people: the first violations, or how many columns and rules held."""
        if not self.violations and not self.rules:
            return "the suite has none"
        if not self.violations:
            return f"{self.rules:,} {'column or rule' if self.rules == 1 else 'columns or rules'} held"
        shown = "; ".join(violation.sentence for violation in self.violations[:SHOWN])
        rest = len(self.violations) - SHOWN
        return f"{shown}; and {rest} more" if rest > 0 else shown

    def as_result(self) -> dict[str, object]:
        """Return the form in which Great Expectations stores a result: plain values by key, no rows of the data."""
        return {
            "observed_value": self.value,
            "element_count": self.n,
            "rules": self.rules,
            "measures": self.measures,
            "violations": [
                {"columns": list(one.columns), "count": one.count, "found": one.found, "wanted": one.wanted}
                for one in self.violations
            ],
        }

    @classmethod
    def from_result(cls, expectation: str, result: Mapping[str, object]) -> ExpectationResult:
        """Read what `as_result` returned for this expectation. Raises `TypeError` or `KeyError` for anything else."""
        raw = result["violations"]
        if not isinstance(raw, list):
            raise TypeError(f"{expectation}: violations are {raw!r}, wanted a list")
        violations = tuple(
            Violation(expectation, tuple(one["columns"]), int(one["count"]), str(one["found"]), str(one["wanted"]))
            for one in raw
        )
        return cls(expectation, _number(result["observed_value"]), int(_number(result["element_count"])),
                   int(_number(result["rules"])), violations, str(result.get("measures", "")))  # fmt: skip


def name_columns(columns: Sequence[str]) -> str:
    """Return ``column '17' `` or ``columns '1', '2' and 40 more ``; an empty text for a violation of the whole table."""
    if not columns:
        return ""
    shown = ", ".join(repr(name) for name in columns[:SHOWN])
    rest = len(columns) - SHOWN
    return f"column{'s' if len(columns) > 1 else ''} {shown}{f' and {rest} more' if rest > 0 else ''} "


def count_of(number: int, thing: str) -> str:
    """Return a number with its noun in words: ``1 null``, ``2 nulls``, ``1,200 nulls``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}{'' if thing.endswith('s') else 's'}"


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is no number")
    return float(value)
