"""What a prediction costs: time per row in a batch, time of one row alone.

The rule it protects: a bound of milliseconds is about the model and not about what else the machine does. Beside every repetition
a small piece of work of our own is timed, by the clock on the wall and by the processor; where the first is much more than the
second, or where the prediction itself was interrupted for another process, the repetition does not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gates.measures.model.subjects import Model, Rows

QUIET = 1.25  # wall time of our own work in units of its processor time, up to which nobody else disturbed it
ROUNDS = 4  # how often the repetitions are begun again for want of quiet ones
_WORK = 4_000  # additions of the calibration, about 0.2 ms


@dataclass(frozen=True, slots=True)
class Clocks:
    """Hold what is read: seconds on the wall, seconds of the processor in this thread, how often the process was interrupted."""

    wall: Callable[[], float]
    processor: Callable[[], float]
    interruptions: Callable[[], int]

    def disturbance(self) -> float:
        """Return the wall time of a fixed piece of work in units of its processor time: 1 where nobody took the processor."""
        begun, used = self.wall(), self.processor()
        total = 0
        for number in range(_WORK):
            total += number
        used = self.processor() - used
        return (self.wall() - begun) / used if used > 0 and total else float("inf")


def _interruptions() -> int:
    """How often this process lost the processor to another one; 0 where the system does not count it."""
    try:
        import resource
    except ImportError:  # not a Unix
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


CLOCKS = Clocks(time.perf_counter, time.thread_time, _interruptions)


@dataclass(frozen=True, slots=True)
class Timing:
    """Hold a time in milliseconds: the median over ``n`` quiet repetitions, because the slowest one measures the machine and not
    the model.

    ``measured`` counts all repetitions. ``needed_n`` is the number of quiet ones that a clear answer takes, where there were
    fewer: the median is then over all of them and can only be too long.
    """

    median: float
    slowest: float
    n: int
    measured: int
    needed_n: int | None = None

    def describe(self) -> str:
        """Return the number of repetitions, how many were quiet and the slowest of them, in words."""
        quiet = f"median of {self.n} quiet repetitions of {self.measured}, slowest {self.slowest:.3g} ms"
        if self.needed_n is None:
            return quiet
        return (
            f"the machine was busy: {quiet}; wanted {self.needed_n} quiet ones, so run again when less runs beside it"
        )


def time_per_row(model: Model, rows: Rows, *, repetitions: int, clocks: Clocks | None = None) -> Timing:
    """Measure the milliseconds a row where the whole holdout is predicted at once; by this machine's `CLOCKS` if None are given."""
    return _time(model, rows, repetitions, len(rows), 0, len(rows), clocks or CLOCKS)


def time_single_row(model: Model, rows: Rows, *, repetitions: int, clocks: Clocks | None = None) -> Timing:
    """Measure the milliseconds where one row is predicted alone; by this machine's `CLOCKS` if None are given."""
    return _time(model, rows, repetitions, 1, 1, 1, clocks or CLOCKS)


def _time(model: Model, rows: Rows, repetitions: int, size: int, step: int, per: int, clocks: Clocks) -> Timing:
    model.predict(rows.X.iloc[:size])  # the first call pays for imports
    wanted = max(1, (repetitions + 1) // 2)
    taken: list[float] = []
    quiet: list[float] = []
    before = clocks.disturbance()
    for repetition in range(ROUNDS * repetitions):
        part = rows.X.iloc[(start := repetition * step % len(rows)) : start + size]
        interrupted, begun = clocks.interruptions(), clocks.wall()
        model.predict(part)
        taken.append((clocks.wall() - begun) * 1000 / per)
        interrupted = clocks.interruptions() - interrupted
        after = clocks.disturbance()
        if max(before, after) <= QUIET and not interrupted:
            quiet.append(taken[-1])
        before = after
        if len(taken) >= repetitions and len(quiet) >= wanted:
            break
    counted = quiet if len(quiet) >= wanted else taken
    return Timing(
        float(np.median(counted)),
        max(counted),
        max(1, len(quiet)),
        len(taken),
        None if len(quiet) >= wanted else wanted,
    )
