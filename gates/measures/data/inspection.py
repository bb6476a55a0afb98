"""Evaluate a suite on a table with Great Expectations, once, and refuse to be impressed by statements about nothing.

The rule it protects: an empty suite, a table without rows, an expectation that could not be evaluated or that saw no value is
a failure with a name, although Great Expectations itself calls it a success.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gates.measures.data.finding import Finding, Violation, count_of
from gates.measures.data.survey import named

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from pandas import DataFrame

COLUMNS = "expect_table_columns_to_match_set"
ROWS = "expect_table_row_count_to_be_between"
SUITE = "suite"


@dataclass(frozen=True, slots=True)
class Report:
    """What every expectation of a suite found on one table of ``rows`` rows."""

    suite: str
    rows: int
    findings: tuple[Finding, ...]

    @property
    def violations(self) -> tuple[Violation, ...]:
        return tuple(violation for finding in self.findings for violation in finding.violations)

    @property
    def rules(self) -> int:
        """How many columns and rules were really evaluated."""
        return sum(finding.rules for finding in self.findings)

    def speaks_of(self, expectation: str) -> bool:
        return any(finding.expectation == expectation for finding in self.findings)

    def of(self, *expectations: str) -> Finding:
        """The findings of these types as one. Raises `KeyError` where the suite has no such expectation."""
        found = [finding for finding in self.findings if finding.expectation in expectations]
        if not found:
            raise KeyError(f"the suite {self.suite!r} says nothing of {', '.join(expectations)}")
        return Finding(
            found[0].expectation,
            max(finding.value for finding in found),
            max(finding.n for finding in found),
            sum(finding.rules for finding in found),
            tuple(violation for finding in found for violation in finding.violations),
            found[0].measures,
        )

    def apart_from(self, *expectations: str) -> Finding:
        """The findings of every other type as one; its value is how many of them are broken."""
        found = [finding for finding in self.findings if finding.expectation not in expectations]
        broken = tuple(violation for finding in found for violation in finding.violations)
        return Finding(
            "others", float(sum(bool(finding.violations) for finding in found)), self.rows, len(found), broken
        )


def inspect(suite: ExpectationSuite, frame: DataFrame) -> Report:
    """Evaluate ``suite`` on ``frame`` in a context that lives as long as the call, writes nothing and asks no network."""
    names = [str(name) for name in frame.columns]
    findings = [_sanity(suite, names, len(frame))]
    if suite.expectations and not names:
        findings += [_unevaluated(one.configuration.type, len(frame)) for one in suite.expectations]
    elif suite.expectations:
        import great_expectations as gx

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        source = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
        whole = source.add_batch_definition_whole_dataframe("whole")
        batch = whole.get_batch({"dataframe": named(frame, names)})
        findings += [_finding(result, len(frame)) for result in batch.validate(suite).results]
    return Report(suite.name, len(frame), tuple(findings))


def _sanity(suite: ExpectationSuite, names: list[str], rows: int) -> Finding:
    """What holds for any suite and any table, and what Great Expectations does not ask."""
    violations = []
    if not suite.expectations:
        violations.append(Violation(SUITE, (), 0, f"the suite {suite.name!r} is empty", "at least one expectation"))
    if not rows:
        violations.append(Violation(SUITE, (), 0, "the table has no rows", "at least one row"))
    if not names:
        violations.append(Violation(SUITE, (), 0, "the table has no columns", "at least one column"))
    twice = tuple(sorted({name for name in names if names.count(name) > 1})) if len(set(names)) < len(names) else ()
    if twice:
        violations.append(Violation(SUITE, twice, len(twice), "stands more than once in the header", "every name once"))
    return Finding(SUITE, float(len(violations)), rows, len(suite.expectations), tuple(violations))


def _unevaluated(kind: str, rows: int) -> Finding:
    broken = Violation(kind, (), rows, "nothing to evaluate", "a table with columns")
    return Finding(kind, 1.0, rows, 0, (broken,))


def _finding(result: ExpectationValidationResult, rows: int) -> Finding:
    config = result.expectation_config
    kind = config.type if config is not None else "unknown expectation"
    kwargs = dict(config.kwargs) if config is not None else {}
    crash = _crash(result.exception_info)
    if crash:
        why = f"could not be evaluated ({crash})"
        return Finding(
            kind, 1.0, rows, 0, (Violation(kind, _columns(kwargs), rows, why, "an expectation that can be evaluated"),)
        )
    seen = dict(result.result)
    if "violations" in seen:
        return Finding.from_result(kind, seen)
    if kind == COLUMNS:
        return _of_columns(seen, kwargs, rows)
    return _of_core(kind, bool(result.success), seen, kwargs, rows)


def _of_columns(seen: Mapping[str, object], kwargs: Mapping[str, object], rows: int) -> Finding:
    wanted = {str(name) for name in _list(kwargs.get("column_set"))}
    observed = {str(name) for name in _list(seen["observed_value"])}
    order = sorted(wanted, key=lambda name: (len(name), name))
    missing = tuple(name for name in order if name not in observed)
    strange = tuple(sorted(observed - wanted)) if kwargs.get("exact_match", True) else ()
    violations = []
    if missing:
        found = "is missing" if len(missing) == 1 else f"are missing, {len(missing):,} in all"
        violations.append(Violation(COLUMNS, missing, len(missing), found, "every agreed column"))
    if strange:
        found = "is unexpected" if len(strange) == 1 else f"are unexpected, {len(strange):,} in all"
        violations.append(Violation(COLUMNS, strange, len(strange), found, "the agreed columns only"))
    return Finding(COLUMNS, float(len(missing) + len(strange)), rows, len(wanted), tuple(violations))


def _of_core(kind: str, success: bool, seen: Mapping[str, object], kwargs: Mapping[str, object], rows: int) -> Finding:
    """An expectation of Great Expectations' own: accepted only where it saw at least one value."""
    values = _integer(seen.get("element_count"), rows) - _integer(seen.get("missing_count"), 0)
    said = ", ".join(f"{key} = {value!r}"[:80] for key, value in kwargs.items() if key not in ("column", "batch_id"))
    observed = seen.get("observed_value")
    if not values:
        found, success = "has no value to evaluate", False
    elif kind == ROWS:
        found = f"the table has {count_of(_integer(observed, rows), 'row')}"
    elif "unexpected_count" in seen:
        found = f"has {count_of(_integer(seen['unexpected_count'], 0), 'unexpected value')}"
    else:
        found = f"is {str(observed)[:80]}"
    count = _integer(seen.get("unexpected_count"), _integer(observed, rows) if kind == ROWS else rows)
    broken = () if success else (Violation(kind, _columns(kwargs), count, found, said or kind.replace("_", " ")),)
    if kind == ROWS:
        return Finding(kind, float(_integer(observed, rows)), rows, 1, broken, "rows")
    return Finding(kind, 0.0 if success else 1.0, rows, 1, broken)


def _crash(info: Mapping[str, object] | None) -> str:
    """The first message among the exceptions of a result, in either shape that Great Expectations gives them."""
    for part in (info, *(info or {}).values()):
        if isinstance(part, Mapping) and part.get("raised_exception"):
            return str(part.get("exception_message")).strip().splitlines()[0][:200]
    return ""


def _columns(kwargs: Mapping[str, object]) -> tuple[str, ...]:
    return (str(kwargs["column"]),) if "column" in kwargs else ()


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple, set)) else []


def _integer(value: object, otherwise: int) -> int:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else otherwise
