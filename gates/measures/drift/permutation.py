"""One p-value for many statistics, exact whatever their number and dependence.

Westfall and Young's min-p (1993): each statistic becomes a tail score by its own permutation moments, the largest score of the
true labelling is ranked among the largest scores of random labellings; p = (1 + #) / (B + 1) is never zero (Phipson and Smyth
2010). The rule it protects: the true labelling is treated exactly like every other one, so that without drift each rank is
equally likely.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gates.measures.drift.arrays import Flags, Floats, Singles

Measure = Callable[
    [Singles], Mapping[str, Floats]
]  # labellings (b, N) of 0 and 1 -> statistics (b,), large means different

Draw = Callable[[int, np.random.Generator], Singles]  # how many -> random labellings (count, N)

LOOK = 99  # random labellings after which a clearly unremarkable truth ends the test
UNREMARKABLE = 0.10
MOST = 9_999  # labellings that are ever drawn: at a smaller alpha than they can reach, the other parts must alarm
CHUNK = 500  # labellings that are measured at once; bounds the memory
TIE = 1e-6  # scores that differ by less are equal: rounding must not decide


@dataclass(frozen=True, slots=True)
class Ranked:
    """Hold the rank of the truth as a p-value, the number of random labellings, and each statistic's own p-value, smallest
    first.

    ``adjusted`` are the statistics' p-values in the same order, each held to the largest score of every labelling: adjusted for
    their number and dependence (Westfall and Young's single step).
    """

    p_value: float
    permutations: int
    statistics: tuple[tuple[str, float], ...]
    adjusted: tuple[float, ...] = ()


def count_permutations(alpha: float, *, rank: int = 4) -> int:
    """Return the fewest random labellings with which the ``rank``-th largest score is still significant at ``alpha``; at most
    `MOST`.
    """
    return min(max(LOOK, int(rank / alpha)), MOST)


def rank_truth(
    is_current: Flags,
    measures: Sequence[Measure],
    *,
    permutations: int,
    rng: np.random.Generator,
    draw: Draw | None = None,
) -> Ranked:
    """Rank the largest tail score of ``is_current`` (N,) among those of ``permutations`` random labellings.

    These come from ``draw``: by default every row may change sides, and the sides keep their sizes.

    Stops after `LOOK` labellings where the p-value is then above `UNREMARKABLE`. That keeps the level exact: an alarm needs
    the p-value of all labellings, and a p-value above `UNREMARKABLE` is one of a complete, smaller test.
    """
    first = min(LOOK, permutations)
    draw = draw or (lambda count, rng: rng.permuted(np.tile(is_current.astype(np.float32), (count, 1)), axis=1))
    truth = is_current.astype(np.float32)[None]
    scores = _score(np.concatenate([truth, draw(first, rng)]), measures)
    ranked = _rank(scores, first)
    if first == permutations or ranked.p_value > UNREMARKABLE:
        return ranked
    chunks = [scores]
    for start in range(first, permutations, CHUNK):
        chunks.append(_score(draw(min(CHUNK, permutations - start), rng), measures))
    return _rank({name: np.concatenate([chunk[name] for chunk in chunks]) for name in scores}, permutations)


def score_tails(statistics: Floats) -> Floats:
    """Return -log10 of each statistic's upper tail under a Pearson III fit with leave-one-out moments; (b, k) -> (b, k).

    The mean, standard deviation and skewness that a labelling is held to leave that labelling out, for the truth and for the
    random ones alike: a huge value cannot widen its own yardstick, and the test stays exact.
    """
    from scipy.stats import gamma

    values = (statistics - statistics.mean(axis=0)) / (statistics.std(axis=0) + 1e-12)
    others = len(values) - 1
    mean = (values.sum(axis=0) - values) / others
    variance = np.maximum(((values**2).sum(axis=0) - values**2) / others - mean**2, 1e-8)
    sd = np.sqrt(variance)
    third = ((values**3).sum(axis=0) - values**3) / others
    skew = np.clip((third - 3 * mean * (variance + mean**2) + 2 * mean**3) / sd**3, 0.02, 4.0)
    z = (values - mean) / sd
    shape = 4.0 / skew**2
    point = shape + z * np.sqrt(shape)
    tail = np.where(point > 0, gamma.logsf(np.maximum(point, 1e-9), shape), 0.0)
    tail = np.where(np.isfinite(tail), tail, -700.0 - np.minimum(z, 1e6) * 1e-3)
    return -tail / np.log(10.0)


def _score(labels: Singles, measures: Sequence[Measure]) -> dict[str, Floats]:
    return {
        name: np.asarray(values, dtype=np.float64) for measure in measures for name, values in measure(labels).items()
    }


def _rank(scores: Mapping[str, Floats], permutations: int) -> Ranked:
    tails = score_tails(np.column_stack(list(scores.values())))
    single = [(name, _share_as_high(tails[:, i])) for i, name in enumerate(scores)]
    order = sorted(range(len(single)), key=lambda i: (single[i][1], -tails[0, i]))
    largest = tails.max(axis=1)
    adjusted = tuple(_share_as_high(np.append(tails[0, i], largest[1:])) for i in order)
    return Ranked(_share_as_high(largest), permutations, tuple(single[i] for i in order), adjusted)


def _share_as_high(scores: Floats) -> float:
    return float((scores >= scores[0] - TIE * abs(scores[0]) - 1e-12).mean())
