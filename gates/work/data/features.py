"""Choose what a model may look at, and bring those columns into the form that models learn from.

Numbers stay as they are; truth values become 0 and 1; few distinct texts are categories. Free text and dates are left
out, and each says so in a note: a column that silently does not count is a column that someone believes in. With
``features = "raw"`` nothing is left out or encoded (`gates.work.data.raw_columns`). Encoding proper (one column per category,
filling, scaling) is `ml.encoding`, inside the model's own pipeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gates.plain import show
from gates.toml_reader import listed, nearest
from gates.work.data.raw_columns import judge_raw, to_dates, to_truth_values
from gates.work.errors import DataError
from gates.work.records import ColumnRoles, Feature

if TYPE_CHECKING:
    from pandas import DataFrame, Series

MOST_CATEGORIES = 50


@dataclass(frozen=True, slots=True)
class FeatureChoice:
    """Hold the features in the order in which a model learns them, and a sentence for every column that was left out."""

    features: tuple[Feature, ...]
    notes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the features, in order."""
        return tuple(feature.name for feature in self.features)


def choose(frame: DataFrame, roles: ColumnRoles) -> FeatureChoice:
    """Choose the declared features, or every column without another role that a model can learn from.

    Raises `DataError` when a declared feature is not in the data, when nothing is left to learn from, and for a raw column that
    could not be served.
    """
    absent = [name for name in roles.features if name not in frame.columns]
    if absent:
        raise DataError(
            f"{len(absent)} declared features are not in the data: {listed(absent)}{nearest(absent[0], map(str, frame.columns))}",
            "give the columns, or correct features in [tool.ml]",
        )
    features, notes = [], []
    for name in roles.features or [str(column) for column in frame.columns if column not in roles.apart]:
        if roles.raw:
            features.append(judge_raw(frame[name], name, MOST_CATEGORIES))
            continue
        feature, note = _judge(frame[name], name, declared=bool(roles.features))
        if feature:
            features.append(feature)
        if note:
            notes.append(note)
    if not features:
        raise DataError(
            f"no column is left to learn from: {'; '.join(notes) or 'the data have only id and target'}",
            "name features in [tool.ml]",
        )
    return FeatureChoice(tuple(features), tuple(notes))


def _judge(values: Series, name: str, *, declared: bool) -> tuple[Feature | None, str]:
    from pandas.api import types

    dtype, nullable = str(values.dtype), bool(values.isna().any())
    if types.is_float_dtype(values.dtype) or types.is_integer_dtype(values.dtype):
        return Feature(name, "number", dtype, nullable), ""
    present = values.dropna()
    if types.is_datetime64_any_dtype(values.dtype) or types.is_timedelta64_dtype(values.dtype):
        return None, f"{name} was left out: it holds dates"
    if types.is_bool_dtype(values.dtype) or (len(present) and present.map(type).eq(bool).all()):
        return Feature(name, "boolean", dtype, nullable), ""
    if types.is_numeric_dtype(values.dtype) or _is_mostly_numeric(present):
        return Feature(name, "number", dtype, nullable), ""
    texts = present.astype(str)
    distinct = texts.nunique()
    if not declared and (distinct > MOST_CATEGORIES or distinct > max(2, len(values) // 2)):
        return None, f"{name} was left out: {distinct} distinct texts, at most {MOST_CATEGORIES} make a category"
    return Feature(name, "category", dtype, nullable, tuple(sorted(texts.unique()))), ""


def _is_mostly_numeric(present: Series) -> bool:
    """A numeric column with some text in it is a damaged number, not a category: it must fail by name, not be left out."""
    import pandas

    if present.empty:
        return True
    return float(pandas.to_numeric(present, errors="coerce").notna().mean()) >= 0.5


def normalise(frame: DataFrame, features: Sequence[Feature]) -> DataFrame:
    """Return the features' columns, in order: float64 for numbers and truth values, text or None for categories.

    Of raw features, truth values are bool (object with None where there are gaps) and dates datetime64[ns]. Other columns are
    ignored. Raises `DataError` for a missing column, for text in a numeric one and for what is no date or truth value.
    """
    names = [feature.name for feature in features]
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise DataError(
            f"{len(absent)} of {len(names)} columns that the model needs are missing: {listed(absent)}",
            "give every feature of the model",
        )
    chosen = frame if list(frame.columns) == names else frame[names]
    plain = not any(feature.raw and feature.kind != "number" for feature in features)
    if plain and all(str(dtype) == "float64" for dtype in chosen.dtypes):
        return chosen
    import pandas

    columns = {feature.name: _normal(chosen[feature.name], feature) for feature in features}
    return pandas.DataFrame(columns, index=frame.index, columns=pandas.Index(names, dtype=object))


def _normal(values: Series, feature: Feature) -> Series:
    import pandas

    if feature.kind == "date":
        return to_dates(values, feature)
    if feature.kind in ("category", "text"):
        return values.astype(object).where(values.isna(), values.astype(str)).where(values.notna(), None)
    numbers = pandas.to_numeric(values, errors="coerce").astype("float64")
    lost = numbers.isna() & values.notna()
    if lost.any():
        raise DataError(
            f"column {feature.name!r} holds {int(lost.sum())} values that are not numbers, "
            f"like {show(values[lost].iloc[0])} in row {values.index[lost][0]}",
            "correct the values, or declare features without this column",
        )
    return to_truth_values(numbers, feature) if feature.raw and feature.kind == "boolean" else numbers


def refuse_infinite(X: DataFrame) -> None:
    """Raise `DataError` when a numeric column holds infinity, which no estimator can learn from."""
    import numpy

    numbers = X.select_dtypes("number")
    counts = numpy.isinf(numbers.to_numpy()).sum(axis=0)
    for name, count in zip(numbers.columns, counts, strict=True):
        if count:
            raise DataError(f"column {name!r} holds {int(count)} infinite values", "correct the values")
