"""What the data checks share: the suite evaluated once, and the findings by expectation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from data_checks.finding import Finding
from data_checks.freshness import Ages, measure_ages
from data_checks.inspection import Report, inspect
from data_checks.relabelling import LabelChange, Relabelled, find_relabelled, measure_label_change

if TYPE_CHECKING:
    from pandas import DataFrame

    from data_checks.agreement import Roles

Leave = Callable[[str, str], NoReturn]

# The expectations that a check of its own holds to a bound.
CHECKED = (
    "suite",
    "expect_table_columns_to_match_set",
    "expect_table_row_count_to_be_between",
    "expect_column_kinds",
    "expect_null_shares",
    "expect_finite_numbers",
    "expect_numbers_in_range",
    "expect_modal_shares",
    "expect_precision",
    "expect_known_categories",
    "expect_category_shares",
    "expect_unique_key",
    "expect_distinct_rows",
    "expect_rows_apart",
    "expect_several_labels",
    "expect_consistent_labels",
)


@pytest.fixture(scope="session")
def last_batch(request: pytest.FixtureRequest) -> DataFrame | None:
    """The batch that the champion came from, or None where nothing serves yet."""
    try:
        found: DataFrame = request.getfixturevalue("previous")
    except pytest.skip.Exception:
        return None
    return found


@pytest.fixture(scope="session")
def inspect_batch(batch: DataFrame, roles: Roles, last_batch: DataFrame | None) -> Callable[[Path | None], Report]:
    """Evaluates the batch against its suite, once for each suite file."""
    from data_checks.agreement import agree

    @cache
    def inspected(file: Path | None) -> Report:
        return inspect(agree(batch, roles, file=file, previous=last_batch), batch)

    return inspected


@pytest.fixture
def report(
    settings: Mapping[str, object], inspect_batch: Callable[[Path | None], Report], request: pytest.FixtureRequest
) -> Report:
    """What every expectation found on the batch."""
    from data_checks.suite_file import SuiteFileError

    named = settings.get("expectations")
    try:
        return inspect_batch(request.config.rootpath / str(named) if named else None)
    except SuiteFileError as error:
        unusable = str(error)
    pytest.fail(unusable, pytrace=False)


@pytest.fixture
def finding(report: Report, roles: Roles, last_batch: DataFrame | None, inapplicable: Leave) -> Callable[..., Finding]:
    """The finding of an expectation. Where the suite has none, the check is not applicable for a reason that the parent can
    verify (nothing to learn from yet, no classes), or it fails: an expectation that is gone accepts nothing."""

    def found(*expectations: str) -> Finding:
        if report.speaks_of(expectations[0]):
            return report.of(*expectations)
        if last_batch is None:
            inapplicable("no_champion", f"no batch was accepted yet that {expectations[0]} could be learnt from")
        if roles.task == "regression":
            inapplicable("regression", f"the table has no categories that {expectations[0]} could speak of")
        pytest.fail(f"the suite {report.suite!r} has no {expectations[0]}; add it to the suite file", pytrace=False)

    return found


@pytest.fixture
def other_findings(report: Report) -> Finding:
    """The findings of every expectation that no check of its own reads: those that a project added to its suite file."""
    return report.apart_from(*CHECKED)


@pytest.fixture
def label_finding(finding: Callable[..., Finding], roles: Roles, inapplicable: Leave) -> Callable[..., Finding]:
    """As `finding`, for what only a classification has."""
    if roles.task == "regression":
        inapplicable("regression", f"the target {roles.target!r} is a number, not a class")
    return finding


@pytest.fixture
def ages(batch: DataFrame, roles: Roles, inapplicable: Leave) -> Ages:
    """How old the rows of the batch are."""
    time = getattr(roles, "time", None)
    if time is None:
        inapplicable("no_time_column", "[tool.ml] names no time column")
    return measure_ages(batch, time, now=datetime.now(UTC))


@pytest.fixture
def label_change(arrivals: DataFrame, previous: DataFrame, roles: Roles, inapplicable: Leave) -> LabelChange:
    """Whether the labels of the new rows still follow the features as they did in the last batch."""
    if roles.task == "regression":
        inapplicable("regression", f"the target {roles.target!r} is a number, not a class")
    return measure_label_change(previous, arrivals, roles)


@pytest.fixture
def relabelled(batch: DataFrame, previous: DataFrame, roles: Roles) -> Relabelled:
    """The rows whose label changed under a known key."""
    return find_relabelled(batch, previous, roles)
