"""One measurement, ready to be recorded as evidence."""

from __future__ import annotations

from dataclasses import dataclass

VIOLATIONS = "violations"
P_VALUE = "p_value"


@dataclass(frozen=True, slots=True)
class Measurement:
    """Hold a number with its id, the ``n`` rows behind it, and what it is: a measurement, a count of violations or a p-value.

    ``needed_n`` is set where the rows were too few for a clear answer: how many it takes.
    """

    id: str
    value: float
    n: int
    detail: str = ""
    needed_n: int | None = None
    kind: str = "measurement"


def count_violations(count: int, n: int, detail: str = "", id: str = VIOLATIONS) -> Measurement:
    """Return a count of violations among ``n`` cases."""
    return Measurement(id, count, n, detail, kind=VIOLATIONS)
