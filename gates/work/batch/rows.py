"""Turn a piece of a file into what the model takes, and say of each row that the endpoint would refuse what it would say.

Whole columns are looked at first, because almost all rows are sound; only a row that looks wrong is read as the endpoint
reads it, and the sentence is the endpoint's.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from gates.work.batch.reading import Chunk
from gates.work.data.keys import join_keys
from gates.work.records import Feature, ModelSignature, Value
from gates.work.serving.scorer import LARGEST_NUMBER, BadRequest, fits, read_record

if TYPE_CHECKING:
    import pyarrow
    from numpy import ndarray
    from pandas import DataFrame

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass(frozen=True, slots=True)
class SoundRows:
    """Hold the sound rows of a chunk as the model takes them, their numbers and ids, and a sentence for each refused row."""

    frame: DataFrame
    numbers: list[int]
    ids: list[object]
    refused: dict[int, str]


def read_rows(chunk: Chunk, signature: ModelSignature) -> SoundRows:
    """Judge every row of a chunk. ``ids`` are as the file spells them, None where there is no id column."""
    import numpy
    import pandas

    count = chunk.rows.num_rows
    bad = numpy.zeros(count, dtype=bool)
    columns: dict[str, Any] = {}
    for feature in signature.features:
        values, wrong = _column(chunk.rows.column(feature.name), feature)
        columns[feature.name] = values
        bad |= wrong
    refused = {chunk.first + int(place): _sentence(chunk, int(place), signature) for place in numpy.flatnonzero(bad)}
    good = numpy.flatnonzero(~bad)
    frame = pandas.DataFrame(columns, columns=pandas.Index(signature.names, dtype=object)).iloc[good]
    ids: list[object] = [None] * count
    if signature.key and set(signature.key) <= set(chunk.rows.schema.names):
        ids = list(join_keys([chunk.rows.column(name).to_pylist() for name in signature.key]))
    elif signature.id in chunk.rows.schema.names:
        ids = chunk.rows.column(signature.id).to_pylist()
    return SoundRows(frame, [chunk.first + int(place) for place in good], [ids[int(place)] for place in good], refused)


def _column(values: pyarrow.Array, feature: Feature) -> tuple[Any, ndarray[Any, Any]]:
    """The values as the model takes them, and where one is wrong."""
    import numpy

    missing = numpy.asarray(values.is_null())
    wrong = missing & (not feature.nullable)
    if feature.kind in ("text", "date"):
        cells = [_text(value) for value in values.to_pylist()]
        return numpy.array(cells, dtype=object), wrong | numpy.array([not fits(cell, feature) for cell in cells], bool)
    if feature.kind == "category":
        texts = numpy.array(values.to_pylist(), dtype=object)
        return texts, wrong | numpy.array([not (text is None or isinstance(text, str)) for text in texts], dtype=bool)
    numbers = _numbers(values, feature)
    with numpy.errstate(invalid="ignore"):
        wrong |= ~missing & ~(numpy.abs(numbers) <= LARGEST_NUMBER)
        if feature.kind == "boolean":
            wrong |= ~missing & (numbers != 0) & (numbers != 1)
    return numbers, wrong


def _numbers(values: pyarrow.Array, feature: Feature) -> ndarray[Any, Any]:
    """float64; NaN for what is missing and for what is no number. A truth value is one only where the model learned from such."""
    import numpy
    import pyarrow

    kind, cells = values.type, None
    of_truth = feature.kind == "boolean"
    if (
        pyarrow.types.is_floating(kind)
        or pyarrow.types.is_integer(kind)
        or (of_truth and pyarrow.types.is_boolean(kind))
    ):
        cells = values.cast(pyarrow.float64()).to_numpy(zero_copy_only=False)
    elif pyarrow.types.is_string(kind):
        with suppress(pyarrow.ArrowInvalid):  # a text that is no number: read one by one below
            cells = values.cast(pyarrow.float64()).to_numpy(zero_copy_only=False)
    if cells is None:
        read = [_value(value) for value in values.to_pylist()]
        cells = [
            float(value) if isinstance(value, int | float) and (of_truth or not isinstance(value, bool)) else numpy.nan
            for value in read
        ]
    numbers: ndarray[Any, Any] = numpy.array(cells, dtype=numpy.float64)
    return numbers


def _value(value: object) -> Value:
    """A cell of a file as a request would hold it: a number for the text of one, a truth value for the word."""
    if isinstance(value, str):
        text = value.strip()
        if _NUMBER.match(text):
            return float(text)
        return _TRUTH.get(text, value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)


def _text(value: object) -> object:
    """A cell of text or of a date as a request would hold it: a date of Parquet is its ISO 8601 text."""
    return value.isoformat() if isinstance(value, date) else value


def _cell(value: object, feature: Feature) -> object:
    if feature.kind == "category":
        return value
    return _text(value) if feature.kind in ("text", "date") else _value(value)


def _sentence(chunk: Chunk, place: int, signature: ModelSignature) -> str:
    """What the endpoint says of the row."""
    row = chunk.rows.slice(place, 1).to_pylist()[0]
    record = {f.name: _cell(row[f.name], f) for f in signature.features}
    try:
        read_record(record, chunk.first + place, signature)
    except BadRequest as refusal:
        return str(refusal)
    return f"row {chunk.first + place} holds a value that is no finite number"
