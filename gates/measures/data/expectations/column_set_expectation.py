"""How a column-set expectation stands in Great Expectations: one metric surveys the table once, every expectation reads it.

512 expectations a column at a time cost seconds on a thousand rows; one expectation over a set of columns costs milliseconds.
The rule it protects: Great Expectations calls a statement about nothing a success. Here no rows, or no column to look at, is a
failure with a name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import ExecutionEngine, PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from gates.measures.data.expectation_result import ABSENT, NOTHING, ExpectationResult, Violation
from gates.measures.data.survey import Survey, survey

METRIC = "table.survey"


class TableSurvey(TableMetricProvider):  # type: ignore[misc]
    """Provide the metric ``table.survey``: what the table holds, counted once for all expectations of a suite."""

    metric_name = METRIC

    @metric_value(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805  (Great Expectations calls it on the class)
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> Survey:
        frame, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE)
        return survey(frame)


class ColumnSetExpectation(BatchExpectation, ABC):  # type: ignore[misc]
    """Give Great Expectations one expectation over a set of columns; a subclass judges the surveyed table in `judge`.

    A table without rows, or without a column to look at, breaks every one of them.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)
    measures: ClassVar[str] = ""  # the id of what is measured, where that is more than the count of violations

    @abstractmethod
    def judge(self, table: Survey) -> ExpectationResult:
        """Return the measured value and the violations of a table that has at least one row."""

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine | None = None,
    ) -> dict[str, Any]:
        table = metrics[METRIC]
        result = self.judge(table) if table.rows else self._nothing(table, "no rows", "at least one row")
        if not result.rules and not result.violations:
            result = self._nothing(table, NOTHING, "at least one column that the expectation speaks of")
        return {"success": not result.violations, "result": result.as_result()}

    def result(self, value: float, table: Survey, rules: int, violations: list[Violation]) -> ExpectationResult:
        """Return a result of this expectation on ``table``; ``value`` is what was measured, refused or not."""
        return ExpectationResult(
            self.expectation_type, float(value), table.rows, rules, tuple(violations), self.measures
        )

    def violation(self, columns: tuple[str, ...] | list[str], count: int, observed: str, wanted: str) -> Violation:
        """Return a violation of this expectation: its ``columns`` (none: the whole table), and what ``count`` of them hold."""
        return Violation(self.expectation_type, tuple(columns), int(count), observed, wanted)

    def absent(self, table: Survey, column: str) -> ExpectationResult:
        """Return the result, broken once, of an expectation about one ``column`` that the table does not have."""
        return self.result(1.0, table, 1, [self.violation([column], 1, ABSENT, "the column to be there")])

    def _nothing(self, table: Survey, observed: str, wanted: str) -> ExpectationResult:
        return self.result(1.0, table, 0, [self.violation([], table.rows, observed, wanted)])
