"""Training twice, by the same recipe from the same rows, gives the same model."""

import pytest

from gates.measures.model.fidelity import probability_gap
from gates.measures.model.invariance import compare_answers

pytestmark = pytest.mark.gate("model")


def test_training_twice_gives_the_same_predictions(challenger, retrained, holdout, evidence):
    changed = compare_answers(challenger.predict(holdout.X), retrained.predict(holdout.X), holdout.ids)
    evidence.violations(changed.count, n=changed.n, detail=changed.where)


@pytest.mark.usefixtures("probabilities_only")
def test_training_twice_gives_the_same_probabilities(challenger, retrained, holdout, evidence):
    gap = probability_gap(challenger.predict_proba(holdout.X), retrained.predict_proba(holdout.X))
    evidence("probability_gap", gap, n=len(holdout))
