"""Turn labels, values and probabilities into arrays that may be compared, and refuse everything that may not.

The rule it protects: two models are compared on the same rows, all of them, and a missing or infinite answer is never
scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.intp]

# Probabilities of one row must add up to one; float32 models miss it by a few 1e-7 per class.
_SUM_TOLERANCE = 1e-3


class NotComparable(ValueError):
    """Say why what was given cannot be scored or compared: what was found and what was wanted."""


def column(values: ArrayLike, name: str) -> NDArray[np.generic]:
    """Return ``values`` as an (n,) array without a missing or infinite entry. Raises `NotComparable`."""
    array = _plain(values, name)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise NotComparable(f"{name} has the shape {array.shape}; wanted one label or value for each row")
    if array.size == 0:
        raise NotComparable(f"{name} is empty; wanted at least two rows")
    if missing := _count_missing(array):
        raise NotComparable(f"{name} holds {missing:,} missing or infinite of {array.size:,} entries; wanted none")
    return array


def _plain(values: ArrayLike, name: str) -> NDArray[np.generic]:
    """``values`` as an array. A masked entry is a missing one, and bytes are no text until somebody decodes them."""
    if masked := int(np.sum(getattr(values, "mask", False))) if isinstance(values, np.ma.MaskedArray) else 0:
        raise NotComparable(f"{name} holds {masked:,} masked entries; wanted none")
    try:
        array: NDArray[np.generic] = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise NotComparable(f"{name} is no array: {error}") from None
    if array.dtype.kind == "S" or (array.dtype.kind == "O" and any(isinstance(v, bytes) for v in array.flat)):
        raise NotComparable(f"{name} holds bytes; wanted text: decode them first")
    return array


def _require_numbers(array: NDArray[np.generic], name: str, wanted: str) -> None:
    """Refuse text that happens to look like numbers, times and complex numbers: a cast would make numbers of them."""
    text = array.dtype.kind == "O" and any(isinstance(value, str) for value in array.flat)
    if array.dtype.kind not in "biufO" or text:
        raise NotComparable(f"{name} holds {array.dtype} entries that are no numbers; {wanted}")


def _count_missing(array: NDArray[np.generic]) -> int:
    if array.dtype.kind in "fc":
        return int(np.count_nonzero(~np.isfinite(array)))
    if array.dtype.kind in "Mm":
        return int(np.count_nonzero(np.isnat(array)))
    if array.dtype.kind == "O":
        from pandas import isna

        infinite = sum(isinstance(value, float) and abs(value) == float("inf") for value in array.tolist())
        return int(np.count_nonzero(isna(array))) + infinite
    return 0


def numbers(values: ArrayLike, name: str) -> Floats:
    """Return ``values`` as (n,) finite floats. Raises `NotComparable` for text, missing and infinite entries."""
    array = column(values, name)
    _require_numbers(array, name, "a regression metric needs numbers")
    try:
        floats = array.astype(np.float64)
    except (TypeError, ValueError):
        raise NotComparable(
            f"{name} holds {array.dtype} entries that are no numbers; a regression metric needs numbers"
        ) from None
    if not np.isfinite(floats).all():
        raise NotComparable(f"{name} holds numbers that are not finite; wanted finite ones")
    return floats


def require_same_rows(**columns: ArrayLike) -> int:
    """Return the number of rows that all columns share. Raises `NotComparable` when they differ or are fewer than two."""
    arrays = {name: _plain(values, name) for name, values in columns.items()}
    lengths = {name: len(array) if array.ndim else 0 for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        listed = ", ".join(f"{name} has {length:,}" for name, length in lengths.items())
        raise NotComparable(f"the rows differ: {listed}; wanted answers for the same rows in the same order")
    n = next(iter(lengths.values()))
    if n < 2:
        raise NotComparable(f"there {'is 1 row' if n else 'are 0 rows'}; a comparison needs at least two")
    return n


def encode(columns: Sequence[NDArray[np.generic]]) -> tuple[tuple[Codes, ...], tuple[object, ...]]:
    """Return codes 0..k-1 for the labels of several columns, and the labels themselves in a fixed order.

    Labels of one kind (all numbers, all text) are needed: the text ``"1"`` is not the number ``1``. Raises
    `NotComparable`.
    """
    kinds = {_kind(array) for array in columns}
    if len(kinds) > 1:
        raise NotComparable(
            f"labels are {' and '.join(sorted(kinds))}; wanted one kind, or no label can ever match another"
        )
    _require_exact(columns)
    every = np.concatenate([np.asarray(array) for array in columns])
    try:
        labels, codes = np.unique(every, return_inverse=True)
    except TypeError:
        raise NotComparable("labels of several types stand in one column; wanted one type") from None
    ends = np.cumsum([len(array) for array in columns])[:-1]
    return tuple(np.split(codes.astype(np.intp), ends)), tuple(labels.tolist())


def _require_exact(columns: Sequence[NDArray[np.generic]]) -> None:
    """Refuse whole numbers that a float beside them cannot hold: different labels would become one."""
    floats = any(array.dtype.kind == "f" for array in columns)
    if floats and any(array.dtype.kind in "iu" and np.abs(array.astype(object)).max() >= 2**53 for array in columns):
        raise NotComparable(
            "labels are floats and whole numbers beyond 2^53, which floats cannot tell apart; wanted one type"
        )


def _kind(array: NDArray[np.generic]) -> str:
    if array.dtype.kind in "biuf":
        return "numbers"
    if array.dtype.kind in "US":
        return "text"
    kinds = {"text" if isinstance(value, (str, bytes)) else "numbers" for value in array.tolist()}
    return kinds.pop() if len(kinds) == 1 else "a mixture"


def probabilities(values: ArrayLike, name: str) -> Floats:
    """Return (n, k) class probabilities, adding up to 1. An (n,) array is the probability of the second of two classes.

    Raises `NotComparable` for entries outside 0..1, for rows that do not add up to 1 (within 0.001), for missing
    entries.
    """
    _require_numbers(_plain(values, name), name, "this metric needs class probabilities")
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise NotComparable(
            f"{name} holds entries that are no numbers; this metric needs class probabilities"
        ) from None
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2):
        raise NotComparable(f"{name} has the shape {array.shape}; wanted one row of class probabilities for each row")
    if array.size == 0:
        raise NotComparable(f"{name} is empty; wanted at least two rows")
    if not np.isfinite(array).all():
        raise NotComparable(
            f"{name} holds {int((~np.isfinite(array)).sum()):,} missing or infinite probabilities; wanted none"
        )
    if array.min() < -1e-9 or array.max() > 1 + 1e-6:
        low, high = float(array.min()), float(array.max())
        raise NotComparable(
            f"{name} holds values from {low:.4g} to {high:.4g}; this metric needs class probabilities in 0..1"
        )
    if array.ndim == 1:
        return np.column_stack([1 - array, array])
    off = np.abs(array.sum(axis=1) - 1)
    if off.max() > _SUM_TOLERANCE:
        raise NotComparable(
            f"{name} has {int((off > _SUM_TOLERANCE).sum()):,} rows whose probabilities do not add up to 1"
        )
    return array


def order_classes(y: NDArray[np.generic], k: int, classes: Sequence[object] | None) -> tuple[object, ...]:
    """Return the class of each of ``k`` probability columns: as given, else the sorted labels of ``y``, else 0..k-1.

    Raises `NotComparable` when a label of ``y`` has no column, or when nothing tells which column is which class.
    """
    labels = np.unique(y).tolist()
    if classes is None and len(labels) == k:
        return tuple(labels)
    if classes is None and y.dtype.kind in "iub" and min(labels) >= 0 and max(labels) < k:
        return tuple(range(k))
    if classes is None:
        raise NotComparable(
            f"there are {k} probability columns for {len(labels)} labels; name the columns' classes in order"
        )
    if len(classes) != k or len(set(classes)) != k:
        raise NotComparable(
            f"{len(set(classes))} different classes are named for {k} probability columns; wanted one for each"
        )
    return tuple(classes)
