"""The challenger must be no worse than the model that serves, on the same rows, which neither has learned from."""

import pytest

from gates.measures.model.comparison import describe
from gates.measures.model.invariance import compare_answers
from gates.measures.model.leakage import seen_share
from gates.measures.model.measure import compare_models

pytestmark = pytest.mark.gate("model")


@pytest.mark.each(metric="metrics")
def test_challenger_is_no_worse(metric, metric_of, champion, challenger, holdout, roles, bound, evidence):
    comparison = compare_models(metric_of(metric), champion, challenger, holdout, roles, limit=bound(metric))
    evidence(metric, comparison.lower, n=comparison.n, detail=describe(comparison), needed_n=comparison.unproved_n)


def test_champion_has_not_seen_the_holdout(champion, challenger, holdout, roles, evidence):
    share, detail = seen_share(champion, challenger, holdout, roles)
    evidence("seen_share", share, n=len(holdout), detail=detail)


def test_challenger_differs_from_the_champion(champion, challenger, holdout, evidence):
    changed = compare_answers(champion.predict(holdout.X), challenger.predict(holdout.X), holdout.ids)
    evidence("changed_predictions", changed.count, n=changed.n)
