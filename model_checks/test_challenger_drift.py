"""The rows that the challenger learned from must still look like the newest rows."""

import pytest

from gates.measures.drift.configured import compare_rows

pytestmark = pytest.mark.gate("drift")


def test_training_rows_still_look_like_the_current_window(training_rows, current, roles, settings, bound, evidence):
    drift = compare_rows(training_rows.frame, current, roles=roles, settings=settings, alpha=bound("drift"))
    evidence.of(drift.measured())
