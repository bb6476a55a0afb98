"""Read what a column holds, whatever it is stored as: numbers and dates in texts, durations, vectors.

The rule it protects: both sides are read in one way, which is decided on their rows together, so that a file of texts and a file of
numbers with the same values are the same column.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from gates.measures.dates import MOSTLY, read_date
from gates.measures.drift.arrays import Codes, Flags, Floats

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["empty", "numbers", "categories", "dates", "vectors", "complex numbers", "objects"]

MOSTLY_NUMBERS = (
    0.5  # share of the values from which a column of texts is one of numbers, as `gates.work.data.features` has it
)
LONGEST_VECTOR = 4_096
EXACT = 2**53  # beyond, a float64 does not hold every whole number
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+|[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?)(?:[eE][+-]?\d{1,3})?")
_CODE = re.compile(r"0\d+")  # "0012": a code, and not the number 12


@dataclass(frozen=True, slots=True)
class Values:
    """Hold the values of both sides together: ``codes`` (n + m,) are indices into ``distinct``, -1 where the value is missing."""

    codes: Codes
    distinct: tuple[object, ...]
    n_reference: int

    def spread(self, values: Floats) -> tuple[Floats, Floats]:
        """Return a number for each row of the reference (n,) and of current (m,) from one for each distinct value; NaN if
        missing.
        """
        spread = np.append(values, np.nan)[self.codes]
        return spread[: self.n_reference], spread[self.n_reference :]

    def share(self, chosen: Flags) -> tuple[float, float]:
        """Return the share of the present values of either side that are chosen, by a flag for each distinct value; NaN if none."""
        known = self.codes >= 0
        flags = np.append(chosen, False)[self.codes]
        sides = (slice(None, self.n_reference), slice(self.n_reference, None))
        before, now = (float(flags[side][known[side]].mean()) if known[side].any() else math.nan for side in sides)
        return before, now


def factorize(reference: pd.Series, current: pd.Series) -> Values:
    """Return the distinct values of both sides, in the order in which they come up. The values have to be hashable."""
    import pandas as pd

    sides = [side.astype(object).to_numpy(dtype=object) for side in (reference, current)]
    codes, distinct = pd.factorize(np.concatenate(sides), use_na_sentinel=True)
    return Values(np.asarray(codes, dtype=np.int64), tuple(distinct), len(reference))


def kind_of_dtype(values: pd.Series, is_class: bool) -> Kind | None:
    """Return the kind that the storage type alone decides, None for objects and texts."""
    from pandas.api import types

    dtype = values.dtype
    if values.isna().all():
        return "empty"
    if is_class or str(dtype) == "category" or types.is_bool_dtype(dtype):
        return "categories"
    if types.is_complex_dtype(dtype):
        return "complex numbers"
    if types.is_numeric_dtype(dtype) or types.is_timedelta64_dtype(dtype):
        return "numbers"
    return "dates" if types.is_datetime64_any_dtype(dtype) else None


def kind_of_objects(values: pd.Series) -> Kind:
    """Return whether a column of objects holds vectors, other objects, or values that can be compared one by one."""
    present = values.dropna()
    if any(isinstance(value, (list, tuple, np.ndarray)) for value in present):
        vectors = all(isinstance(value, (list, tuple, np.ndarray)) and _is_vector(value) for value in present)
        return "vectors" if vectors and len({len(value) for value in present}) == 1 else "objects"
    return "objects" if any(isinstance(value, (dict, set)) for value in present) else "categories"


def read_numbers(values: Values) -> Floats | None:
    """Return the number that each distinct value stands for, NaN for one that is none; None where the column is not one of numbers.

    It is one where at least half of the values of both sides together are numbers, plainly written or with commas between
    thousands, and some on either side. A value with a leading zero makes it a column of codes.
    """
    if any(isinstance(value, str) and _CODE.fullmatch(value.strip()) for value in values.distinct):
        return None
    numbers = np.array([_number(value) for value in values.distinct], dtype=np.float64)
    return numbers if _is_mostly(values, ~np.isnan(numbers), MOSTLY_NUMBERS) else None


def read_dates(values: Values) -> Floats | None:
    """Return the seconds since 1970 (UTC) that each distinct value stands for, NaN for one that is no date; None for other columns.

    A column is one of dates where 95 % of the values of both sides together are dates of ISO 8601, and some on either side.
    """
    dates = np.array([read_date(value) for value in values.distinct], dtype=np.float64)
    return dates if _is_mostly(values, ~np.isnan(dates), MOSTLY) else None


def seconds_of(values: pd.Series) -> Floats:
    """Return a column of dates as seconds since 1970 (UTC), or one of durations as seconds; NaN where it is missing."""
    zone = getattr(values.dtype, "tz", None)
    plain = values.dt.tz_convert("UTC").dt.tz_localize(None) if zone is not None else values
    raw = plain.to_numpy()
    seconds = raw.astype(f"{raw.dtype.str[1]}8[us]").astype(np.int64) / 1e6
    return np.where(np.isnat(raw), np.nan, seconds)


def stack_vectors(values: pd.Series, width: int) -> Floats:
    """Return vectors of equal length as (n, width); a missing one is a row of NaN."""
    empty = np.full(width, np.nan)
    rows = [np.asarray(value, dtype=np.float64) if _is_sequence(value) else empty for value in values]
    return np.stack(rows) if rows else np.empty((0, width))


def width_of(values: pd.Series) -> int:
    """Return the length of the first vector of a column, 0 where there is none."""
    return next((len(value) for value in values if _is_sequence(value)), 0)


def to_common_floats(reference: pd.Series, current: pd.Series) -> tuple[Floats, Floats]:
    """Return two columns of numbers as float64, such that equal values are equal: the finer side is brought to the coarser type.

    Whole numbers that float64 cannot hold exactly are replaced by their ranks among both sides, which keeps every comparison.
    """
    from pandas.api import types

    if {str(reference.dtype).lower(), str(current.dtype).lower()} == {"float32", "float64"}:
        reference, current = (side.astype("float32") for side in (reference, current))
    whole = all(types.is_integer_dtype(side.dtype) for side in (reference, current))
    if whole and any(_is_beyond_floats(side) for side in (reference, current)):
        import pandas as pd

        both = pd.concat([reference, current], ignore_index=True)
        ranks = both.rank(method="dense").to_numpy(dtype=np.float64, na_value=np.nan)
        return ranks[: len(reference)], ranks[len(reference) :]
    before, now = (
        np.asarray(side.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64).copy()
        for side in (reference, current)
    )
    return before, now


def _is_beyond_floats(values: pd.Series) -> bool:
    return bool(len(values.dropna()) and (abs(int(values.max())) > EXACT or abs(int(values.min())) > EXACT))


def _is_mostly(values: Values, fits: Flags, share: float) -> bool:
    before, now = values.share(fits)
    known = values.codes >= 0
    both = float(np.append(fits, False)[values.codes][known].mean()) if known.any() else 0.0
    return both >= share and before != 0.0 and now != 0.0


def _number(value: object) -> float:
    if isinstance(value, bool):
        return math.nan
    if isinstance(value, (int, float)) or hasattr(value, "__float__"):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            return math.nan
    text = value.strip() if isinstance(value, str) else ""
    return float(text.replace(",", "")) if _NUMBER.fullmatch(text) else math.nan


def _is_sequence(value: object) -> bool:
    return isinstance(value, (list, tuple, np.ndarray))


def _is_vector(value: object) -> bool:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    return array.ndim == 1 and 0 < len(array) <= LONGEST_VECTOR
