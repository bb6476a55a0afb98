"""What repetition does to a rule of promotion: half a year of retrainings, and fifty tries on one holdout.

Models are made of one number, their true accuracy: a row is answered right where a mixture of the row's difficulty, shared by
all models, and of the model's own luck with it lies below the model's quantile. The mixture is chosen so that of two models of
accuracy 0.80 exactly one is right on about 12 % of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
from gates.measures.model.comparison import compare

ROWS = (330, 1_000, 5_000)
WEEKS, TRIES = 26, 50
START, MARGIN = 0.80, 0.02
SHARED = 0.85  # correlation of two models' scores of a row


RULES = {
    "the champion alone": None,
    "**ours: champion and anchor, one margin**": MARGIN,
    "ours: half the margin for the anchor": MARGIN / 2,
}


def tell(options: Options) -> Iterator[str]:
    years = options.choose(5, 20)
    histories = {
        (rule, loss, n): [decay(n, loss=loss, anchor_margin=margin, seed=seed) for seed in range(years)]
        for rule, margin in RULES.items()
        for loss in (0.01, 0.0)
        for n in ROWS
    }
    yield "## Half a year of weekly retrainings"
    yield ""
    yield (
        f"{years} histories of {WEEKS} weeks: n new rows a week, margin {MARGIN}, a first champion of accuracy {START}. Left: "
        "every challenger is truly one point worse than the champion of its week; points lost in the end, mean (worst). "
        "Right: every challenger is equal; promotions in the half year."
    )
    yield ""
    head = [f"{what}, n = {n:,}" for what in ("lost", "equal promoted") for n in ROWS]
    yield from table(
        ["compared with", *head],
        [
            [
                rule,
                *(_lost([lost for lost, _ in histories[rule, 0.01, n]]) for n in ROWS),
                *(f"{np.mean([promoted for _, promoted in histories[rule, 0.0, n]]):.1f}" for n in ROWS),
            ]
            for rule in RULES
        ],
    )
    yield ""
    yield from _tell_ratchet(years)


def _tell_ratchet(years: int) -> Iterator[str]:
    yield f"## {TRIES} equal retrainings judged on one holdout"
    yield ""
    yield (
        f"How far the champion's score exceeds its true accuracy {START} after {TRIES} tries, in points, mean of {years} "
        "histories. This is why nothing is compared with a stored score, why the uses of a holdout are counted, and why a policy "
        "may cap them."
    )
    yield ""
    rules = {
        "stored score: the best so far": "stored",
        "**ours, on the holdout that was used each time**": "same rows",
        "**ours, on rows that were never used**": "new rows",
    }
    inflated = {n: [inflate(n, seed=seed) for seed in range(years)] for n in ROWS}
    yield from table(
        ["score", *(f"n = {n:,}" for n in ROWS)],
        [
            [rule, *(f"{100 * float(np.mean([one[key] for one in inflated[n]])):+.2f}" for n in ROWS)]
            for rule, key in rules.items()
        ],
    )
    yield ""


@dataclass(frozen=True, slots=True)
class Models:
    """Answers of models that are made of their true accuracy, on ``n`` rows."""

    difficulty: NDArray[np.float64]
    rng: np.random.Generator

    @classmethod
    def on(cls, n: int, rng: np.random.Generator) -> Models:
        return cls(rng.standard_normal(n), rng)

    def right(self, accuracy: float) -> NDArray[np.intp]:
        """(n,) 1 where a fresh model of this accuracy is right."""
        own = self.rng.standard_normal(len(self.difficulty))
        score = np.sqrt(SHARED) * self.difficulty + np.sqrt(1 - SHARED) * own
        return np.asarray(score < NormalDist().inv_cdf(accuracy), dtype=np.intp)


def passes(champion: NDArray[np.intp], challenger: NDArray[np.intp], margin: float = MARGIN) -> tuple[bool, bool]:
    """(no worse or better, better) by our rule; row i of both is 1 where right."""
    y = np.ones_like(champion)
    y[0], champion, challenger = 2, champion.copy(), challenger.copy()  # two classes, as any task has
    champion[0], challenger[0] = (2 if champion[0] else 0), (2 if challenger[0] else 0)
    decision = compare(y, champion, challenger, metric="accuracy", margin=margin).decision
    return decision in ("better", "no_worse"), decision == "better"


def decay(n: int, *, loss: float, anchor_margin: float | None, seed: int) -> tuple[float, int]:
    """The accuracy lost in the end, and the number of promotions. The anchor moves as in `gates.history.anchor`: by proof alone."""
    rng = np.random.default_rng([seed, n, 26])
    champion = anchor = START
    same, promoted = True, 0  # whether the champion is the anchor itself
    for _ in range(WEEKS):
        rows = Models.on(n, rng)
        new, old = rows.right(champion - loss), rows.right(champion)
        kept = old if same else rows.right(anchor)
        passed, proved = passes(old, new)
        if not same and anchor_margin is not None:
            held, proved = passes(kept, new, anchor_margin)
            passed = passed and held
        if passed:
            champion, promoted, same = champion - loss, promoted + 1, proved
            anchor = champion if proved else anchor
    return START - champion, promoted


def inflate(n: int, *, seed: int) -> dict[str, float]:
    """What the champion's score says above its true accuracy after many tries on one holdout."""
    rng = np.random.default_rng([seed, n, 50])
    rows = Models.on(n, rng)
    champion = rows.right(START)
    stored = float(champion.mean())
    for _ in range(TRIES):
        challenger = rows.right(START)
        stored = max(stored, float(challenger.mean()))
        if passes(champion, challenger)[0]:
            champion = challenger
    fresh = Models.on(n, rng).right(START)
    return {
        "stored": stored - START,
        "same rows": float(champion.mean()) - START,
        "new rows": float(fresh.mean()) - START,
    }


def _lost(points: list[float]) -> str:
    return f"{100 * float(np.mean(points)):.1f} ({100 * max(points):.0f})"
