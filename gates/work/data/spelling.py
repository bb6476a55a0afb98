"""Read the columns of a text file as what they hold: codes as texts, numbers with separators as numbers, dates by their format.

The rule it protects: a column is read in one way by every command, and a guess is either safe or is said with the key of
``[tool.ml]`` that changes it. ``0012`` and ``12`` are two codes; ``1,234.50`` is a number.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from gates.work.errors import DataError
from gates.work.records import ColumnRoles, ColumnType, Spelling

if TYPE_CHECKING:
    import pyarrow

MOSTLY_NUMBERS = 0.5  # share of the values from which a column of texts is one of numbers
_CODE = r"^0[0-9]+$"
_UNGROUPED = r"^[+-]?[0-9]*,(?:[0-9]{0,2}|[0-9]{4,})$"  # a decimal comma, as in "0,5" or "1,2345"
_CHUNK = 1 << 24
_Texts = TypeVar("_Texts", "pyarrow.Array", "pyarrow.ChunkedArray")
_Reread = Callable[[Sequence[str]], "pyarrow.Table"]


def type_of(name: str, roles: ColumnRoles | None) -> ColumnType | None:
    """Return the type that ``[tool.ml]`` declares for a column, by types or by a role of numbers; None for none."""
    if roles is None:
        return None
    declared = dict(roles.spelling.types).get(name)
    if declared is None and (name == roles.weight or (name == roles.target and roles.task == "regression")):
        return "number"
    return declared


def read_codes(table: pyarrow.Table, content: mmap.mmap, roles: ColumnRoles | None, reread: _Reread) -> pyarrow.Table:
    """Return the table in which a column with a code like ``0012`` holds texts, as the file spells them.

    ``content`` holds the bytes of the file; ``reread`` reads columns of it as texts. A column that is declared as a number stays.
    """
    from pyarrow import types

    numeric = [
        field.name
        for field in table.schema
        if (types.is_integer(field.type) or types.is_floating(field.type)) and type_of(field.name, roles) is None
    ]
    if not numeric or not holds_leading_zeros(content):
        return table
    texts = reread(numeric)
    codes = {name: texts.column(name) for name in numeric}
    return _with_columns(table, {name: column for name, column in codes.items() if _holds(column, _CODE)})


def holds_leading_zeros(content: mmap.mmap | bytes) -> bool:
    """Return whether a value of a CSV file may begin with a zero and another digit. One pass over the bytes, in pieces."""
    import numpy

    for start in range(0, len(content), _CHUNK):
        cells = numpy.frombuffer(content[max(0, start - 2) : start + _CHUNK], dtype=numpy.uint8)
        zero = numpy.flatnonzero(cells[1:-1] == ord("0")) + 1
        begins = numpy.isin(cells[zero - 1], tuple(b',\n\r"'))
        digit = (cells[zero + 1] >= ord("0")) & (cells[zero + 1] <= ord("9"))
        if bool((begins & digit).any()):
            return True
    return False


def spell_out(table: pyarrow.Table, roles: ColumnRoles | None) -> tuple[pyarrow.Table, tuple[str, ...]]:
    """Return the table with the columns of numbers, texts and dates declared or plain to see, and a sentence for each guess.

    Raises `DataError` for a type that is declared for a column and that its values cannot have.
    """
    from pyarrow import types

    spelling, notes = roles.spelling if roles is not None else Spelling(), []
    read: dict[str, pyarrow.ChunkedArray] = {}
    for index, field in enumerate(table.schema):
        declared = type_of(field.name, roles)
        is_text = types.is_string(field.type) or types.is_large_string(field.type) or types.is_dictionary(field.type)
        if not (is_text or declared in ("text", "date")):
            continue
        column = original = table.column(index)
        note = ""
        if types.is_dictionary(field.type):
            column = column.cast(field.type.value_type)
        if declared == "text":
            column = _to_text(column, field.name)
        elif types.is_string(column.type) or types.is_large_string(column.type):
            if roles is not None and field.name in (roles.id, roles.group, *roles.key):
                continue
            column, note = _read_texts(column, field.name, declared, spelling)
        elif declared == "date" and not types.is_temporal(field.type):
            column = _read_dates(_to_text(column, field.name), spelling, field.name, required=True)
        notes += [note] if note else []
        if column is not original:
            read[field.name] = column
    return _with_columns(table, read), tuple(notes)


def _with_columns(table: pyarrow.Table, columns: Mapping[str, pyarrow.ChunkedArray]) -> pyarrow.Table:
    """The table with other columns in the place of some, in one step: a table may have ten thousand."""
    if not columns:
        return table
    import pyarrow

    return pyarrow.table({name: columns.get(name, table.column(name)) for name in table.column_names})


def _read_texts(
    column: pyarrow.ChunkedArray, name: str, declared: ColumnType | None, spelling: Spelling
) -> tuple[pyarrow.ChunkedArray, str]:
    commas = Spelling(thousands=",")
    by_commas = not spelling.separated and _holds(column, _grouped(commas)) and not _holds(column, _UNGROUPED)
    if declared == "number":
        return _as_numbers(respell(column, commas if by_commas else spelling)), ""
    if declared == "date" or spelling.date_format:
        read = _read_dates(column, spelling, name, required=declared == "date")
        if declared == "date" or read is not column:
            return read, ""
    if spelling.separated:
        return (_as_numbers(respell(column, spelling)), "") if _is_number_column(column, spelling) else (column, "")
    if not by_commas or not _is_number_column(column, commas):
        return column, ""
    note = (
        f"column {name!r} holds numbers with commas between thousands and is read as numbers;"
        f' types = {{ {_bare(name)} = "text" }} in [tool.ml] changes it'
    )
    return _as_numbers(respell(column, commas)), note


def respell(column: _Texts, spelling: Spelling) -> _Texts:
    """Return texts in which the numbers have a point before their decimals and nothing between thousands; other texts stay."""
    from pyarrow import compute

    fits = compute.match_substring_regex(column, _number(spelling))
    plain = compute.utf8_trim_whitespace(column)
    if spelling.thousands:
        plain = compute.replace_substring(plain, spelling.thousands, "")
    if spelling.decimal != ".":
        plain = compute.replace_substring(plain, spelling.decimal, ".")
    plain = compute.replace_substring_regex(plain, r"^\+", "")
    plain = compute.replace_substring_regex(plain, r"^(-?)0+([0-9])", r"\1\2")
    return compute.if_else(fits, plain, column)


def _as_numbers(texts: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Whole numbers, else numbers; the texts themselves where one is no number, so that a check can name the column and count."""
    import pyarrow

    for kind in (pyarrow.int64(), pyarrow.float64()):
        try:
            return texts.cast(kind)
        except pyarrow.ArrowInvalid:
            continue
    return texts


def _is_number_column(column: pyarrow.ChunkedArray, spelling: Spelling) -> bool:
    from pyarrow import compute

    known = len(column) - column.null_count
    if not known or _holds(column, _CODE):
        return False
    fits = compute.sum(compute.match_substring_regex(column, _number(spelling))).as_py() or 0
    return bool(fits >= MOSTLY_NUMBERS * known)


def _holds(column: pyarrow.ChunkedArray, pattern: str) -> bool:
    from pyarrow import compute

    return bool(compute.any(compute.match_substring_regex(column, pattern)).as_py())


def _grouped(spelling: Spelling) -> str:
    thousands, decimal = re.escape(spelling.thousands), re.escape(spelling.decimal)
    return rf"^\s*[+-]?[1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}})+(?:{decimal}[0-9]*)?\s*$"


def _number(spelling: Spelling) -> str:
    decimal = re.escape(spelling.decimal)
    digits = rf"[0-9]{{1,3}}(?:{re.escape(spelling.thousands)}[0-9]{{3}})+|[0-9]+" if spelling.thousands else "[0-9]+"
    return rf"^\s*[+-]?(?:(?:{digits})(?:{decimal}[0-9]*)?|{decimal}[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?\s*$"


def _read_dates(column: pyarrow.ChunkedArray, spelling: Spelling, name: str, *, required: bool) -> pyarrow.ChunkedArray:
    """The dates of a column of texts in the declared format, to the second; the column itself where hardly a value is one."""
    from pyarrow import compute

    format = spelling.date_format or "%Y-%m-%d"
    times = compute.strptime(column, format=format, unit="s", error_is_null=True)
    lost = times.null_count - column.null_count
    if not lost:
        return times if len(times) > times.null_count else column
    if required:
        strange = column.filter(compute.and_(compute.is_null(times), compute.is_valid(column)))
        raise DataError(
            f"column {name!r} holds {lost:,} values that are no dates of the form {format}, like {strange[0].as_py()[:40]!r}",
            "correct the values, or date_format or types in [tool.ml]",
        )
    if lost > 0.05 * (len(column) - column.null_count):
        return column
    return respell_dates(column, format)


def respell_dates(column: _Texts, format: str) -> _Texts:
    """Return texts in which the dates of a ``format`` of strptime are spelt as in ISO 8601, to the second; other texts stay."""
    from pyarrow import compute

    times = compute.strptime(column, format=format, unit="s", error_is_null=True)
    return compute.coalesce(compute.strftime(times, format="%Y-%m-%dT%H:%M:%S"), column)


def _to_text(column: pyarrow.ChunkedArray, name: str) -> pyarrow.ChunkedArray:
    """The values as texts; a whole number that is stored as a float is spelt without its point."""
    import pyarrow

    from gates.work.data.ids import canonical

    if pyarrow.types.is_string(column.type):
        return column
    try:
        if pyarrow.types.is_floating(column.type):
            return pyarrow.chunked_array([pyarrow.array(map(canonical, column.to_pylist()), pyarrow.string())])
        return column.cast(pyarrow.string())
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
        raise DataError(
            f"column {name!r} holds {column.type}, which is no text", "take it out of types in [tool.ml]"
        ) from None


def _bare(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{name}"'
