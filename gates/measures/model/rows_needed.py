"""How many rows a comparison would need, so that "inconclusive" is an answer that somebody can act on.

Formula: n = (z_alpha + z_beta)^2 s^2 / M^2, the usual one for a paired non-inferiority test, with power 80 %; for
accuracy s^2 is the share of rows where exactly one model is right.

A metric that averages over classes hangs on the rarest of them, however many rows there are: what it needs is counted in rows of
that class.
"""

from __future__ import annotations

import math
from statistics import NormalDist

POWER = 0.80
FEWEST_OF_A_CLASS = 10  # below, nobody can tell how often models differ within the class
_MOST = 10**12


def to_approve_an_equal(
    spread: float, margin: float, *, level: float, unit: float = 1.0, together: float = 1.0, charged: float = 0.0
) -> int | None:
    """Return the rows at which an equal model would be approved with 80 % power; None where no number of rows would do (margin 0).

    ``spread``: standard deviation of one row's difference (standard error times root n). ``unit``: the size of the
    metric's unit; with no disagreement at all it still takes z^2 (unit - M)/M rows to rule out one that has not been
    seen. ``together``: rows that come as one, where groups are resampled. ``charged``: the influence of the rows that a limit
    charges besides its deviation, so that the limit is short of the difference by ``charged``/n more.
    """
    if margin <= 0:
        return None
    z = NormalDist().inv_cdf(level)
    return _rows(spread, margin, z, unit, together, charged)


def to_settle(
    difference: float,
    spread: float,
    margin: float,
    n: int,
    *,
    level: float,
    unit: float = 0.0,
    together: float = 1.0,
    charged: float = 0.0,
) -> int | None:
    """Return the rows at which the difference seen, were it the true one, would be settled; None where no number would do."""
    gaps = (
        (difference + margin, NormalDist().inv_cdf(level)),
        (-difference, NormalDist().inv_cdf(1 - (1 - level) / 2)),
    )
    wanted = [_rows(spread, gap, z, unit, together, charged) for gap, z in gaps if gap > 0]
    possible = [rows for rows in wanted if rows is not None]
    return max(min(possible), n + 1) if possible else None


def of_the_rarest_class(margin: float, classes: int, *, level: float) -> float:
    """Return how many rows of its rarest class a metric needs that averages over ``classes`` of them.

    Enough that, with 80 % power, fewer than half of 1 - ``level`` of the resamples lack the class (Poisson), and that a
    disagreement which has not been seen there cannot cost more than ``margin``: z^2 (1/k - M)/M, as in `to_approve_an_equal`.
    """
    from scipy.special import pdtri

    present = math.ceil(-math.log((1 - level) / 2))
    mean = float(pdtri(present - 1, 1 - POWER))
    z = NormalDist().inv_cdf(level)
    unseen = z * z * max(1 / classes - margin, 0.0) / margin if margin > 0 else 0.0
    return max(mean, unseen)


def _rows(spread: float, gap: float, z: float, unit: float, together: float, charged: float) -> int | None:
    """The n at which (z + z_beta) s / sqrt(n) + charged / n is the gap, or what is unseen is."""
    unseen = together * z * z * max(unit - gap, 0.0) / gap
    wide = (z + NormalDist().inv_cdf(POWER)) * spread
    root = (wide + math.sqrt(wide**2 + 4 * gap * charged)) / (2 * gap)
    rows = max(root**2, unseen, 2.0)
    return math.ceil(rows) if rows < _MOST else None
