"""The limits of a paired difference: per class after Tango, from influences with a guard for the tail, or from resamples.

The rule it protects: a limit has to hold on the rows that people have. A class of ten rows, a price, a confident mistake: what a
resample of the rows at hand cannot show must still be paid for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gates.measures.model import bootstrap, mcnemar
from gates.measures.model.paired_scores import Contest
from gates.measures.model.predictions import Codes, NotComparable

Floats: TypeAlias = NDArray[np.float64]

# Rows like the worst that are charged besides the worst one, at a share of 1 of the sum of squares. Where one row carries a quarter
# of it, three in all: as many as may exist unseen (3/n of the rows). The figure is measured: `make verdicts`, table coverage.
_MORE_LIKE_THE_WORST = 8.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold a lower and an upper limit, the standard deviation of one row's (or group's) difference, and the method in words.

    ``charged``: the influence of the rows (or groups) like the worst that the limits charge besides; over n, it is what they cost.
    """

    lower: float
    upper: float
    spread: float
    method: str
    charged: float = 0.0


def find_limits(met: Contest, clusters: Codes | None, *, weighted: bool, level: float, seed: int, draws: int) -> Limits:
    """Return the one-sided lower limit at ``level`` and the upper one at 1 - (1 - ``level``)/2 of what was compared.

    ``clusters`` (n,) are the groups of the rows in the order of ``met``. Raises `NotComparable` where most resamples leave the
    metric undefined.
    """
    plain = clusters is None and not weighted
    if met.metric.name == "accuracy" and plain:
        return _by_tango(met, level)
    if met.by_label and plain:
        return _by_class(met, level)
    about = f"{'' if clusters is None else f' of {_count(met, clusters):,} groups'}{', weighted' if weighted else ''}"
    if met.influence is not None:
        return _by_influence(met, met.influence, clusters, level, f"influence of each row, tail guarded{about}")
    return _by_resampling(met, clusters, level, seed, draws, f"paired bootstrap{about}")


def _by_tango(met: Contest, level: float) -> Limits:
    lower, upper = _levels(level)
    return Limits(
        mcnemar.bound_difference(met.wins, met.losses, met.n, z=_z(lower)),
        -mcnemar.bound_difference(met.losses, met.wins, met.n, z=_z(upper)),
        math.sqrt((met.wins + met.losses + 1) / (met.n + 2)),
        "Tango's paired interval",
    )


def _by_class(met: Contest, level: float) -> Limits:
    """Tango's limits of each class's recall, combined: the squares of their distances from the estimate are added (MOVER).

    Zou and Donner, "Construction of confidence limits about effect measures: a general approach", Statistics in Medicine 27 (2008).
    """
    lower, upper = _levels(level)
    below = above = variance = 0.0
    for rows, wins, losses in met.by_label:
        mean = (wins - losses) / rows
        below += (mean - mcnemar.bound_difference(wins, losses, rows, z=_z(lower))) ** 2
        above += (-mcnemar.bound_difference(losses, wins, rows, z=_z(upper)) - mean) ** 2
        variance += (wins + losses + 1) / (rows + 2) / rows
    k = len(met.by_label)
    return Limits(
        met.difference - math.sqrt(below) / k,
        met.difference + math.sqrt(above) / k,
        math.sqrt(met.n * variance) / k,
        "Tango's paired intervals of the classes, combined",
    )


def _by_influence(met: Contest, influence: Floats, clusters: Codes | None, level: float, method: str) -> Limits:
    """Student's t from the influences, less as many more rows (or groups) like the one that moves most as q asks for.

    With q its share of the sum of squares, 1 + 8 q of them are charged, on either side: the sample shows how far a row can reach,
    not how often. Groups: the sums of their rows' influences, with G / (G - 1): Cameron and Miller, "A practitioner's guide to
    cluster-robust inference", Journal of Human Resources 50 (2015).
    """
    from scipy.special import stdtrit

    units = _count(met, clusters)
    moved = influence if clusters is None else np.bincount(clusters, weights=influence) * units / met.n
    squares = float((moved**2).sum())
    farthest = float(np.abs(moved).max())
    share = farthest**2 / squares if squares > 0 else 0.0
    guard = (1 + _MORE_LIKE_THE_WORST * share) * farthest / units
    deviation = math.sqrt(squares / (units - 1) / units)
    below, above = (float(stdtrit(units - 1, 1 - alpha)) * deviation + guard for alpha in _levels(level))
    unseen = _unseen(met, clusters, level)
    return Limits(
        met.difference - max(below, unseen[0]),
        met.difference + max(above, unseen[1]),
        deviation * math.sqrt(units),
        method,
        guard * units,
    )


def _by_resampling(met: Contest, clusters: Codes | None, level: float, seed: int, draws: int, method: str) -> Limits:
    """The more cautious of the percentile and the normal limit of resampled rows or groups, and of what no resample can hold."""
    shares = _levels(level)
    units = _count(met, clusters)
    about = {"seed": seed, "draws": draws}
    if clusters is None:
        spread = bootstrap.resample(met.differences, met.units, met.cells, **about)
    else:
        spread = bootstrap.resample_groups(met.differences, met.units, clusters, met.cells, **about)
    if spread.undefined > len(spread.values):
        raise NotComparable(
            f"{met.metric.name} is undefined in most resamples of these {met.n:,} rows: too few rows of some class"
        )
    quantiles, deviation = [_z(share) for share in shares], spread.deviation
    if clusters is not None:
        from scipy.special import stdtrit

        # Few clusters have wide tails and a spread that is too small: Student's t with G - 1 degrees, and G / (G - 1).
        quantiles = [float(stdtrit(units - 1, 1 - share)) for share in shares]
        deviation = deviation * math.sqrt(units / (units - 1))
    unseen = _unseen(met, clusters, level)
    # Of the percentile and the normal limit the more cautious one: measured on small classes, each alone misses more
    # often than it says.
    normal = [quantile * deviation for quantile in quantiles]
    lower = min(spread.quantile(shares[0]), met.difference - max(normal[0], unseen[0]))
    upper = max(spread.quantile(1 - shares[1]), met.difference + max(normal[1], unseen[1]))
    return Limits(lower, upper, deviation * math.sqrt(units), method)


def _unseen(met: Contest, clusters: Codes | None, level: float) -> list[float]:
    """What disagreement that was never seen may still cost: z^2/(n + z^2) of the rows, the score limit of a share of 0.

    Of a mean over K classes of labels, 1/K of that share of the rows of the rarest one.
    """
    units, unit = _count(met, clusters), met.unit
    effective = met.effective if clusters is None else min(float(units), met.effective)
    if met.metric.needs == "labels" and met.fewest is not None:
        effective = min(effective, float(met.fewest[0]))
        unit = unit / met.fewest[1]
    return [unit * _z(alpha) ** 2 / (effective + _z(alpha) ** 2) for alpha in _levels(level)]


def _count(met: Contest, clusters: Codes | None) -> int:
    return met.n if clusters is None else int(clusters.max()) + 1


def _levels(level: float) -> tuple[float, float]:
    return 1 - level, (1 - level) / 2


def _z(alpha: float) -> float:
    return NormalDist().inv_cdf(1 - alpha)
