"""What holds for any table before anything is known about it: the suite of a first batch that nobody has described yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gates.extras import EXPECTATIONS, require
from gates.measures.data.survey import survey

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from pandas import DataFrame

FLOAT32 = 3.4e38  # models compute in single precision: a larger number becomes infinite inside them
FEW_ROWS = 20
CONTRADICTIONS = 0.01  # share of equal rows with different labels


def universal(
    frame: DataFrame,
    *,
    id: str | None,
    target: str | None,
    features: Sequence[str],
    task: str | None,
    contradictions: float = CONTRADICTIONS,
) -> ExpectationSuite:
    """Return expectations from the roles of the columns alone; kinds are those that most cells of ``frame`` have themselves.

    ``contradictions`` is the share of equal rows with different labels that is accepted.
    """
    require("a suite of expectations", EXPECTATIONS)
    from great_expectations import ExpectationSuite
    from great_expectations.expectations import ExpectTableColumnsToMatchSet, ExpectTableRowCountToBeBetween

    from gates.measures.data import expectations as ours

    table = survey(frame)
    roles = [name for name in (id, target) if name is not None]
    agreed = list(dict.fromkeys([*roles, *(features or table.columns)]))
    kinds = {name: "number or text" if name == id else str(column.kind) for name, column in table.columns.items()}
    suite = [
        ExpectTableRowCountToBeBetween(min_value=FEW_ROWS),
        ExpectTableColumnsToMatchSet(column_set=agreed, exact_match=False),
        ours.ExpectColumnKinds(kinds={name: kind for name, kind in kinds.items() if kind != "empty"}),
        ours.ExpectNullShares(columns=roles),
        ours.ExpectNullShares(columns=[name for name in agreed if name not in roles], at_most=1.0),
        ours.ExpectDistinctRows(),
    ]
    if table.numeric:
        suite.append(ours.ExpectFiniteNumbers())
        suite.append(ours.ExpectNumbersInRange(ranges=dict.fromkeys(table.numeric, (-FLOAT32, FLOAT32))))
    if id is not None:
        suite.append(ours.ExpectUniqueKey(column=id))
    if target is not None:
        suite.append(ours.ExpectSeveralLabels(column=target))
    if target is not None and task == "classification":
        ignore = [id] if id is not None else []
        suite.append(ours.ExpectConsistentLabels(column=target, ignore=ignore, at_most=contradictions))
    return ExpectationSuite(name="universal", expectations=suite)
