"""Compare two shares of right answers on the same rows: an exact test and a paired interval.

The rule it protects: only the rows where exactly one of two models is right carry news, and few of them prove little.
"""

from __future__ import annotations

import math
from collections.abc import Callable


def exact_p_value(wins: int, losses: int) -> float:
    """Return the one-sided p-value of the exact McNemar test: how often a fair coin gives ``wins`` or more of ``wins + losses``.

    Small means that the challenger is better. McNemar (1947), in the exact binomial form; 1.0 where the models never
    differ.
    """
    from scipy.special import bdtrc

    if wins + losses == 0 or wins == 0:
        return 1.0
    return float(bdtrc(wins - 1, wins + losses, 0.5))


def score_statistic(wins: int, losses: int, n: int, difference: float) -> float:
    """Return Tango's score statistic, standard normal where the challenger's share exceeds the champion's by ``difference``.

    The nuisance share is its maximum-likelihood estimate under the null: Tango, Statistics in Medicine 17 (1998),
    891-908. Unlike a Wald interval it stays honest where no or few rows differ: with none in n rows, the lower bound is
    -z^2/(n + z^2).
    """
    a = 2.0 * n
    b = -(wins + losses) + (2 * n - (wins - losses)) * difference
    c = -losses * difference * (1 - difference)
    share = (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    variance = n * (2 * share + difference * (1 - difference))
    surplus = wins - losses - n * difference
    if variance <= 1e-12:
        return 0.0 if abs(surplus) < 1e-12 else math.copysign(math.inf, surplus)
    return surplus / math.sqrt(variance)


def bound_difference(wins: int, losses: int, n: int, *, z: float) -> float:
    """Return the lower confidence limit of "challenger - champion" at ``z`` standard errors, by inverting Tango's score test.

    It exceeds zero only where the exact McNemar test rejects too, so interval and test never contradict each other.
    """
    limit = _bisect(lambda difference: score_statistic(wins, losses, n, difference) - z, -1.0, (wins - losses) / n)
    level = 0.5 * math.erfc(z / math.sqrt(2))
    return min(limit, 0.0) if exact_p_value(wins, losses) > level else limit


def _bisect(falling: Callable[[float], float], low: float, high: float) -> float:
    """The largest value at which a falling function is not yet below zero, to 1e-9 and on the cautious side."""
    while high - low > 1e-9:
        middle = (low + high) / 2
        if falling(middle) >= 0:
            low = middle
        else:
            high = middle
    return low
