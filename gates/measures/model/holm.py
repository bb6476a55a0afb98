"""Keep the error of a family of tests at its level: many slices must not make an equal model fail by chance."""

from __future__ import annotations

from collections.abc import Sequence


def adjust(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return Holm's adjusted p-values, in the given order: each may be held to the level of the whole family. Holm (1979).

    Raises `ValueError` for a p-value outside 0..1, NaN included.
    """
    for p in p_values:
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"{p!r} is no p-value; wanted a number in 0..1")
    adjusted = [0.0] * len(p_values)
    reached = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        reached = max(reached, min(1.0, p_values[index] * (len(p_values) - rank)))
        adjusted[index] = reached
    return tuple(adjusted)
