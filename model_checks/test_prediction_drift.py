"""The models must answer on current rows as they answer on held-out reference rows: rows that neither learned from."""

import pytest

from gates.measures.drift.configured import compare_answers
from gates.measures.drift.selection import require_window

pytestmark = pytest.mark.gate("drift")


@pytest.fixture
def window(current, holdout, inapplicable):
    """The current rows, where a window is configured that is not the holdout itself."""
    return require_window(current, holdout.frame, inapplicable)


def test_challenger_answers_as_on_its_holdout(
    challenger, window, holdout, training_rows, roles, settings, bound, evidence
):
    drift = compare_answers(challenger, holdout.frame, window, learned=training_rows.ids, roles=roles, settings=settings,
                            alpha=bound("drift"))  # fmt: skip
    evidence.of(drift.measured())


def test_champion_answers_as_on_its_holdout(champion, window, holdout, reference, roles, settings, bound, evidence):
    drift = compare_answers(champion, holdout.frame, window, learned=reference[roles.id], roles=roles, settings=settings,
                            alpha=bound("drift"))  # fmt: skip
    evidence.of(drift.measured())
