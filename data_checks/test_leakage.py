"""What the model is tested on, it has not seen: no holdout row was trained on or belongs to one that was."""

import pytest

from gates.measures.data.leakage import find_leaks, find_recycled
from gates.measures.data.undeclared_groups import find_undeclared_groups

pytestmark = pytest.mark.gate("data")


def test_no_holdout_row_equals_a_training_row(holdout, training_rows, roles, evidence):
    evidence.of(find_leaks(holdout.frame, training_rows.frame, roles).measured())


def test_no_holdout_row_nearly_equals_a_training_row(holdout, training_rows, roles, evidence):
    evidence.of(find_leaks(holdout.frame, training_rows.frame, roles, nearly=True).measured())


def test_no_undeclared_group_stands_on_both_sides(holdout, training_rows, roles, evidence):
    groups = find_undeclared_groups(training_rows.frame, holdout.frame, roles)
    evidence("neighbour_share", groups.share, n=groups.n, detail=groups.describe())


def test_no_new_row_is_an_old_one_under_another_key(arrivals, previous, roles, evidence):
    evidence.of(find_recycled(arrivals, previous, roles).measured())
