"""What must not matter does not: tiny noise, the order of rows and columns, repetition, company in the request."""

import pytest

from gates.measures.model import invariance

pytestmark = pytest.mark.gate("model")


def test_tiny_noise_changes_little(challenger, holdout, settings, evidence):
    changed = invariance.under_noise(challenger, holdout, size=settings["noise"])
    evidence("changed_share", changed.share, n=changed.n, detail=changed.where)


def test_row_order_changes_nothing(challenger, holdout, evidence):
    changed = invariance.under_row_order(challenger, holdout)
    evidence.violations(changed.count, n=changed.n, detail=changed.where)


def test_column_order_changes_nothing(challenger, holdout, evidence):
    changed = invariance.under_column_order(challenger, holdout)
    evidence.violations(changed.count, n=changed.n, detail=changed.where)


def test_repetition_changes_nothing(challenger, holdout, evidence):
    changed = invariance.under_repetition(challenger, holdout)
    evidence.violations(changed.count, n=changed.n, detail=changed.where)


def test_a_row_alone_is_answered_as_in_company(challenger, holdout, settings, evidence):
    changed = invariance.under_single_rows(challenger, holdout, most=settings["single_rows"])
    evidence.violations(changed.count, n=changed.n, detail=changed.where)
