"""A share of runs with its interval, so that no table shows a rate without saying how well it is known."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """``hits`` of ``runs``."""

    hits: int
    runs: int

    @property
    def share(self) -> float:
        return self.hits / self.runs if self.runs else float("nan")

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Clopper and Pearson (1934): exact, two-sided; (0, 1) where nothing was run."""
        from scipy.stats import beta

        half = (1.0 - level) / 2.0
        low = float(beta.ppf(half, self.hits, self.runs - self.hits + 1)) if self.hits else 0.0
        high = float(beta.ppf(1.0 - half, self.hits + 1, self.runs - self.hits)) if self.hits < self.runs else 1.0
        return low, high

    def __str__(self) -> str:
        low, high = self.interval()
        return f"{100 * self.share:.1f} % ({self.hits:,} of {self.runs:,}; {100 * low:.1f} to {100 * high:.1f})"
