"""How many rows it takes to see a shift, so that "no drift" from a handful of rows is never an all-clear."""

from __future__ import annotations

import math
from statistics import NormalDist

# The permutation test looks at many statistics; a shift of one column moves about this many times fewer of them than it weighs
# against the rest, which costs a factor on alpha. Calibrated in tests/measures/drift/test_drift_power.py.
STATISTICS = 10.0


def needed_rows(
    n_reference: int, n_current: int, columns: int, *, alpha: float, shift: float, power: float = 0.80
) -> int:
    """Return the rows that the smaller side needs, given the larger one, to see one column shifted by ``shift`` standard
    deviations.

    Normal two-sample formula (Cohen 1988, ch. 2) h = ((z(1 - alpha / 2c) + z(power)) / shift)^2 with h = n m / (n + m) and
    c = columns times `STATISTICS`. Where no number of rows on the smaller side would do, both sides need 2 h.
    """
    tests = max(1, columns) * STATISTICS
    normal = NormalDist()
    h = ((normal.inv_cdf(1.0 - alpha / (2.0 * tests)) + normal.inv_cdf(power)) / shift) ** 2
    larger = max(n_reference, n_current)
    if larger <= h:
        return math.ceil(2.0 * h)
    return math.ceil(min(h * larger / (larger - h), 2.0 * h))
