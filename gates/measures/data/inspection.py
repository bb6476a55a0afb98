"""Evaluate a suite on a table with Great Expectations, once, and refuse to be impressed by statements about nothing.

The rule it protects: an empty suite, a table without rows, an expectation that could not be evaluated or that saw no value is
a failure with a name, although Great Expectations itself calls it a success.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gates.measures.data.expectation_result import NOTHING, ExpectationResult, Violation, count_of
from gates.measures.data.survey import named
from gates.plain import differs_little

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from pandas import DataFrame

AGREED = "every agreed column"  # what is wanted of a table that lacks some
COLUMNS = "expect_table_columns_to_match_set"
ROWS = "expect_table_row_count_to_be_between"
SUITE = "suite"


@dataclass(frozen=True, slots=True)
class Report:
    """Hold the result of every expectation of a suite on one table of ``rows`` rows."""

    suite: str
    rows: int
    results: tuple[ExpectationResult, ...]

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Return the violations of every result, in the order of the suite."""
        return tuple(violation for result in self.results for violation in result.violations)

    @property
    def rules(self) -> int:
        """Return how many columns and rules were really evaluated."""
        return sum(result.rules for result in self.results)

    def speaks_of(self, expectation: str) -> bool:
        """Return whether the suite has an expectation of this type, like ``expect_null_shares``."""
        return any(result.expectation == expectation for result in self.results)

    def of(self, *expectations: str) -> ExpectationResult:
        """Return the results of these types as one: the worst value, and all violations. Raises `KeyError` where there is none."""
        matching = [result for result in self.results if result.expectation in expectations]
        if not matching:
            raise KeyError(f"the suite {self.suite!r} says nothing of {', '.join(expectations)}")
        return ExpectationResult(
            matching[0].expectation,
            max(result.value for result in matching),
            max(result.n for result in matching),
            sum(result.rules for result in matching),
            tuple(violation for result in matching for violation in result.violations),
            matching[0].measures,
        )

    def apart_from(self, *expectations: str) -> ExpectationResult:
        """Return the results of every other type as one; its value is how many of them are broken."""
        others = [result for result in self.results if result.expectation not in expectations]
        broken = tuple(violation for result in others for violation in result.violations)
        return ExpectationResult(
            "others", float(sum(bool(result.violations) for result in others)), self.rows, len(others), broken
        )


def inspect(suite: ExpectationSuite, frame: DataFrame) -> Report:
    """Evaluate ``suite`` on ``frame`` in a context that lives as long as the call, writes nothing and asks no network."""
    names = [str(name) for name in frame.columns]
    results = [_sanity(suite, names, len(frame))]
    if suite.expectations and not names:
        results += [_unevaluated(one.configuration.type, len(frame)) for one in suite.expectations]
    elif suite.expectations:
        import great_expectations as gx

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        source = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
        whole = source.add_batch_definition_whole_dataframe("whole")
        batch = whole.get_batch({"dataframe": named(frame, names)})
        results += [_result(validation, len(frame)) for validation in batch.validate(suite).results]
    return Report(suite.name, len(frame), tuple(results))


def _sanity(suite: ExpectationSuite, names: list[str], rows: int) -> ExpectationResult:
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
    return ExpectationResult(SUITE, float(len(violations)), rows, len(suite.expectations), tuple(violations))


def _unevaluated(kind: str, rows: int) -> ExpectationResult:
    broken = Violation(kind, (), rows, NOTHING, "a table with columns")
    return ExpectationResult(kind, 1.0, rows, 0, (broken,))


def _result(validation: ExpectationValidationResult, rows: int) -> ExpectationResult:
    config = validation.expectation_config
    kind = config.type if config is not None else "unknown expectation"
    kwargs = dict(config.kwargs) if config is not None else {}
    crash = _crash(validation.exception_info)
    if crash:
        why = f"could not be evaluated ({crash})"
        return ExpectationResult(
            kind, 1.0, rows, 0, (Violation(kind, _columns(kwargs), rows, why, "an expectation that can be evaluated"),)
        )
    seen = dict(validation.result)
    if "violations" in seen:
        return ExpectationResult.from_result(kind, seen)
    if kind == COLUMNS:
        return _of_columns(seen, kwargs, rows)
    return _of_core(kind, bool(validation.success), seen, kwargs, rows)


def _of_columns(seen: Mapping[str, object], kwargs: Mapping[str, object], rows: int) -> ExpectationResult:
    wanted = {str(name) for name in _list(kwargs.get("column_set"))}
    observed = {str(name) for name in _list(seen["observed_value"])}
    order = sorted(wanted, key=lambda name: (len(name), name))
    missing = tuple(name for name in order if name not in observed)
    strange = tuple(sorted(observed - wanted)) if kwargs.get("exact_match", True) else ()
    violations = []
    if missing:
        observation = "is missing" if len(missing) == 1 else f"are missing, {len(missing):,} in all"
        observation += next(filter(None, (differs_little(name, strange) for name in missing)), "")
        violations.append(Violation(COLUMNS, missing, len(missing), observation, AGREED))
    if strange:
        observation = "is unexpected" if len(strange) == 1 else f"are unexpected, {len(strange):,} in all"
        violations.append(Violation(COLUMNS, strange, len(strange), observation, "the agreed columns only"))
    return ExpectationResult(COLUMNS, float(len(missing) + len(strange)), rows, len(wanted), tuple(violations))


def _of_core(
    kind: str, success: bool, seen: Mapping[str, object], kwargs: Mapping[str, object], rows: int
) -> ExpectationResult:
    """An expectation of Great Expectations' own: accepted only where it saw at least one value."""
    values = _integer(seen.get("element_count"), rows) - _integer(seen.get("missing_count"), 0)
    settings = ", ".join(
        f"{key} = {value!r}"[:80] for key, value in kwargs.items() if key not in ("column", "batch_id")
    )
    observed = seen.get("observed_value")
    if not values:
        observation, success = "has no value to evaluate", False
    elif kind == ROWS:
        observation = f"the table has {count_of(_integer(observed, rows), 'row')}"
    elif "unexpected_count" in seen:
        observation = f"has {count_of(_integer(seen['unexpected_count'], 0), 'unexpected value')}"
    else:
        observation = f"is {str(observed)[:80]}"
    count = _integer(seen.get("unexpected_count"), _integer(observed, rows) if kind == ROWS else rows)
    broken = (
        () if success else (Violation(kind, _columns(kwargs), count, observation, settings or kind.replace("_", " ")),)
    )
    if kind == ROWS:
        return ExpectationResult(kind, float(_integer(observed, rows)), rows, 1, broken, "rows")
    return ExpectationResult(kind, 0.0 if success else 1.0, rows, 1, broken)


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
