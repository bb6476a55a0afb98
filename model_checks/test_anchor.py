"""The challenger must be no worse than the best champion so far: small losses must not add up, champion after champion."""

import pytest

from gates.measures.model.comparison import describe
from gates.measures.model.leakage import seen_share
from gates.measures.model.measure import compare_models

pytestmark = pytest.mark.gate("model")


@pytest.mark.each(metric="metrics")
def test_challenger_is_no_worse_than_the_anchor(metric, metric_of, anchor, challenger, holdout, roles, bound, evidence):
    comparison = compare_models(metric_of(metric), anchor, challenger, holdout, roles, limit=bound(metric))
    evidence(metric, comparison.lower, n=comparison.n, detail=describe(comparison), needed_n=comparison.unproved_n)


def test_anchor_has_not_seen_the_holdout(anchor, challenger, holdout, roles, evidence):
    share, detail = seen_share(anchor, challenger, holdout, roles, name="anchor")
    evidence("seen_share", share, n=len(holdout), detail=detail)
