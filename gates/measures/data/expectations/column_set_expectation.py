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

from gates.measures.data.finding import Finding, Violation
from gates.measures.data.survey import Survey, survey

METRIC = "table.survey"


class TableSurvey(TableMetricProvider):  # type: ignore[misc]
    """The metric ``table.survey``: what the table holds, counted once for all expectations of a suite."""

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
    """An expectation that says in `judge` what it thinks of a surveyed table."""

    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)
    measures: ClassVar[str] = ""  # the id of what is measured, where that is more than the count of violations

    @abstractmethod
    def judge(self, table: Survey) -> Finding:
        """Judge a table that has at least one row."""

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine | None = None,
    ) -> dict[str, Any]:
        table = metrics[METRIC]
        finding = self.judge(table) if table.rows else self._nothing(table, "no rows", "at least one row")
        if not finding.rules and not finding.violations:
            finding = self._nothing(table, "nothing to evaluate", "at least one column that the expectation speaks of")
        return {"success": not finding.violations, "result": finding.as_result()}

    def finding(self, value: float, table: Survey, rules: int, violations: list[Violation]) -> Finding:
        """Return a finding of this expectation on ``table``; ``value`` is what was measured, refused or not."""
        return Finding(self.expectation_type, float(value), table.rows, rules, tuple(violations), self.measures)

    def violation(self, columns: tuple[str, ...] | list[str], count: int, found: str, wanted: str) -> Violation:
        return Violation(self.expectation_type, tuple(columns), int(count), found, wanted)

    def absent(self, table: Survey, column: str) -> Finding:
        """The finding for an expectation about one column that the table does not have."""
        return self.finding(1.0, table, 1, [self.violation([column], 1, "is missing", "the column to be there")])

    def _nothing(self, table: Survey, found: str, wanted: str) -> Finding:
        return self.finding(1.0, table, 0, [self.violation([], table.rows, found, wanted)])
