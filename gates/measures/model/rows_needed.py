"""How many rows a comparison would need, so that "inconclusive" is an answer that somebody can act on.

Formula: n = (z_alpha + z_beta)^2 s^2 / M^2, the usual one for a paired non-inferiority test, with power 80 %; for
accuracy s^2 is the share of rows where exactly one model is right.
"""

from __future__ import annotations

import math
from statistics import NormalDist

POWER = 0.80
_MOST = 10**12


def to_approve_an_equal(
    spread: float, margin: float, *, level: float, unit: float = 1.0, together: float = 1.0
) -> int | None:
    """Return the rows at which an equal model would be approved with 80 % power; None where no number of rows would do (margin 0).

    ``spread``: standard deviation of one row's difference (standard error times root n). ``unit``: the size of the
    metric's unit; with no disagreement at all it still takes z^2 (unit - M)/M rows to rule out one that has not been
    seen. ``together``: rows that come as one, where groups are resampled.
    """
    if margin <= 0:
        return None
    z = NormalDist().inv_cdf(level)
    return _rows(spread, margin, z, unit, together)


def to_settle(
    difference: float, spread: float, margin: float, n: int, *, level: float, unit: float = 0.0, together: float = 1.0
) -> int | None:
    """Return the rows at which the difference seen, were it the true one, would be settled; None where no number would do."""
    gaps = (
        (difference + margin, NormalDist().inv_cdf(level)),
        (-difference, NormalDist().inv_cdf(1 - (1 - level) / 2)),
    )
    wanted = [_rows(spread, gap, z, unit, together) for gap, z in gaps if gap > 0]
    possible = [rows for rows in wanted if rows is not None]
    return max(min(possible), n + 1) if possible else None


def _rows(spread: float, gap: float, z: float, unit: float, together: float) -> int | None:
    unseen = together * z * z * max(unit - gap, 0.0) / gap
    rows = max(((z + NormalDist().inv_cdf(POWER)) * spread / gap) ** 2, unseen, 2.0)
    return math.ceil(rows) if rows < _MOST else None
