"""The challenger must be good enough by itself, whoever serves today."""

import pytest

from gates.measures.model.measure import score

pytestmark = pytest.mark.gate("model")


@pytest.mark.usefixtures("floors_only")
@pytest.mark.each(metric="metrics")
def test_challenger_clears_the_floor(metric, metric_of, challenger, holdout, roles, evidence):
    evidence(metric, score(metric_of(metric), challenger, holdout, roles), n=len(holdout))
