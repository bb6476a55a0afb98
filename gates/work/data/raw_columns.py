"""Hand columns to a user's own pipeline as they were read: dates as dates, text as text, truth values as such.

The rule it protects: what training was given is what serving gives. Each column has one kind and one dtype, in a table, in a
request and in a batch, whatever the rows beside it hold; what a request in JSON could not carry is refused before training.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from gates.work.errors import DataError
from gates.work.records import Feature

if TYPE_CHECKING:
    from pandas import Series

EARLIEST, LATEST = 1678, 2261  # the whole years of datetime64[ns]
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?\Z", re.ASCII)
_SHORTEST_LIMIT = 1000  # characters that any text may have
_REMEDY = "turn it into numbers, texts, dates or truth values, or give it another role or leave it out of the data"


def judge_raw(values: Series, name: str, most_categories: int) -> Feature:
    """Return the feature that a column is as it was read. Texts of up to ``most_categories`` different values are a category.

    Raises `DataError` for a column of values that a request in JSON cannot carry.
    """
    from pandas.api import types

    dtype, nullable = str(values.dtype), bool(values.isna().any())
    present = values.dropna()
    if types.is_datetime64_any_dtype(values.dtype):
        feature = Feature(name, "date", dtype, nullable, raw=True)
        to_dates(values, feature)
        return feature
    if types.is_bool_dtype(values.dtype) or (len(present) and present.map(type).eq(bool).all()):
        return Feature(name, "boolean", dtype, nullable, raw=True)
    if types.is_numeric_dtype(values.dtype) and not types.is_timedelta64_dtype(values.dtype):
        return Feature(name, "number", dtype, nullable, raw=True)
    strange = present[~present.map(lambda value: isinstance(value, str))]
    if len(strange):
        raise DataError(
            f"column {name!r} holds {len(strange)} values of type {type(strange.iloc[0]).__name__}, like "
            f"{str(strange.iloc[0])[:40]!r}, which a request in JSON cannot carry",
            _REMEDY,
        )
    distinct = present.nunique()
    if distinct <= min(most_categories, max(2, len(values) // 2)):
        return Feature(name, "category", dtype, nullable, tuple(sorted(present.unique())), raw=True)
    return Feature(name, "text", dtype, nullable, raw=True, longest=int(present.str.len().max()))


def most_characters(feature: Feature) -> int:
    """Return how many characters a text of a request may have: four times the longest that was read, and 1,000 at least."""
    return max(_SHORTEST_LIMIT, 4 * feature.longest)


def is_iso_date(text: str) -> bool:
    """Return whether a text is a date, or a date and a time, in the ISO 8601 form ``2026-01-31T08:30:00Z``.

    The parts after the day may be absent. The years are those of datetime64[ns], 1678 to 2261.
    """
    if not _ISO.match(text):
        return False
    try:
        return EARLIEST <= datetime.fromisoformat(text).year <= LATEST
    except ValueError:
        return False


def to_dates(values: Series, feature: Feature) -> Series:
    """Return a column as datetime64[ns], in UTC where the model learned from times with a zone, NaT where missing.

    A time without a zone counts as UTC. Raises `DataError` for what is no date, and for one outside datetime64[ns].
    """
    import pandas
    from pandas.api import types

    if types.is_datetime64_any_dtype(values.dtype):
        times = pandas.to_datetime(values, utc=True)
        try:
            times = times.dt.as_unit("ns")
        except pandas.errors.OutOfBoundsDatetime:
            years = times.dt.year[(times.dt.year < EARLIEST) | (times.dt.year > LATEST)]
            raise DataError(
                f"column {feature.name!r} holds {len(years)} dates outside the years {EARLIEST} to {LATEST}, "
                f"like one of {int(years.iloc[0])}",
                "write a missing value where no date is known",
            ) from None
    else:
        fit = values.map(lambda value: (isinstance(value, str) and is_iso_date(value)) or hasattr(value, "isoformat"))
        wrong = values[~fit.astype(bool) & values.notna()]
        if len(wrong):
            raise DataError(
                f"column {feature.name!r} holds {len(wrong)} values that are not dates, "
                f"like {wrong.iloc[0]!r} in row {wrong.index[0]}",
                "write dates in the form 2026-01-31 or 2026-01-31T08:30:00Z",
            )
        cells = values.where(values.notna(), None).astype(object)
        times = pandas.to_datetime(cells, errors="coerce", utc=True, format="ISO8601").dt.as_unit("ns")
    return times if "," in feature.dtype else times.dt.tz_localize(None)


def to_truth_values(numbers: Series, feature: Feature) -> Series:
    """Return 0, 1 and NaN as truth values: bool, or object with None where the model learned with gaps or there are some.

    Raises `DataError` for another number.
    """
    missing = numbers.isna()
    wrong = numbers[~missing & ~numbers.isin((0.0, 1.0))]
    if len(wrong):
        raise DataError(
            f"column {feature.name!r} holds {len(wrong)} values that are not truth values, like {wrong.iloc[0]:g} "
            f"in row {wrong.index[0]}",
            "write true or false",
        )
    if not feature.nullable and not missing.any():
        return numbers.astype(bool)
    return numbers.map({0.0: False, 1.0: True}).astype(object).where(~missing, None)
