"""Learn a suite from a reference, keep it in a file, hold a table to it: the data gate as three functions.

What is learnt is not the sample itself but what further samples of the same source may look like; that is why a suite profiled
from a reference stays silent on clean data and still names what is wrong. Great Expectations is imported when first needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gates.measures.data.expectation_result import Violation
from gates.measures.data.suite_file import read_suite, write_suite

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from pandas import DataFrame

__all__ = ["ALPHA", "Violation", "profile", "read", "violations", "write"]

ALPHA = 0.01  # the chance that all statistical expectations together refuse a clean table

Task = Literal["classification", "regression"]


def profile(
    reference: DataFrame,
    *,
    id: str | None = None,
    target: str | None = None,
    task: Task | None = None,
    alpha: float = ALPHA,
    apart: Sequence[str] = (),
) -> ExpectationSuite:
    """Learn the expectations that ``reference`` supports.

    ``id`` is the key column, ``target`` the label; ``task`` is read from the target where it is not given. ``alpha`` is shared
    by all statistical expectations (Bonferroni). ``apart`` are columns whose values are new in each batch, like a patient: they
    have to be there, and no more. Raises `ValueError` for a reference without rows or without these columns, and
    for what is no table.
    """
    _require_table(reference, "the reference")
    from gates.measures.data.profiler import learn

    return learn(reference, key=id, target=target, task=task, alpha=alpha, apart=apart)


def write(suite: ExpectationSuite, path: Path | str) -> None:
    """Write a suite as a JSON file that a person can review; `read` gives the same suite back."""
    write_suite(suite, Path(path))


def read(path: Path | str) -> ExpectationSuite:
    """Read a suite file. Raises `gates.measures.data.suite_file.SuiteFileError` for anything that is not one."""
    return read_suite(Path(path))


def violations(suite: ExpectationSuite, reference: DataFrame | None, current: DataFrame) -> tuple[Violation, ...]:
    """Return everything in which ``current`` breaks ``suite``; empty means accepted.

    With the ``reference`` itself at hand, two things more are compared that a suite cannot hold: whether rows of the
    reference were copied into ``current``, and whether its labels still follow the features. Pass None for a suite alone.
    Raises `ValueError` for what is no pandas DataFrame.
    """
    from gates.measures.data.inspection import inspect

    _require_table(current, "current")
    if reference is not None:
        _require_table(reference, "the reference")
    broken = inspect(suite, current).violations
    if reference is None:
        return broken
    from gates.measures.data.reference_comparison import compare_with_reference

    return broken + compare_with_reference(suite, reference, current, level=shared_level(suite))


def shared_level(suite: ExpectationSuite) -> float:
    """Return the share of alpha that each statistical expectation of a profiled ``suite`` has; in one written by hand, that of
    `ALPHA`.
    """
    from gates.measures.data.profiler import SHARING

    for expectation in suite.expectations:
        kwargs = expectation.configuration.kwargs
        if expectation.configuration.type == "expect_null_shares" and kwargs.get("rows"):
            return float(kwargs["level"])
    return ALPHA / SHARING


def _require_table(frame: object, side: str) -> None:
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise ValueError(
            f"{side} is a {type(frame).__name__}, wanted a pandas DataFrame: give the rows as a table with column names"
        )
