"""The challenger must have learned something: it beats a model that knows the target's distribution and nothing else."""

import pytest

from gates.measures.model.comparison import describe
from gates.measures.model.measure import compare_with_dummy

pytestmark = pytest.mark.gate("model")


@pytest.mark.each(metric="baseline_metrics")
def test_challenger_beats_a_dummy(metric, metric_of, challenger, training_rows, holdout, roles, bound, evidence):
    comparison = compare_with_dummy(metric_of(metric), challenger, training_rows, holdout, roles, limit=bound(metric))
    evidence(metric, comparison.lower, n=comparison.n, detail=describe(comparison), needed_n=comparison.unproved_n)
