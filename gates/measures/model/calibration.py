"""Does the model mean what it says? The gap between stated confidence and the share that is right.

The rule it protects: a binned calibration error is above zero for a perfect model too, the more so the fewer the rows;
what a calibrated model would show by chance is subtracted, so that few rows neither damn nor excuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gates.measures.model.predictions import NotComparable, probabilities
from gates.measures.model.subjects import Model, Rows

Floats: TypeAlias = NDArray[np.float64]
BINS = 10
_DRAWS = 400
_CELLS = 2_000_000  # numbers that are drawn at once: a million rows must not take gigabytes


@dataclass(frozen=True, slots=True)
class Calibration:
    """Hold a calibration: ``error`` is the expected calibration error of the likeliest class less ``chance``; ``raw`` is before
    that.

    ``lower`` and ``upper``: bootstrap limits of ``error``, one-sided at 95 % each. ``worst``: the bin with the largest
    share of the error.
    """

    error: float
    raw: float
    chance: float
    lower: float
    upper: float
    n: int
    worst: str

    def describe(self) -> str:
        """Return the error, the part of it that is chance, and the interval, in words."""
        return (
            f"stated confidence misses the share that is right by {self.raw:.3f} on average, {self.chance:.3f} of it chance; "
            f"interval {self.lower:.3f} to {self.upper:.3f}; {self.worst}"
        )


def calibrate(model: Model, rows: Rows, *, seed: int = 0) -> Calibration:
    """Measure the calibration of the likeliest class. Raises `NotComparable` where probabilities are absent or unusable."""
    shares = model.predict_proba(rows.X)
    if shares is None or model.classes is None:
        raise NotComparable("the model gives no probabilities; calibration needs them")
    stated = probabilities(shares, "the model's probabilities")
    named = np.empty(len(model.classes), dtype=object)
    named[:] = model.classes
    right = np.asarray(named[stated.argmax(axis=1)] == np.asarray(rows.y, dtype=object), dtype=np.float64)
    return measure(stated.max(axis=1), right, seed=seed)


def measure(confidence: Floats, right: Floats, *, seed: int = 0) -> Calibration:
    """Measure the calibration of stated ``confidence`` (n,) in 0..1 against ``right`` (n,) 0 or 1.

    Bins hold equal numbers of rows; equal confidences share a bin.

    Chance by consistency resampling: Broecker & Smith, Weather and Forecasting 22 (2007).
    """
    n = len(confidence)
    if n == 0:
        raise NotComparable("there are no rows; calibration needs some")
    edges = np.unique(np.quantile(confidence, np.linspace(0, 1, BINS + 1)[1:-1]))
    bins = np.asarray(np.searchsorted(edges, confidence, side="left"))
    members = (bins[:, None] == np.arange(len(edges) + 1)).astype(np.float64)
    right = right.astype(np.float64)
    raw = float(_error(members, (confidence - right)[None, :])[0])
    rng = np.random.default_rng(seed)
    shares = np.full(n, 1 / n)
    by_chance = [_error(members, confidence - (rng.random((draws, n)) < confidence)) for draws in _portions(n)]
    resampled = [
        _error(members, rng.multinomial(n, shares, size=draws) * (confidence - right)) for draws in _portions(n)
    ]
    chance, spread = float(np.concatenate(by_chance).mean()), float(np.concatenate(resampled).std(ddof=1))
    error = max(0.0, raw - chance)
    gaps = np.abs(members.T @ (confidence - right))
    at = int(gaps.argmax())
    inside = bins == at
    says, are = confidence[inside].mean(), right[inside].mean()
    worst = f"worst where it says {says:.2f} and {are:.2f} are right (n = {int(inside.sum()):,})"
    return Calibration(error, raw, chance, max(0.0, error - 1.645 * spread), error + 1.645 * spread, n, worst)


def _portions(n: int) -> list[int]:
    """`_DRAWS` in portions of at most `_CELLS` numbers; the draws are the same however they are portioned."""
    most = max(1, _CELLS // n)
    return [min(most, _DRAWS - start) for start in range(0, _DRAWS, most)]


def _error(members: Floats, gaps: Floats) -> Floats:
    """The mean over rows of the absolute gap of their bin, for each row of ``gaps`` (draws, n)."""
    return np.asarray(np.abs(gaps @ members).sum(axis=1) / gaps.shape[1])
