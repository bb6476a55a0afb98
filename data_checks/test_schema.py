"""The batch has the agreed columns, each of the agreed kind, and the agreement was really looked at."""

import pytest

pytestmark = pytest.mark.gate("data")


def test_the_agreement_was_really_evaluated(report, evidence):
    evidence(
        "rules evaluated", report.rules, n=report.rows, detail=f"suite {report.suite!r}; {report.of('suite').detail}"
    )
    evidence(
        "faults of the suite or the table", report.of("suite").value, n=report.rows, detail=report.of("suite").detail
    )


def test_every_column_is_there_and_none_is_unexpected(finding, evidence):
    columns = finding("expect_table_columns_to_match_set")
    evidence("columns missing or unexpected", columns.value, n=columns.n, detail=columns.detail)


def test_every_column_keeps_its_kind(finding, evidence):
    kinds = finding("expect_column_kinds")
    evidence("values of another kind", kinds.value, n=kinds.n, detail=kinds.detail)


def test_every_other_expectation_holds(other_findings, evidence):
    evidence("other expectations broken", other_findings.value, n=other_findings.n, detail=other_findings.detail)
