"""Would a stronger paired statistic prove more with the same rows? Measured, and not taken.

Where the models' probabilities say on which rows the challenger should win, unlabelled rows can take a part of the variance away
(prediction-powered inference: Angelopoulos et al., Science 382, 2023). On the labelled rows alone nothing can: the mean of the
paired differences is already the best that an unbiased rule can do. This is the gain with ten unlabelled rows for each
labelled one.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
from benchmarks.verdicts.promotion_rules import MARGINS, PASSING
from benchmarks.verdicts.promotion_world import World, make_world
from benchmarks.verdicts.rates import Rate
from gates.measures.model.comparison import compare

ROWS = (330, 1_000)
UNLABELLED = 10  # rows without a label for each row with one
RULES = (
    "**ours: Tango's interval, exact where few rows differ**",
    "unlabelled rows and probabilities, normal interval",
)


def tell(options: Options) -> Iterator[str]:
    runs = options.choose(10, 40)
    yield "## A stronger paired statistic"
    yield ""
    yield (
        f"Accuracy, margin {MARGINS['accuracy']}, {runs:,} holdouts; the second rule also sees {UNLABELLED} unlabelled rows for "
        "each labelled one. Worse: pairs that are truly worse by 2 to 5 points; better: truly better by 2 to 5."
    )
    yield ""
    rows = []
    for data in [options.data, None] if options.data else [None]:
        world = make_world(data)
        explained = [_explained(world, *pair) for pair in world.pairs()]
        for n in ROWS:
            found = count(world, n, runs=runs)
            rows += [
                [world.name, f"{n:,}", rule, str(found[rule, -1]), str(found[rule, 1]), f"{np.median(explained):.0%}"]
                for rule in RULES
            ]
    head = ["models of", "n", "rule", "worse, promoted", "better, promoted", "variance explained, median of pairs"]
    yield from table(head, rows)
    yield ""


def count(world: World, n: int, *, runs: int, seed: int = 0) -> dict[tuple[str, int], Rate]:
    """How often each rule promotes, by (rule, -1 for worse by 2-5 or 1 for better by 2-5)."""
    hits: dict[tuple[str, int], list[bool]] = {(rule, sign): [] for rule in RULES for sign in (-1, 1)}
    pairs = [pair for pair in world.pairs() if 0.02 < abs(_gap(world, *pair)) <= 0.05]
    for run in range(runs):
        rng = np.random.default_rng([seed, n, run, 11])
        drawn = rng.choice(len(world.truth), n * (1 + UNLABELLED), replace=False)
        labelled, unlabelled = drawn[:n], drawn[n:]
        for champion, challenger in pairs:
            sign = 1 if _gap(world, champion, challenger) > 0 else -1
            old, new = (world.answers[model][labelled] for model in (champion, challenger))
            ours = compare(world.truth[labelled], old, new, metric="accuracy", margin=MARGINS["accuracy"]).decision
            hits[RULES[0], sign].append(ours in PASSING)
            lower = _lower_limit(
                _differences(world, champion, challenger)[labelled],
                _expected(world, champion, challenger, labelled),
                _expected(world, champion, challenger, unlabelled),
            )
            hits[RULES[1], sign].append(lower > -MARGINS["accuracy"])
    return {key: Rate(sum(passed), len(passed)) for key, passed in hits.items()}


def _gap(world: World, champion: str, challenger: str) -> float:
    return world.accuracy(challenger) - world.accuracy(champion)


def _differences(world: World, champion: str, challenger: str) -> NDArray[np.float64]:
    """(pool,) +1 where only the challenger is right, -1 where only the champion is."""
    right = [(world.answers[model] == world.truth).astype(np.float64) for model in (champion, challenger)]
    return right[1] - right[0]


def _expected(world: World, champion: str, challenger: str, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """What the mean of both models' probabilities expects of the difference; 0 where they agree."""
    mean = (world.shares[champion][rows] + world.shares[challenger][rows]).astype(np.float64) / 2
    places = np.arange(len(rows))
    classes = np.arange(mean.shape[1])
    old, new = (np.searchsorted(classes, world.answers[model][rows]) for model in (champion, challenger))
    return mean[places, new] - mean[places, old]


def _lower_limit(seen: NDArray[np.float64], said: NDArray[np.float64], elsewhere: NDArray[np.float64]) -> float:
    """The one-sided 95 % limit of the prediction-powered mean, its weight chosen to make the variance smallest."""
    n, m = len(said), len(elsewhere)
    spread = float(np.var(np.concatenate([said, elsewhere])))
    weight = float(np.cov(seen, said)[0, 1]) / (spread * (1 + n / m)) if spread else 0.0
    mean = seen.mean() + weight * (elsewhere.mean() - said.mean())
    variance = np.var(seen - weight * said, ddof=1) / n + weight**2 * np.var(elsewhere, ddof=1) / m
    return float(mean - NormalDist().inv_cdf(0.95) * np.sqrt(variance))


def _explained(world: World, champion: str, challenger: str) -> float:
    """The share of the differences' variance that the probabilities explain."""
    rows = np.arange(min(20_000, len(world.truth)))
    return float(
        np.corrcoef(_differences(world, champion, challenger)[rows], _expected(world, champion, challenger, rows))[0, 1]
        ** 2
    )
