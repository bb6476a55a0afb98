"""Bound what a table may take in memory before it is read: a small file can describe one that fills the machine."""

from __future__ import annotations

from gates.work.errors import DataError

MOST_CELLS = 500_000_000  # 4 GB of float64
MOST_BYTES = 8 << 30  # of a table in memory, texts included
_REMEDY = "give fewer rows or columns: name the columns of the model under features in [tool.ml], or gate a newer part of the data"


def refuse_large(rows: int, columns: int, name: str) -> None:
    """Raise `DataError` for a table of more than `MOST_CELLS` values."""
    if rows * columns > MOST_CELLS:
        raise DataError(
            f"{name} holds {rows:,} rows of {columns:,} columns, {rows * columns:,} values; at most {MOST_CELLS:,} are read",
            _REMEDY,
        )


def refuse_heavy(size: int, name: str) -> None:
    """Raise `DataError` for a table that takes more than `MOST_BYTES` bytes in memory, or will."""
    if size > MOST_BYTES:
        raise DataError(f"{name} takes {size:,} bytes of memory; at most {MOST_BYTES:,} are used", _REMEDY)
