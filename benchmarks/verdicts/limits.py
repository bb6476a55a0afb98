"""The limits of drift detection: unpleasant inputs, fifty thousand rows, and what an answer costs."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.verdicts import drift_costs, drift_hostile, drift_large
from benchmarks.verdicts.options import Options


def tell(options: Options) -> Iterator[str]:
    for part in (drift_costs, drift_large, drift_hostile):
        yield from part.tell(options)
        yield ""
