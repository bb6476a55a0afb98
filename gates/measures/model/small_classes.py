"""Which classes a mean over classes can speak of: one of a few rows would decide a comparison by chance.

The rule it protects: with two rows of a class, one row moves its recall by half; of two equal models every second looks worse. A
class with under `FEWEST_ROWS` rows is left out of the mean by name, unless its rows prove by themselves that the challenger loses
there, or fewer than two classes would remain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gates.measures.model.mcnemar import exact_p_value
from gates.plain import show

Codes: TypeAlias = NDArray[np.intp]

FEWEST_ROWS = 20


def leave_out(truth: Codes, champion: Codes, challenger: Codes, k: int, *, level: float) -> tuple[int, ...]:
    """Return the codes of the classes to leave out of a mean over ``k`` classes of labels; none where that would hide a loss.

    ``truth``, ``champion`` and ``challenger`` are (n,) codes. A loss is proved where the exact McNemar test on the rows of all
    small classes together has a p-value of at most 1 - ``level``.
    """
    counts = np.bincount(truth, minlength=k)
    small = counts < FEWEST_ROWS
    if int((~small).sum()) < 2:
        return ()
    rows = small[truth]
    was, now = (champion == truth)[rows], (challenger == truth)[rows]
    lost = exact_p_value(int((was & ~now).sum()), int((now & ~was).sum()))
    return () if lost <= 1 - level + 1e-12 else tuple(np.flatnonzero(small).tolist())


def describe(left_out: Sequence[tuple[object, int]]) -> str:
    """Return the sentence that names the classes that are left out and their rows; empty where there is none."""
    if not left_out:
        return ""
    shown = ", ".join(f"{show(label)} ({count:,})" for label, count in left_out[:5])
    more = f" and {len(left_out) - 5:,} more" if len(left_out) > 5 else ""
    return f"left out of the mean, under {FEWEST_ROWS} rows: {shown}{more}"
