"""Put rows and groups into an order that their content alone decides, so that a shuffled file gets the identical answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Codes: TypeAlias = NDArray[np.intp]
Array: TypeAlias = NDArray[np.generic]


def order_rows(columns: Sequence[Array]) -> tuple[Codes, Codes]:
    """Return (n,) the places of the rows in ascending order, and (n,) in that order a number that only equal rows share.

    ``columns`` are (n,) or (n, k), of numbers; the first decides first.
    """
    keys = [part for column in columns for part in np.atleast_2d(column.T)]
    order = np.lexsort(keys[::-1])
    new = np.zeros(len(order), dtype=bool)
    for key in keys:
        new[1:] |= key[order][1:] != key[order][:-1]
    return order.astype(np.intp), np.cumsum(new).astype(np.intp)


def order_groups(groups: Codes, kinds: Codes) -> Codes:
    """Return (n,) the groups numbered anew, 0.. in the order of the kinds of rows that they hold.

    ``groups`` (n,) are codes 0.., ``kinds`` (n,) a number that only equal rows share. Groups of equal rows are interchangeable.
    """
    number = int(groups.max()) + 1
    order = np.lexsort((kinds, groups))
    held = np.split(kinds[order], np.cumsum(np.bincount(groups, minlength=number))[:-1])
    keys = [tuple(part.tolist()) for part in held]
    places = np.empty(number, dtype=np.intp)
    places[sorted(range(number), key=keys.__getitem__)] = np.arange(number)
    return places[groups]
