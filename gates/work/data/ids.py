"""One text for one id, however it was stored, so that a row keeps its side when a file changes its format.

``"1"``, ``1`` and ``1.0`` are the same id: a CSV file stores the first, a Parquet file the second, and pandas turns
the second into the third as soon as one id is missing. ``"007"`` stays what it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

_MISSING = ("nan", "NaT", "<NA>")
_WHOLE = re.compile(r"(-?\d+)\.0+\Z")


def canonical(value: object) -> str | None:
    """Return the text of an id, or None where it is missing."""
    if isinstance(value, str):
        whole = _WHOLE.match(value)
        return whole[1] if whole else value or None
    if value is None or str(value) in _MISSING:
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    return str(value)


def canonicals(values: Iterable[object]) -> list[str | None]:
    """Return the text of each id, in order; see `canonical`."""
    return [canonical(value) for value in values]
