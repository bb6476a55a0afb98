"""Seeded simulations in short form: how often the rule errs. The bounds are missed by a correct rule with probability
under 1e-6.
"""

from __future__ import annotations

import numpy as np
import pytest

from gates.measures.model.comparison import compare

RUNS = 400


def simulate(metric, *, loss, discordance, n, margin, runs=RUNS, seed=0):
    """Decisions on samples where the challenger is truly ``loss`` worse; ``discordance`` of the rows have exactly one
    model right.
    """
    rng = np.random.default_rng(seed)
    found = []
    for run in range(runs):
        y = rng.integers(0, 3, n)
        kind = rng.random(n)
        champion, challenger = y.copy(), y.copy()
        wins, losses = (discordance - loss) / 2, (discordance + loss) / 2
        champion[kind < wins] = (y[kind < wins] + 1) % 3
        beaten = (kind >= wins) & (kind < wins + losses)
        challenger[beaten] = (y[beaten] + 1) % 3
        both = kind > 0.8
        champion[both] = challenger[both] = (y[both] + 1) % 3
        found.append(compare(y, champion, challenger, metric=metric, margin=margin, seed=run, draws=400).decision)
    return found


def share(decisions, *wanted):
    return sum(decision in wanted for decision in decisions) / len(decisions)


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
@pytest.mark.parametrize("n", [100, 330])
def test_a_model_worse_by_exactly_the_margin_passes_in_about_a_twentieth(metric, n):
    passed = share(simulate(metric, loss=0.06, discordance=0.15, n=n, margin=0.06), "better", "no_worse")
    assert passed < 0.12  # 5 % nominal; binomial(400, 0.06) exceeds this with p < 1e-6


def test_rare_disagreement_does_not_fool_the_rule():
    """All of the 2 % disagreement are losses, and the margin is 2 %: the corner where a Wald interval passes every
    second sample.
    """
    assert share(simulate("accuracy", loss=0.02, discordance=0.02, n=100, margin=0.02), "better", "no_worse") < 0.12


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_a_model_worse_by_far_never_passes_and_is_mostly_proved_worse(metric):
    found = simulate(metric, loss=0.15, discordance=0.2, n=330, margin=0.02, runs=100)
    assert share(found, "better", "no_worse") == 0
    assert share(found, "worse") > 0.9


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_an_equal_model_is_rarely_called_worse_or_better(metric):
    found = simulate(metric, loss=0.0, discordance=0.15, n=330, margin=0.02)
    assert share(found, "worse") < 0.08  # 2.5 % nominal
    assert share(found, "better") < 0.12  # 5 % nominal


def test_an_equal_model_passes_when_the_rows_that_were_asked_for_are_there():
    needed = 2319  # (1.645 + 0.842)^2 * 0.15 / 0.02^2 is 2,318.3: the promise of 80 % power
    passed = share(
        simulate("accuracy", loss=0.0, discordance=0.15, n=needed, margin=0.02, runs=200), "better", "no_worse"
    )
    assert 0.62 < passed < 0.95
