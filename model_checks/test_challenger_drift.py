"""The rows that the challenger learned from must still look like the newest rows."""

import pytest

from gates.measures.drift.configured import compare_rows

pytestmark = pytest.mark.gate("drift")


def test_training_rows_still_look_like_the_current_window(training_rows, current, roles, settings, bound, evidence):
    drift = compare_rows(training_rows.frame, current, roles=roles, settings=settings, alpha=bound("drift"))
    evidence("columns compared", drift.compared, n=drift.n, detail=drift.compared_sentence)
    evidence("infinite values", drift.infinite, n=drift.n, detail=drift.infinite_sentence)
    evidence("drift", drift.p_value, n=drift.n, detail=drift.sentence)
    evidence("share of the rows that drift needs", drift.rows_share, n=drift.n, needed_n=drift.needed_n,
             detail=drift.sentence)  # fmt: skip
