"""Change what must not matter, and count the rows whose prediction changes all the same.

Each function gives a `Changed`: how many of how many rows, and the first of them by id. A number counts as changed when
it moves by more than ``tolerance`` standard deviations of the predictions; a label when it is another one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gates.measures.model.subjects import Array, Model, Rows

_SALT = 0x6E6F697365  # data made with a small seed must not get its own numbers back as noise


@dataclass(frozen=True, slots=True)
class Changed:
    """Count what changed: ``count`` of ``n`` rows; ``where`` says which, for people."""

    count: int
    n: int
    where: str

    @property
    def share(self) -> float:
        """Return the share of rows that changed, 0 to 1; NaN where there are no rows."""
        return self.count / self.n if self.n else float("nan")


def under_noise(model: Model, rows: Rows, *, size: float, seed: int = 0, tolerance: float = 0.01) -> Changed:
    """Add normal noise of ``size`` standard deviations to every column of fractional numbers."""
    X = rows.X.copy()
    rng = np.random.default_rng([seed, _SALT])
    for name in X.columns[[pd.api.types.is_float_dtype(dtype) for dtype in X.dtypes]]:
        X[name] = X[name] + rng.standard_normal(len(X)) * size * float(X[name].std() or 0.0)
    return compare_answers(model.predict(rows.X), model.predict(X), rows.ids, tolerance=tolerance)


def under_row_order(model: Model, rows: Rows, *, seed: int = 0) -> Changed:
    """Ask in another order."""
    order = np.random.default_rng([seed, _SALT]).permutation(len(rows))
    answers = np.empty_like(before := model.predict(rows.X))
    answers[order] = model.predict(rows.X.iloc[order])
    return compare_answers(before, answers, rows.ids)


def under_column_order(model: Model, rows: Rows) -> Changed:
    """Hand over the columns back to front, under their names."""
    return compare_answers(model.predict(rows.X), model.predict(rows.X[rows.X.columns[::-1]]), rows.ids)


def under_repetition(model: Model, rows: Rows) -> Changed:
    """Ask everything twice in one request; the second answers count."""
    doubled = model.predict(pd.concat([rows.X, rows.X], ignore_index=True))
    return compare_answers(model.predict(rows.X), doubled[len(rows) :], rows.ids)


def under_single_rows(model: Model, rows: Rows, *, most: int) -> Changed:
    """Ask for the first ``most`` rows one at a time."""
    positions = range(min(most, len(rows)))
    alone = np.concatenate([model.predict(rows.X.iloc[[at]]) for at in positions])
    return compare_answers(model.predict(rows.X)[: len(alone)], alone, rows.ids.iloc[: len(alone)])


def compare_answers(before: Array, after: Array, ids: pd.Series, *, tolerance: float = 1e-9) -> Changed:
    """Count the rows that are answered differently. Another length counts as a change of all, a number not finite as one."""
    if len(before) != len(after):
        return Changed(len(before), len(before), f"{len(after)} answers for {len(before)} rows")
    differs = _differs(before, after, tolerance)
    first = ", ".join(str(id) for id in np.asarray(ids)[differs][:5])
    return Changed(
        int(differs.sum()),
        len(before),
        f"{int(differs.sum()):,} of {len(before):,} rows change{': ' + first if first else ''}",
    )


def _differs(before: Array, after: Array, tolerance: float) -> NDArray[np.bool_]:
    if before.dtype.kind != "f":
        return np.asarray(before != after, dtype=np.bool_)
    old, new = before.astype(np.float64), after.astype(np.float64)
    finite = old[np.isfinite(old)]
    unit = (float(np.std(finite)) if finite.size else 0.0) or 1.0
    with np.errstate(invalid="ignore"):
        return np.asarray(~(np.abs(old - new) <= tolerance * unit), dtype=np.bool_)
