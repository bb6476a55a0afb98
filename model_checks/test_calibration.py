"""Probabilities must mean something: close to the share that is right, and better than the bare shares of the classes."""

import pytest

from gates.measures.model.calibration import calibrate
from gates.measures.model.comparison import describe
from gates.measures.model.measure import compare_with_dummy

pytestmark = [pytest.mark.gate("model"), pytest.mark.usefixtures("probabilities_only")]


def test_confidence_is_honest(challenger, holdout, evidence):
    found = calibrate(challenger, holdout)
    evidence("calibration_error", found.error, n=found.n, detail=found.describe())


@pytest.mark.each(metric="probability_metrics")
def test_probabilities_beat_the_class_shares(metric, challenger, training_rows, holdout, roles, bound, evidence):
    comparison = compare_with_dummy(metric, challenger, training_rows, holdout, roles, limit=bound(metric))
    evidence(metric, comparison.lower, n=comparison.n, detail=describe(comparison), needed_n=comparison.unproved_n)
