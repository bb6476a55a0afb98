"""What a table holds, counted once, column by column, so that hundreds of expectations cost one pass over the data.

The rule it protects: a column is judged by what its cells are, not by what the reader of the file made of them. One word
among a thousand numbers does not turn a column of numbers into a column of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from gates.plain import show

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Kind = Literal["number", "text", "boolean", "time", "empty"]
Floats: TypeAlias = npt.NDArray[np.float64]

_CODE = re.compile(r"0[0-9]+")  # "0012": a code, and not the number 12
KINDS: tuple[Kind, ...] = ("number", "text", "boolean", "time", "empty")


@dataclass(frozen=True, slots=True)
class Column:
    """Hold one column's facts: its kind, how many cells are null, and the cells that are not of its kind, with one of them to
    show.
    """

    name: str
    kind: Kind
    nulls: int
    strangers: int = 0
    stranger: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """Hold a table as the expectations see it.

    ``numbers`` is (n_rows, n_numeric) in the order of ``numeric``; a cell that is null or no number is NaN there.
    """

    frame: DataFrame
    columns: dict[str, Column]
    repeated_names: tuple[str, ...]
    numeric: tuple[str, ...]
    numbers: Floats

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.frame)

    def holds(self, column: str) -> bool:
        """Return whether the table has a column of this name."""
        return column in self.columns

    def present(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return those of ``columns`` that the table has, in the order given."""
        return tuple(name for name in columns if name in self.columns)

    def numbers_of(self, columns: Iterable[str]) -> tuple[tuple[str, ...], Floats]:
        """Return those of ``columns`` that hold numbers, and their cells: (n_rows, n_columns), a view where they stand together."""
        where = {name: position for position, name in enumerate(self.numeric)}
        present = tuple(name for name in columns if name in where)
        at = np.array([where[name] for name in present], dtype=np.int64)
        if len(at) and (at == np.arange(at[0], at[0] + len(at))).all():
            return present, self.numbers[:, at[0] : at[0] + len(at)]
        return present, self.numbers[:, at]

    def labels(self, column: str) -> Series[str]:
        """Return the cells of a column that are not null, as text: 1, 1.0 and "1" are one label."""
        return label_text(self.frame[column])


def survey(frame: DataFrame) -> Survey:
    """Count what ``frame`` holds. Never raises for odd contents; the input is not changed."""
    names = [str(name) for name in frame.columns]
    repeated = tuple(sorted({name for name in names if names.count(name) > 1})) if len(set(names)) < len(names) else ()
    table = named(frame, names)
    table.index = pd.RangeIndex(len(table))  # labels of rows mean nothing here, and may repeat
    if repeated:
        table = table.loc[:, ~table.columns.duplicated()]
    plain = [name for name, dtype in table.dtypes.items() if isinstance(dtype, np.dtype) and dtype.kind in "iuf"]
    # Column by column is how the cells are read from here on; a table that was built row by row is turned once.
    block = np.asfortranarray((table if len(plain) == len(names) else table[plain]).to_numpy(dtype=np.float64))
    nulls = dict(zip(plain, np.isnan(block).sum(axis=0).tolist(), strict=True))
    columns, extra = {}, {}
    for name in table.columns:
        if name in nulls:
            kind: Kind = "empty" if nulls[name] == len(table) else "number"
            columns[name] = Column(name, kind, nulls[name])
        else:
            columns[name], cells = _look(name, table[name])
            if cells is not None:
                extra[name] = cells
    numbers = np.asfortranarray(np.column_stack([block, *extra.values()])) if extra else block
    return Survey(table, columns, repeated, (*plain, *extra), numbers)


def named(frame: DataFrame, names: list[str]) -> DataFrame:
    """Return ``frame`` under other column names, its cells shared and not copied."""
    table = frame.copy(deep=False)
    table.columns = pd.Index(names)
    return table


def label_text(cells: Series[str]) -> Series[str]:
    """Return the cells that are not null, as text without a trailing ``.0``, so that a label survives a change of number type."""
    known = cells.dropna()
    if pd.api.types.is_bool_dtype(known.dtype):
        return known.astype(str)
    if pd.api.types.is_numeric_dtype(known.dtype):
        codes, values = pd.factorize(known)
        words = np.array([_number_text(float(value)) for value in values], dtype=object)
        return pd.Series(words[codes], index=known.index, dtype=object)
    return pd.Series([_cell_text(cell) for cell in known], index=known.index, dtype=object)


def _cell_text(cell: object) -> str:
    if (
        not isinstance(cell, str)
        and isinstance(cell, (int, float, np.integer, np.floating))
        and not isinstance(cell, bool)
    ):
        try:
            return _number_text(float(cell))
        except OverflowError:  # a whole number beyond all floats
            return str(cell)
    text = str(cell)
    return text[:-2] if text.endswith(".0") and text[:-2].lstrip("-").isdigit() else text


def _number_text(value: float) -> str:
    return str(int(value)) if np.isfinite(value) and value == int(value) else show(value)


def _look(name: str, cells: Series[str]) -> tuple[Column, Floats | None]:
    """A column that is not plainly numeric: its facts, and its numbers where most of it is numbers."""
    missing = cells.isna()
    nulls, known = int(missing.sum()), cells[~missing]
    if known.empty:
        return Column(name, "empty", nulls), None
    if pd.api.types.is_bool_dtype(cells.dtype):
        return Column(name, "boolean", nulls), None
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return Column(name, "time", nulls), None
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return Column(name, "number", nulls), cells.to_numpy(dtype=np.float64, na_value=np.nan)
    words = known.astype(object)
    contents = pd.api.types.infer_dtype(words, skipna=False)
    if contents == "boolean":
        return Column(name, "boolean", nulls), None
    return _look_at_words(name, cells, words, nulls, only_words=contents == "string")


def _look_at_words(
    name: str, cells: Series[str], words: Series[str], nulls: int, *, only_words: bool
) -> tuple[Column, Floats | None]:
    blank = np.array([isinstance(cell, str) and (not cell or cell.isspace()) for cell in words], dtype=bool)
    if blank.any():
        nulls, words = nulls + int(blank.sum()), words[~blank]
    if words.empty:
        return Column(name, "empty", nulls), None
    try:
        parsed = pd.to_numeric(words, errors="coerce")
    except (TypeError, OverflowError):
        parsed = pd.to_numeric(words.astype(str), errors="coerce")
    readable = parsed.notna()
    if any(isinstance(cell, str) and _CODE.fullmatch(cell.strip()) for cell in words):
        return Column(name, "text", nulls), None
    if readable.sum() * 2 <= len(words):
        return Column(name, "text", nulls), None
    strangers = words[~readable]
    numbers = parsed.reindex(cells.index)
    if strangers.empty and only_words:
        return Column(name, "text", nulls, len(words), f"{words.iloc[0]!r} (a number written as text)"), _floats(
            numbers
        )
    shown = show(strangers.iloc[0])[:40] if len(strangers) else ""
    return Column(name, "number", nulls, len(strangers), shown), _floats(numbers)


def _floats(cells: Series[float]) -> Floats:
    return cells.to_numpy(dtype=np.float64, na_value=np.nan)
