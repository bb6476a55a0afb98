"""What can only be asked with the reference itself at hand: copied rows, and labels that no longer follow the features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data_checks.finding import Violation, count_of
from data_checks.rates import more_often

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from pandas import DataFrame

COPIES = "expect_rows_to_be_new"
CONCEPT = "expect_labels_to_follow_features"
GROWN = 0.5  # a table that holds this share of the reference's keys is the reference grown older, not copies of it
SHARING = 9  # expectations that share alpha, as in data_checks.learning


def compare_with_reference(
    suite: ExpectationSuite, reference: DataFrame, current: DataFrame, *, alpha: float
) -> tuple[Violation, ...]:
    """The violations that need the reference; the suite says which columns are key and target."""
    key = target = None
    for expectation in suite.expectations:
        kind, kwargs = expectation.configuration.type, expectation.configuration.kwargs
        key = kwargs["column"] if kind == "expect_unique_key" else key
        target = kwargs["column"] if kind == "expect_consistent_labels" else target
    level = alpha / SHARING
    found = []
    if (copies := find_copies(reference, current, key=key, level=level)) is not None:
        found.append(copies)
    if target is not None:
        from data_checks.concept import find_changed_labels

        changed = find_changed_labels(reference, current, key=key, target=target, level=level)
        found += [changed] if changed is not None else []
    return tuple(found)


def find_copies(reference: DataFrame, current: DataFrame, *, key: str | None, level: float) -> Violation | None:
    """Rows of ``current`` that equal a row of ``reference`` in every shared column but the key, beyond the reference's own ties.

    A table that holds most of the reference's keys has grown from it; its old rows are no copies.
    """
    from data_checks.rows import copied, hashes, repeated
    from data_checks.survey import survey

    if not len(current) or not len(reference):
        return None
    table, here = survey(reference), survey(current)
    if table.repeated_names or here.repeated_names:
        return None  # two columns of one name cannot be told apart; `inspection` names them
    shared = [name for name in table.columns if here.holds(name) and name != key]
    if not shared:
        return None
    if key is not None and table.holds(key) and here.holds(key):
        known = table.labels(key).isin(set(here.labels(key)))
        if len(known) and known.mean() >= GROWN:
            return None
    count = int(np.count_nonzero(copied(current, reference, shared)))
    ties = int(repeated(hashes(table, shared)).sum())
    if not count or more_often(count, len(current), ties, len(reference)) > level:
        return None
    found = f"{count_of(count, 'row')} {'is' if count == 1 else 'are'} equal to rows of the reference"
    wanted = f"about {ties / len(reference):.4g} of the rows, as within the reference" if ties else "none"
    return Violation(COPIES, (), count, found, wanted)
