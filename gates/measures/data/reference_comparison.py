"""What can only be measured with the reference itself at hand: copied rows, and labels that no longer follow the features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gates.measures.data.expectation_result import Violation, count_of
from gates.measures.data.pairs import pair_rows

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from pandas import DataFrame

COPIES = "expect_rows_to_be_new"
CONCEPT = "expect_labels_to_follow_features"
GROWN = 0.5  # a table that holds this share of the reference's keys is the reference grown older, not copies of it
SEED = 0  # of the random pair of each group of equal rows: the same tables get the same answer


def compare_with_reference(
    suite: ExpectationSuite, reference: DataFrame, current: DataFrame, *, level: float
) -> tuple[Violation, ...]:
    """Return the violations that need the reference, each at ``level``; the suite says which columns are key and target."""
    key = target = None
    for expectation in suite.expectations:
        kind, kwargs = expectation.configuration.type, expectation.configuration.kwargs
        key = kwargs["column"] if kind == "expect_unique_key" else key
        target = kwargs["column"] if kind == "expect_consistent_labels" else target
    violations = []
    if (copies := find_copies(reference, current, key=key, level=level)) is not None:
        violations.append(copies)
    if target is not None:
        from gates.measures.data.label_consistency import find_changed_labels

        changed = find_changed_labels(reference, current, key=key, target=target, level=level)
        violations += [changed] if changed is not None else []
    return tuple(violations)


def find_copies(reference: DataFrame, current: DataFrame, *, key: str | None, level: float) -> Violation | None:
    """Find rows of ``current`` that equal a row of ``reference`` in every shared column but the key, more than chance explains.

    Chance makes equal rows in discrete data, so of one random pair from each group of equal rows too many must have a row on
    either side (`gates.measures.data.pairs`). Returns None where there are none, or no more than by chance at ``level``.
    A table that holds most of the reference's keys has grown from it; its old rows are no copies.
    """
    from gates.measures.data.rows import hash_both
    from gates.measures.data.survey import survey

    if not len(current) or not len(reference):
        return None
    table, here = survey(reference), survey(current)
    if table.repeated_names or here.repeated_names:
        return None  # two columns of one name cannot be distinguished; `inspection` names them
    shared = [name for name in table.columns if here.holds(name) and name != key]
    if not shared:
        return None
    if key is not None and table.holds(key) and here.holds(key):
        known = table.labels(key).isin(set(here.labels(key)))
        if len(known) and known.mean() >= GROWN:
            return None
    rows = len(current)
    all_rows = hash_both(current, reference, shared)
    here_rows, there_rows = all_rows[:rows], all_rows[rows:]
    count = int(np.isin(here_rows, there_rows).sum())
    if not count:
        return None
    pairs = pair_rows(np.concatenate([there_rows, here_rows]), len(reference), np.random.default_rng(SEED))
    if pairs.chance_of_split > level:
        return None
    observed = f"{count_of(count, 'row')} {'is' if count == 1 else 'are'} equal to rows of the reference"
    alone = pairs.count - pairs.split
    wanted = (
        f"no more than chance: {pairs.split:,} of {pairs.count:,} pairs of equal rows have one on either side"
        if alone
        else "none"
    )
    return Violation(COPIES, (), count, observed, wanted)
