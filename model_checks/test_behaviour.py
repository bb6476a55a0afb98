"""What the model must be able to do, must not care about and must follow: the rows of the behaviour file."""

import pytest

from gates.measures.model.behaviours import hold

pytestmark = pytest.mark.gate("model")


def test_minimum_functionality(behaviours, challenger, holdout, training_rows, roles, evidence):
    held = hold("minimum", behaviours, challenger, holdout, training_rows, roles.task)
    evidence.violations(held.broken, n=held.n, detail=held.detail)


def test_invariance(behaviours, challenger, holdout, training_rows, roles, evidence):
    held = hold("invariance", behaviours, challenger, holdout, training_rows, roles.task)
    evidence.violations(held.broken, n=held.n, detail=held.detail)


@pytest.mark.usefixtures("answers_with_a_direction")
def test_direction(behaviours, challenger, holdout, training_rows, roles, evidence):
    held = hold("direction", behaviours, challenger, holdout, training_rows, roles.task)
    evidence.violations(held.broken, n=held.n, detail=held.detail)
