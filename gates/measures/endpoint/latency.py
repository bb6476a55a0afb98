"""How slow is slow: percentiles with binomial limits, and what a count of errors says about their rate.

A percentile of n requests is known only within limits, and the limits come from order statistics alone, whatever the times look
like: with n requests sorted by time, the k-th is an upper limit of the q-quantile at level L when P(Bin(n, q) <= k - 1) >= L
(Conover, "Practical Nonparametric Statistics", 3rd ed. (1999), section 3.2). Below ln(1 - L) / ln(q) requests there is none: p99
needs 299 of them at 95 %, and fifty can say nothing about it.

A percentile above its bound, on a machine where other processes kept the service from a core, proves nothing against the service.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gates.measures.endpoint.faults import EndpointFault

LEVEL = 0.95
_Z = 1.6449  # the normal quantile of LEVEL
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Quantile:
    """Hold a percentile of measured times, in the unit of the times: as observed, and its one-sided limits at 95 % each.

    ``upper`` is infinite where the requests were too few for one: such a percentile keeps no bound.
    """

    percentile: float
    observed: float
    lower: float
    upper: float
    times: tuple[float, ...]

    @property
    def n(self) -> int:
        """Return the number of times."""
        return len(self.times)

    @property
    def needed_n(self) -> int:
        """Return the number of requests from which this percentile has an upper limit at all."""
        return requests_needed(self.percentile)

    def undecided_n(self, limit: float | None) -> int | None:
        """Return how many requests would show on which side of ``limit`` the percentile lies; None where these already show
        that it is above.

        The share of slow requests is distinguished from 1 - q within n = z^2 q (1 - q) / (share - (1 - q))^2 requests.
        """
        if limit is None or self.lower > limit:
            return None
        q = self.percentile / 100
        apart = abs(sum(time > limit for time in self.times) / self.n - (1 - q))
        wanted = math.ceil(_Z**2 * q * (1 - q) / apart**2) if apart else _MOST
        return min(max(wanted, self.needed_n, self.n + 1), _MOST)

    @property
    def sentence(self) -> str:
        """Return the observed percentile and its limits in milliseconds, in words."""
        above = f"at most {self.upper:.2f}" if math.isfinite(self.upper) else f"unknown below {self.needed_n} requests"
        return f"observed {self.observed:.2f} ms; at 95 % at least {self.lower:.2f}, {above}"


def measure_quantile(percentile: float, times: Sequence[float]) -> Quantile:
    """Measure a percentile (above 0, below 100) of at least one time. Raises `EndpointFault` for what is none."""
    q = _share(percentile)
    if not times:
        raise EndpointFault(f"p{percentile} of no requests does not exist; wanted at least one")
    ordered, n = sorted(times), len(times)
    below = _cumulated(n, q)
    upper = next((ordered[at] for at in range(n) if below[at] >= LEVEL), math.inf)
    lower = next((ordered[at] for at in reversed(range(n)) if 1 - below[at] >= LEVEL), 0.0)
    return Quantile(percentile, ordered[min(n - 1, math.ceil(n * q) - 1)], lower, upper, tuple(ordered))


@dataclass(frozen=True, slots=True)
class Latency:
    """Hold a percentile of the times that requests took, and the same of what is left of them without the wait for a core.

    A time is never shorter than it was measured: what passes passes on the wall clock. The wait decides only whether a miss is
    the service's: ``waits`` are milliseconds beside each of ``times``, and ``source`` says whose they are.
    """

    measured: Quantile
    without_wait: Quantile
    times: tuple[float, ...]
    waits: tuple[float, ...]
    source: str

    @property
    def upper(self) -> float:
        """Return the upper limit at 95 % of the percentile as it was measured, in milliseconds."""
        return self.measured.upper

    def is_busy(self, limit: float | None) -> bool:
        """Return whether ``limit`` is missed, and without the wait for a core the percentile may be within it."""
        return limit is not None and self.without_wait.lower <= limit < self.upper and self._lifted(limit) > 0

    def counted(self, limit: float | None) -> int:
        """Return the number of requests that say something of ``limit``: on a busy machine, those that the wait did not lift
        above it, and at least 1.
        """
        return max(1, self.measured.n - (self._lifted(limit) if limit is not None and self.is_busy(limit) else 0))

    def undecided_n(self, limit: float | None) -> int | None:
        """Return how many requests would show on which side of ``limit`` the percentile lies; None where these already show
        that it is above, whoever else ran on this machine.
        """
        wanted = self.measured.undecided_n(limit)
        return wanted if wanted is not None or not self.is_busy(limit) else self.measured.n

    def describe(self, limit: float | None) -> str:
        """Return the percentile with its limits, the wait for a core, and whether the machine was too busy to tell, in words."""
        mean = sum(self.waits) / len(self.waits)
        wait = f"{self.source} {mean:.2f} ms a request" if any(self.waits) else self.source
        if limit is None or not self.is_busy(limit):
            return f"{self.measured.sentence}; {wait}"
        return (
            f"the machine was busy: {self._lifted(limit)} of {self.measured.n} requests took more than {limit:g} ms only with "
            f"the wait for a core, so run again when less runs beside it; {self.measured.sentence}; {wait}"
        )

    def _lifted(self, limit: float) -> int:
        return sum(time > limit >= time - wait for time, wait in zip(self.times, self.waits, strict=True))


def measure_latency(percentile: float, times: Sequence[float], waits: Sequence[float], source: str) -> Latency:
    """Measure a percentile of times in milliseconds, with the milliseconds of each that went by in a run queue.

    ``source`` says whose wait it is. Raises `EndpointFault` as `measure_quantile`.
    """
    left = [max(0.0, time - wait) for time, wait in zip(times, waits, strict=True)]
    return Latency(
        measure_quantile(percentile, times), measure_quantile(percentile, left), tuple(times), tuple(waits), source
    )


def requests_needed(percentile: float) -> int:
    """Return the fewest requests from which a percentile has an upper limit at 95 %. Raises `EndpointFault` for what is none."""
    return math.ceil(math.log(1 - LEVEL) / math.log(_share(percentile)))


def rate_limit(errors: int, n: int) -> float:
    """Return the upper limit at 95 % of an error rate of which ``errors`` in ``n`` were seen (Clopper and Pearson, 1934).

    Without an error this is 1 - 0.05^(1/n), the rule of three: about 3 / n.
    """
    if not 0 <= errors <= n or n < 1:
        raise ValueError(f"{errors} errors of {n} requests cannot be")
    if errors == n:
        return 1.0
    low, high = errors / n, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _cumulated(n, middle)[errors] > 1 - LEVEL else (low, middle)
    return high


def requests_needed_for_rate(limit: float | None, *, errors: int) -> int | None:
    """Return how many requests would prove a rate of ``limit`` or less if none of them failed; None once one did, or for no
    such limit.
    """
    if errors or limit is None or not 0 < limit < 1:
        return None
    return math.ceil(math.log(1 - LEVEL) / math.log1p(-limit))


def _share(percentile: object) -> float:
    if isinstance(percentile, bool) or not isinstance(percentile, int | float) or not 0 < percentile < 100:
        raise EndpointFault(
            f"[tool.gates.endpoint.settings] percentiles holds {ascii(percentile)[:60]}, wanted numbers between 0 and 100"
        )
    return percentile / 100


def _cumulated(n: int, q: float) -> list[float]:
    """P(Bin(n, q) <= k) for k = 0..n, through logarithms so that thousands of requests do not underflow."""
    if q >= 1:
        return [0.0] * n + [1.0]
    term, total, sums = n * math.log1p(-q), 0.0, []
    for k in range(n + 1):
        total += math.exp(term)
        sums.append(min(total, 1.0))
        term += math.log((n - k) / (k + 1)) + math.log(q) - math.log1p(-q) if k < n else 0.0
    return sums
