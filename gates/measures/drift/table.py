"""Put reference and current side by side, column by column, before anything is measured.

The rule it protects: nothing that a statistic cannot read may reach it unseen. A missing value becomes a fact of its own (how
often it is missing), an infinite one is counted and named, a column that is absent or has changed its kind is a difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gates.measures.drift.arrays import Codes, Flags, Floats
from gates.measures.drift.faults import DriftFault

if TYPE_CHECKING:
    import pandas as pd

MISSING = -1  # the code of a missing category
LEVELS = 50  # levels of a category that are compared one by one; the others together
NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")  # as pandas calls what a column of objects holds
RARE = 10  # a level with fewer rows on both sides together is compared with the other rare ones


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """Hold a column of numbers: ``reference`` (n,) and ``current`` (m,) hold NaN where a value is missing or infinite, finite
    numbers elsewhere.
    """

    name: str
    reference: Floats
    current: Floats


@dataclass(frozen=True, slots=True)
class CategoryColumn:
    """Hold a column of categories: ``reference`` (n,) and ``current`` (m,) hold indices into ``levels``, `MISSING` where the
    value is missing.
    """

    name: str
    reference: Codes
    current: Codes
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Infinite:
    """Count how many values of one column are infinite on either side."""

    column: str
    reference: int
    current: int

    @property
    def sentence(self) -> str:
        """Return the column and its infinite values on both sides, in words."""
        return f"column {self.column!r} holds {self.current:,} infinite values (reference {self.reference:,})"


@dataclass(frozen=True, slots=True)
class TwoSamples:
    """Hold both sides as comparable columns, and in sentences what could not be made comparable.

    ``unalike`` are differences by themselves (a column is missing, a kind has changed); ``skipped`` are columns that hold
    nothing to compare (no value on either side, dates, free text).
    """

    numbers: tuple[NumberColumn, ...]
    categories: tuple[CategoryColumn, ...]
    infinite: tuple[Infinite, ...]
    unalike: tuple[str, ...]
    skipped: tuple[str, ...]
    n_reference: int
    n_current: int

    @property
    def compared(self) -> int:
        """Return the number of columns that can be compared."""
        return len(self.numbers) + len(self.categories)

    @property
    def missing(self) -> tuple[tuple[str, Flags, Flags], ...]:
        """Return the columns that miss values somewhere: name, flags of the reference (n,), flags of current (m,)."""
        flags = [(one.name, np.isnan(one.reference), np.isnan(one.current)) for one in self.numbers]
        flags += [(one.name, one.reference == MISSING, one.current == MISSING) for one in self.categories]
        return tuple((name, before, now) for name, before, now in flags if before.any() or now.any())


def tabulate(reference: pd.DataFrame, current: pd.DataFrame, *, categorical: Iterable[str] = ()) -> TwoSamples:
    """Compare by column name; ``categorical`` names number columns that are names of classes. Raises `DriftFault` for no tables."""
    before, now = _columns(reference, "the reference"), _columns(current, "current")
    classes = set(categorical)
    numbers: list[NumberColumn] = []
    categories: list[CategoryColumn] = []
    infinite: list[Infinite] = []
    unalike = [f"column {name!r} is missing from current" for name in before if name not in now]
    unalike += [f"column {name!r} is not in the reference" for name in now if name not in before]
    skipped: list[str] = []
    for name in (name for name in before if name in now):
        kinds = {_kind(side[name], name in classes) for side in (before, now)} - {"empty"}
        if len(kinds) > 1:
            was, now_holds = (_kind(side[name], name in classes) for side in (before, now))
            unalike.append(f"column {name!r} holds {now_holds} where the reference holds {was}")
        elif not kinds:
            skipped.append(f"column {name!r} has no value on either side")
        elif kinds <= {"dates", "complex numbers"}:
            skipped.append(f"column {name!r} holds {next(iter(kinds))}")
        elif kinds == {"numbers"}:
            column, unfit = _as_numbers(name, before[name], now[name])
            infinite += [unfit] if unfit.reference or unfit.current else []
            numbers.append(column)
        else:
            stray = Infinite(name, *(_count_infinite(side[name]) for side in (before, now)))
            infinite += [stray] if stray.reference or stray.current else []
            category = _as_categories(name, before[name], now[name])
            if category is None:
                skipped.append(f"column {name!r} is free text: no value comes up {RARE} times")
            else:
                categories.append(category)
    return TwoSamples(
        tuple(numbers), tuple(categories), tuple(infinite), tuple(unalike), tuple(skipped), len(reference), len(current)
    )


def _columns(frame: pd.DataFrame, side: str) -> Mapping[str, pd.Series]:
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise DriftFault(
            f"{side} is a {type(frame).__name__}, wanted a pandas DataFrame: give the rows as a table with column names"
        )
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise DriftFault(f"{side} has more than one column named {twice[0]!r}: rename or drop one")
    return {name: _loosen(frame.iloc[:, i]) for i, name in enumerate(names)}


def _loosen(values: pd.Series) -> pd.Series:
    """Numbers that are kept as objects are numbers all the same; anything else stays what it is."""
    import pandas as pd

    if values.dtype != object or pd.api.types.infer_dtype(values, skipna=True) not in NUMBERS:
        return values
    try:
        return pd.to_numeric(values)
    except (TypeError, ValueError, OverflowError):
        return values


def _count_infinite(values: pd.Series) -> int:
    """Infinite numbers among words or other objects."""
    if values.dtype != object:
        return 0
    return sum(isinstance(value, float) and math.isinf(value) for value in values.tolist())


def _kind(values: pd.Series, is_class: bool) -> str:
    import pandas as pd

    if values.isna().all():
        return "empty"
    if is_class or isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(values.dtype):
        return "categories"
    if pd.api.types.is_complex_dtype(values.dtype):
        return "complex numbers"
    if pd.api.types.is_numeric_dtype(values.dtype):
        return "numbers"
    return "dates" if pd.api.types.is_datetime64_any_dtype(values.dtype) else "categories"


def _as_numbers(name: str, reference: pd.Series, current: pd.Series) -> tuple[NumberColumn, Infinite]:
    sides = [
        np.asarray(side.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64).copy()
        for side in (reference, current)
    ]
    counts = [int(np.isinf(side).sum()) for side in sides]
    for side in sides:
        side[np.isinf(side)] = np.nan
    return NumberColumn(name, sides[0], sides[1]), Infinite(name, counts[0], counts[1])


def _as_categories(name: str, reference: pd.Series, current: pd.Series) -> CategoryColumn | None:
    """Levels by how often they come up on both sides together, so that the choice cannot favour one side."""
    import pandas as pd

    n = len(reference)
    values = [*_labels(reference), *_labels(current)]
    codes, levels = pd.factorize(np.asarray(values, dtype=object), use_na_sentinel=True)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    order = sorted(range(len(levels)), key=lambda i: (-counts[i], str(levels[i])))
    kept = [i for i in order[:LEVELS] if counts[i] >= RARE]
    if not kept and len(levels) > LEVELS:
        return None
    place = np.full(len(levels), len(kept), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    names = [str(levels[i]) for i in kept] + (["(rare values)"] if len(kept) < len(levels) else [])
    recoded = np.where(codes >= 0, place[codes], MISSING).astype(np.int64)
    return CategoryColumn(name, recoded[:n], recoded[n:], tuple(names))


def _labels(values: pd.Series) -> list[str | None]:
    """One spelling per value: the integer 1 and the float 1.0 (an integer column that lost a value) are the same class."""
    missing = values.isna().to_numpy()
    return [None if gone else _spell(value) for value, gone in zip(values.tolist(), missing, strict=True)]


def _spell(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
