"""What the model is tested on, it has not seen: no holdout row was trained on, no new row is an old one."""

import pytest

from gates.measures.data.leakage import find_leaks, find_recycled

pytestmark = pytest.mark.gate("data")


def test_no_holdout_row_equals_a_training_row(holdout, training_rows, roles, evidence):
    leaks = find_leaks(holdout.frame, training_rows.frame, roles)
    evidence("leaked_share", leaks.share, n=leaks.rows, detail=leaks.detail)


def test_no_holdout_row_nearly_equals_a_training_row(holdout, training_rows, roles, evidence):
    leaks = find_leaks(holdout.frame, training_rows.frame, roles, nearly=True)
    evidence("nearly_leaked_share", leaks.share, n=leaks.rows, detail=leaks.detail)


def test_no_new_row_is_an_old_one_under_another_key(arrivals, previous, roles, evidence):
    recycled = find_recycled(arrivals, previous, roles)
    evidence("recycled_share", recycled.share, n=recycled.rows, detail=recycled.detail)
