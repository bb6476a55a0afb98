"""Write a single value of a table for people."""

from __future__ import annotations


def show(value: object) -> str:
    """Return `repr` of the value as Python's own: numpy from version 2 on writes its numbers as ``np.int64(1)``."""
    own = getattr(value, "item", None)
    try:
        return repr(value if own is None else own())
    except (TypeError, ValueError):  # something else that is called item
        return repr(value)
