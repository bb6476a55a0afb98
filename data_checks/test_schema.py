"""The batch has the expected columns, each of the expected kind, and the expectations were really evaluated."""

import pytest

pytestmark = pytest.mark.gate("data")


def test_the_agreement_was_really_evaluated(report, expect, evidence):
    evidence("rules", report.rules, n=report.rows, detail=f"suite {report.suite!r}; {report.of('suite').detail}")
    evidence.of(expect.suite)


def test_every_column_is_there_and_none_is_unexpected(expect, evidence):
    evidence.of(expect.columns)


def test_every_column_keeps_its_kind(expect, evidence):
    evidence.of(expect.column_kinds)


def test_every_other_expectation_holds(expect, evidence):
    evidence.of(expect.others)
