"""The newest rows must still look like the rows that the champion learned from, and it must answer on them as on its holdout.

The bounds are shares of the night's alpha, which comes from the budget of false alarms in ``[tool.gates.nightly]``.
"""

import pytest

pytestmark = pytest.mark.gate("nightly")


def test_they_look_like_those_the_champion_learned_from(newest, row_drift, evidence):
    evidence("rows new to the champion", len(newest.frame), n=newest.read, needed_n=1, detail=newest.sentence)
    drift = row_drift("drift of the night")
    evidence("columns compared in the night", drift.compared, n=drift.n, detail=drift.compared_sentence)
    evidence("infinite values in the night", drift.infinite, n=drift.n, detail=drift.infinite_sentence)
    evidence("drift of the night", drift.p_value, n=drift.n, detail=drift.sentence)
    evidence("share of the rows that the night needs", drift.rows_share, n=drift.n, needed_n=drift.needed_n,
             detail=drift.sentence)  # fmt: skip


def test_the_champion_answers_as_on_its_holdout(newest, answer_drift, evidence):
    evidence("new rows that the champion answers", len(newest.frame), n=newest.read, needed_n=1, detail=newest.sentence)
    drift = answer_drift("drift of the champion's answers")
    evidence("drift of the champion's answers", drift.p_value, n=drift.n, detail=drift.sentence)
    evidence("share of the rows that the champion's answers need", drift.rows_share, n=drift.n,
             needed_n=drift.needed_n, detail=drift.sentence)  # fmt: skip
