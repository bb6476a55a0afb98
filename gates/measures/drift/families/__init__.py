"""The battery: families of two-sample statistics, each alone in a module, each blind to what the others look for.

A family is one function ``prepare(pool) -> Measure``: it does once what does not depend on the labels and returns a function from
labellings (b, N) to named statistics (b,), large where the sides differ. To add one, write the module and name it here.
"""

from __future__ import annotations

from collections.abc import Callable

from gates.measures.drift.families import (
    categories,
    dependence,
    kernel,
    marginals,
    neighbours,
    residuals,
    row_scores,
    scale,
    whitened,
)
from gates.measures.drift.permutation import Measure
from gates.measures.drift.pool import Pool

Family = Callable[[Pool], Measure]

FAMILIES: dict[str, Family] = {
    "marginals": marginals.prepare,
    "scale": scale.prepare,
    "kernel": kernel.prepare,
    "neighbours": neighbours.prepare,
    "row scores": row_scores.prepare,
    "whitened": whitened.prepare,
    "residuals": residuals.prepare,
    "dependence": dependence.prepare,
    "categories": categories.prepare,
}
