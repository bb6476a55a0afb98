"""Read truth and predictions from files of anywhere, and put their rows side by side.

The rule it protects: two models are compared on the same rows. What is missing, doubled, of another length or of
another id is refused with a sentence; nothing is guessed, and nothing is dropped.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gates.measures.model.predictions import NotComparable
from gates.missing import MISSING

if TYPE_CHECKING:
    import pandas as pd

Array: TypeAlias = NDArray[np.generic]
_SUFFIXES = (".csv", ".parquet", ".pq")
_CODE = re.compile(r"\s*[+-]?(0\d+$|\d*_)")
_POINT = re.compile(r"\.0*$")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Hold a file's columns by name, as text or numbers, missing entries as None; ``name`` is what messages call it.

    ``missing`` is how missing values were spelt in the file, where it is one of text.
    """

    name: str
    frame: pd.DataFrame
    missing: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns, in the order of the file."""
        return tuple(self.frame.columns)

    def texts(self, column: str) -> Array:
        """Return one column as text. Raises `NotComparable` where it is absent or an entry is missing."""
        if column not in self.frame.columns:
            raise NotComparable(f"{self.name} has no column {column!r}; it has {_some(self.columns)}")
        held = self.frame[column]
        if missing := int(held.isna().sum()):
            spelt = ", ".join(map(repr, self.missing))
            rule = f"; read as missing are {spelt} ([tool.ml] missing says otherwise)" if spelt else ""
            raise NotComparable(
                f"{self.name} lacks {missing:,} of {len(held):,} entries of {column!r}; wanted all of them{rule}"
            )
        return np.asarray([_plain(value) for value in held.tolist()], dtype=object)

    def numbers(self, columns: Sequence[str]) -> NDArray[np.float64]:
        """Return columns as (n, k) floats, not yet checked for being finite. Raises `NotComparable` for text."""
        import pandas as pd

        cells = []
        for column in columns:
            numbers = pd.to_numeric(self.frame[column], errors="coerce")
            if lost := int((numbers.isna() & self.frame[column].notna()).sum()):
                raise NotComparable(
                    f"{self.name} has {lost:,} entries of {column!r} that are no numbers; wanted numbers"
                )
            cells.append(numbers.to_numpy(dtype=np.float64))
        return np.column_stack(cells)


def read_sheet(path: Path, name: str, missing: Sequence[str] = MISSING) -> Sheet:
    """Read a CSV file (with a header, UTF-8, commas), in which ``missing`` entries are spelt so, or a Parquet file.

    Raises `NotComparable` with what is wrong.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise NotComparable(f"{name} {path.name} is no {' or '.join(_SUFFIXES)} file; write it as one of these")
    try:
        is_text = path.suffix.lower() == ".csv"
        frame = _read_csv(path, name, missing) if is_text else _read_parquet(path)
    except NotComparable:
        raise
    except OSError as error:
        raise NotComparable(f"{name} {path} cannot be read: {error.strerror or error}") from None
    except (ValueError, csv.Error) as error:  # pandas and pyarrow raise kinds of it for whatever a file can be
        raise NotComparable(f"{name} {path.name} cannot be read: {' '.join(str(error).split())[:200]}") from None
    if frame.empty:
        raise NotComparable(f"{name} {path.name} has no rows; wanted at least two")
    return Sheet(f"{name} {path.name}", frame, tuple(missing) if is_text else ())


def _read_csv(path: Path, name: str, missing: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    with path.open(encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file, strict=True), [])
    if not header:
        raise NotComparable(f"{name} {path.name} is empty; wanted a header and rows")
    if twice := sorted({column for column in header if header.count(column) > 1}):
        raise NotComparable(f"{name} {path.name} names {_some(twice)} more than once in its header")
    if len(header) == 1 and any(sign in header[0] for sign in ";\t|"):
        raise NotComparable(f"{name} {path.name} has the header {header[0]!r}; wanted columns parted by commas")
    frame = pd.read_csv(
        path, dtype=str, keep_default_na=False, na_values=list(missing), encoding="utf-8-sig", skip_blank_lines=False
    )
    if not isinstance(frame.index, pd.RangeIndex):
        raise NotComparable(f"{name} {path.name} has rows with more entries than its header names")
    if len(header) == 1 and (_is_number(header[0]) or header[0] in set(frame.iloc[:, 0])):
        raise NotComparable(
            f"{name} {path.name} has no header: its first line is {header[0]!r}; write a column's name there"
        )
    return frame


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow.parquet

    frame: pd.DataFrame = pyarrow.parquet.read_table(path).to_pandas(ignore_metadata=True)
    return frame.set_axis([str(column) for column in frame.columns], axis=1)


def align(sheets: Sequence[Sheet], id: str | None) -> tuple[tuple[Sheet, ...], str | None]:
    """Return the sheets with their rows in the order of the first, and the id column that tells them apart.

    Without ``id``, a column that all sheets have beside others is it, or of several the only one that never repeats an entry; where
    there is none, the order of the rows counts. Raises `NotComparable` for missing, repeated and different ids, and for
    different lengths.
    """
    if id is not None and "," in id and not all(id in sheet.columns for sheet in sheets):
        sheets, id = _join_key(sheets, tuple(map(str.strip, id.split(","))))
    id = id or _shared_column(sheets)
    if id is None:
        lengths = {sheet.name: len(sheet.frame) for sheet in sheets}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} has {length:,}" for name, length in lengths.items())
            raise NotComparable(f"the rows differ: {listed}; give each file the same rows, or a column of ids (--id)")
        return tuple(sheets), None
    first = sheets[0]
    order = _index(first, id)
    aligned = []
    for sheet in sheets:
        places = _index(sheet, id)
        absent, strange = [key for key in order if key not in places], [key for key in places if key not in order]
        if absent or strange:
            parts = [f"lacks {len(absent):,} ids of it: {_some(absent)}"] if absent else []
            parts += [f"has {len(strange):,} that it does not have: {_some(strange)}"] if strange else []
            raise NotComparable(f"the ids of {sheet.name} are not those of {first.name}: it {' and '.join(parts)}")
        moved = sheet.frame.iloc[[places[key] for key in order]].reset_index(drop=True)
        aligned.append(replace(sheet, frame=moved))
    return tuple(aligned), id


def _join_key(sheets: Sequence[Sheet], key: tuple[str, ...]) -> tuple[list[Sheet], str]:
    """The sheets with one column of ids in the place of several that identify a row together, which only the first sheet keeps."""
    id = " + ".join(key)
    joined = []
    for place, sheet in enumerate(sheets):
        texts = zip(*(sheet.texts(name).tolist() for name in key), strict=True)
        ids = ["|".join(text.replace("\\", "\\\\").replace("|", "\\|") for text in row) for row in texts]
        rest = sheet.frame if place == 0 else sheet.frame.drop(columns=list(key))
        joined.append(replace(sheet, frame=rest.assign(**{id: ids})))
    return joined, id


def _shared_column(sheets: Sequence[Sheet]) -> str | None:
    if any(len(sheet.columns) < 2 for sheet in sheets):
        return None
    shared = [column for column in sheets[0].columns if all(column in sheet.columns for sheet in sheets[1:])]
    if len(shared) > 1:
        keys = [column for column in shared if all(_tells_rows_apart(sheet.frame[column]) for sheet in sheets)]
        if len(keys) != 1:
            raise NotComparable(f"the files share the columns {_some(shared)}; say with --id which one is the id")
        return keys[0]
    return shared[0] if shared else None


def _tells_rows_apart(held: pd.Series) -> bool:
    return bool(held.notna().all() and not held.astype(str).duplicated().any())


def _index(sheet: Sheet, id: str) -> dict[object, int]:
    keys = sheet.texts(id).tolist()
    places = {key: place for place, key in enumerate(keys)}
    if len(places) < len(keys):
        twice = sorted({str(key) for place, key in enumerate(keys) if places[key] != place})
        raise NotComparable(
            f"{sheet.name} names {len(twice):,} ids more than once: {_some(twice)}; wanted each row once"
        )
    return places


def alike(columns: Sequence[Array]) -> tuple[Array, ...]:
    """Return the labels of several files in one spelling: numbers where all of them are, so that 1 is 1.0, and text otherwise.

    Codes stay text: whole numbers of which one is written with a zero or more in front (007), with an underscore, or in two ways
    in the same file, are names, and two names are never one label.
    """
    texts = tuple(np.asarray([str(value) for value in column.tolist()]) for column in columns)
    if any(_CODE.match(value) for column in texts for value in set(column.tolist())):
        return texts
    try:
        numbers = tuple(np.asarray([float(value) for value in column.tolist()]) for column in columns)
    except (TypeError, ValueError):
        return texts
    if all(np.isfinite(column).all() and (column == np.round(column)).all() for column in numbers):
        if any(_written_twice(*pair) for pair in zip(texts, numbers, strict=True)):
            return texts
        return tuple(column.astype(np.int64) if np.abs(column).max(initial=0) < 2**53 else column for column in numbers)
    return numbers


def _written_twice(texts: Array, numbers: Array) -> bool:
    """Whether one number has two names, like 100000 and 1e5; a point with zeros behind it is no other name."""
    names = {_POINT.sub("", text) for text in set(texts.tolist())}
    return len(names) > len(set(numbers.tolist()))


def _plain(value: object) -> object:
    """A value as a CSV file would spell it: 1.0 as 1, everything else as its own text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _some(names: Sequence[object]) -> str:
    return ", ".join(str(name) for name in names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
