"""What a prediction costs: time per row in a batch, time of one row alone."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from gates.measures.model.subjects import Model, Rows


@dataclass(frozen=True, slots=True)
class Timing:
    """Hold a time in milliseconds: the median over ``n`` repetitions, because the slowest one measures the machine and not the
    model.
    """

    median: float
    slowest: float
    n: int

    def describe(self) -> str:
        """Return the number of repetitions and the slowest of them, in words."""
        return f"median of {self.n} repetitions, slowest {self.slowest:.3g} ms"


def time_per_row(model: Model, rows: Rows, *, repetitions: int) -> Timing:
    """Measure the milliseconds a row where the whole holdout is predicted at once."""
    return _time(model, rows, range(repetitions), len(rows), 0, len(rows))


def time_single_row(model: Model, rows: Rows, *, repetitions: int) -> Timing:
    """Measure the milliseconds where one row is predicted alone."""
    return _time(model, rows, range(repetitions), 1, 1, 1)


def _time(model: Model, rows: Rows, repetitions: range, size: int, step: int, per: int) -> Timing:
    model.predict(rows.X.iloc[:size])  # the first call pays for imports
    taken = []
    for repetition in repetitions:
        part = rows.X.iloc[(start := repetition * step % len(rows)) : start + size]
        begun = time.perf_counter()
        model.predict(part)
        taken.append((time.perf_counter() - begun) * 1000 / per)
    return Timing(float(np.median(taken)), max(taken), len(taken))
