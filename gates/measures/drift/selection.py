"""Which rows and columns drift is about.

Columns: the features and, where a side has it, the target; never the id, the time or the group: they differ between two
windows by their nature. Rows: none on both sides; equal rows are no agreement, and they break the permutation test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from gates.measures.shapes import Roles

if TYPE_CHECKING:
    import pandas as pd


def select_columns(frame: pd.DataFrame, roles: Roles, *, with_target: bool, every: bool = False) -> pd.DataFrame:
    """Return the columns of ``frame`` in which drift is looked for, as a copy; the classes of a classification become categories.

    They are the features, or ``every`` column without another role. Current rows often have no target yet: take it
    ``with_target`` only where both sides have it. A feature that ``frame`` lacks is left out here; `detect` names it when the
    other side has it.
    """
    candidates = [*roles.features, *([str(name) for name in frame.columns] if every else [])]
    candidates += [roles.target] if with_target else []
    apart = _apart(roles) - ({roles.target} if with_target else set())
    names = [name for name in dict.fromkeys(candidates) if name in frame.columns and name not in apart]
    chosen = frame[names].copy()
    if roles.task == "classification" and roles.target in names:
        chosen[roles.target] = chosen[roles.target].astype("category")
    return chosen


def list_others(
    reference: pd.DataFrame, current: pd.DataFrame, roles: Roles, *, chosen: Iterable[str]
) -> tuple[str, ...]:
    """Return the columns of both tables that have no role and are not among the ``chosen`` ones, in their order."""
    out = _apart(roles) | set(chosen)
    return tuple(str(name) for name in reference.columns if name in current.columns and str(name) not in out)


def _apart(roles: Roles) -> set[str | None]:
    """The columns that differ between two windows by their nature, or that are no values of the rows."""
    return {roles.id, roles.time, roles.group, roles.weight, roles.target}


def leave_out(frame: pd.DataFrame, ids: pd.Series, roles: Roles) -> pd.DataFrame:
    """Return the rows of ``frame`` whose id is not among ``ids``; all of them where ``frame`` carries no id."""
    return frame[~frame[roles.id].isin(set(ids))] if roles.id in frame.columns else frame


def require_window(
    current: pd.DataFrame, held_out: pd.DataFrame, inapplicable: Callable[[str, str], object]
) -> pd.DataFrame:
    """Return ``current``, unless it is nothing but the held-out rows: then there is no window to compare them with."""
    if current is held_out or current.equals(held_out):
        inapplicable("no_current_window", "no newer rows are configured: the current window is the holdout itself")
    return current
