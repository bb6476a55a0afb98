"""Estimate the onset: the night on which the worst columns began to differ, from their effects of all nights.

Least squares with one unknown change point (Hinkley 1970 for a step, Hinkley 1969 for a change of slope): before night k an
effect is at one level; from k on it is higher (a step) or grows by the same amount every night (a slope). The k and the shape
with the smallest weighted residuals over all given columns together win. The reference is the same on every night, and without
drift an effect is zero but for the reference's own sampling error: that enters the fit as one more observation of zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FEWEST = 8  # nights that it takes to estimate how certain the night is
_LIKELY = 3.84  # chi-square, one degree of freedom, 95 %
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Onset:
    """Hold the estimate: ``night`` is the index of the first night that differs, ``gradual`` whether the change is a slope.

    ``earliest`` and ``latest`` are the nights that fit nearly as well (95 %, approximate; None with fewer than 8 nights).
    ``size`` is how far the first series moved: at once, or each night where it is gradual.
    """

    night: int
    gradual: bool
    earliest: int | None
    latest: int | None
    size: float


@dataclass(frozen=True, slots=True)
class _Fit:
    residual: float
    slope: float


def estimate_onset(series: Sequence[Sequence[float]], rows: Sequence[int], anchor: float) -> Onset | None:
    """Return the onset of a change; None with fewer than two nights or without a series.

    ``series`` are (c) effects by night (t), ``rows`` (t) the rows behind each night; ``anchor`` is the number of rows of the
    reference where an effect without drift is zero, else 0.
    """
    nights = len(rows)
    if not series or nights < 2:
        return None
    fits = [_fit_all(values, rows, anchor) for values in series]
    scales = [_scale(fit, nights) for fit in fits]
    totals = {
        key: sum(fit[key].residual / scale for fit, scale in zip(fits, scales, strict=True)) for key in fits[0]
    }  # a step before a slope, an early night before a late one: so the first of equals is the simplest
    best = min(totals, key=lambda key: (totals[key] + (_TINY if key[0] else 0.0), key))
    gradual, night = best
    likely = [k for (shape, k), total in totals.items() if shape == gradual and total <= totals[best] + _LIKELY]
    sure = nights >= FEWEST
    return Onset(night, gradual, min(likely) if sure else None, max(likely) if sure else None, fits[0][best].slope)


def _fit_all(values: Sequence[float], rows: Sequence[int], anchor: float) -> dict[tuple[bool, int], _Fit]:
    """Return the fit of each shape (gradual or not) and first night, by suffix sums: linear in the number of nights."""
    nights = len(rows)
    weight = anchor + sum(rows)
    sum_y = sum(w * y for w, y in zip(rows, values, strict=True))
    sum_yy = sum(w * y * y for w, y in zip(rows, values, strict=True))
    fits: dict[tuple[bool, int], _Fit] = {}
    a0 = a1 = a2 = b0 = b1 = 0.0
    for k in range(nights - 1, -1, -1):
        w, y = rows[k], values[k]
        a0, a1, a2, b0, b1 = a0 + w, a1 + w * k, a2 + w * k * k, b0 + w * y, b1 + w * k * y
        if k > 0 or anchor > 0:
            fits[False, k] = _fit(weight, a0, a0, sum_y, b0, sum_yy)
        if k < nights - 1:
            c = k - 1
            fits[True, k] = _fit(weight, a1 - c * a0, a2 - 2 * c * a1 + c * c * a0, sum_y, b1 - c * b0, sum_yy)
    return fits


def _fit(w: float, x: float, xx: float, y: float, xy: float, yy: float) -> _Fit:
    """Return the weighted least squares of y on 1 and x, from their sums."""
    spread = xx - x * x / w
    slope = (xy - x * y / w) / spread if spread > _TINY else 0.0
    return _Fit(max(0.0, yy - y * y / w - slope * (xy - x * y / w)), slope)


def _scale(fits: dict[tuple[bool, int], _Fit], nights: int) -> float:
    """Return the variance of this series' residuals in its best fit; 1 with too few nights to estimate it."""
    if nights < FEWEST:
        return 1.0
    return max(min(fit.residual for fit in fits.values()) / (nights - 3), _TINY)
