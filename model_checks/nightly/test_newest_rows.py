"""The newest rows must still look like the rows that the champion learned from, and it must answer on them as on its holdout.

The bounds are shares of the night's alpha, which comes from the budget of false alarms in ``[tool.gates.nightly]``.
"""

import pytest

pytestmark = pytest.mark.gate("nightly")


def test_they_look_like_those_the_champion_learned_from(newest, row_drift, evidence):
    evidence("new_rows", len(newest.frame), n=newest.read, needed_n=1, detail=newest.sentence)
    evidence.of(row_drift("drift").measured())


def test_the_champion_answers_as_on_its_holdout(newest, answer_drift, evidence):
    evidence("new_rows", len(newest.frame), n=newest.read, needed_n=1, detail=newest.sentence)
    evidence.of(answer_drift("drift").measured())
