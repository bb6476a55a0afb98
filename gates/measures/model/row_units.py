"""What counts as one row, and for how much: groups of rows that belong together, and the weights of rows.

The rule it protects: rows of one group (visits of a patient, pages of a document) are one piece of evidence and not many, so
whole groups are resampled and n counts groups.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gates.measures.model.predictions import Codes, Floats, NotComparable, column, numbers
from gates.measures.model.subjects import Rows
from gates.measures.shapes import Roles

Array: TypeAlias = NDArray[np.generic]

# With fewer clusters neither the bootstrap nor a cluster-robust variance keeps its level: Cameron, Gelbach and Miller,
# "Bootstrap-based improvements for inference with clustered errors", Review of Economics and Statistics 90 (2008).
FEWEST_GROUPS = 20


def groups_of(rows: Rows, roles: Roles) -> Array | None:
    """Return (n,) the group of each row, or None where the roles name none. Raises `NotComparable` for an absent column."""
    return None if roles.group is None else np.asarray(_column(rows, roles.group, "group"), dtype=str)


def weights_of(rows: Rows, roles: Roles) -> Array | None:
    """Return (n,) the weight of each row, or None where the roles name none. Raises `NotComparable` for an absent column."""
    return None if roles.weight is None else _column(rows, roles.weight, "weight")


def _column(rows: Rows, name: str, role: str) -> Array:
    if name not in rows.frame.columns:
        raise NotComparable(f"the data have no column {name!r}, which [tool.ml] names as {role}; add the column")
    held = rows.frame[name]
    if missing := int(held.isna().sum()):
        raise NotComparable(f"{missing:,} of {len(held):,} rows have no {name!r}, which [tool.ml] names as {role}")
    return np.asarray(held)


def number_groups(groups: ArrayLike, n: int) -> Codes:
    """Return (n,) the number of each row's group, 0.. in the order of first sight, so that names do not matter.

    Raises `NotComparable` for missing entries, another length, and a single group.
    """
    named = column(groups, "groups")
    if len(named) != n:
        raise NotComparable(f"groups names {len(named):,} rows and there are {n:,}; wanted one group for each row")
    _, firsts, codes = np.unique(named.astype(str), return_index=True, return_inverse=True)
    if len(firsts) < 2:
        raise NotComparable("all rows belong to one group; resampling groups needs at least two")
    return np.argsort(np.argsort(firsts))[codes].astype(np.intp)


def scale_weights(weights: ArrayLike, n: int) -> Floats:
    """Return (n,) weights with the mean 1. Raises `NotComparable` for missing, infinite, negative and all-zero ones."""
    given = numbers(weights, "weights")
    if len(given) != n:
        raise NotComparable(f"weights names {len(given):,} rows and there are {n:,}; wanted one weight for each row")
    if given.min() < 0:
        raise NotComparable(f"weights holds {int((given < 0).sum()):,} negative entries; wanted none below 0")
    if given.sum() <= 0:
        raise NotComparable("every weight is 0; wanted at least two rows that count")
    return given / given.mean()


def count_effective(weights: Floats | None, n: int) -> float:
    """Return how many rows of equal weight carry as much: (sum w)^2 / sum w^2 (Kish, "Survey Sampling", 1965)."""
    return float(n) if weights is None else float(weights.sum() ** 2 / (weights**2).sum())


def measure_mean(values: Floats, groups: Codes | None, weights: Floats | None) -> tuple[float, float, int]:
    """Return a weighted mean, its standard error, and the number of rows or groups that it stands on.

    The error is that of the ratio sum(w v) / sum(w), linearised and summed within groups: Cameron and Miller, "A practitioner's
    guide to cluster-robust inference", Journal of Human Resources 50 (2015), with their factor G / (G - 1).
    """
    w = np.ones(len(values)) if weights is None else weights
    total = float(w.sum())
    if total <= 0.0:
        return 0.0, float("inf"), 0
    mean = float((w * values).sum() / total)
    shares = w * (values - mean) / total
    if groups is not None:
        _, codes = np.unique(groups, return_inverse=True)
        shares = np.bincount(codes.reshape(-1), weights=shares)
    units = len(shares)
    if units < 2:
        return mean, float("inf"), units
    return mean, float(np.sqrt((shares**2).sum() * units / (units - 1))), units
