"""Leave the effect of every column beside the run, as numbers that nights can be compared by: shift and spread, or distance.

The reference stays the same from night to night, so the numbers of different nights are on one scale. No row of the data is kept.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gates.measures.drift.report import ColumnDrift, DriftReport
from gates.measures.model.nightly_residuals import Residual, find_residual_shifts

if TYPE_CHECKING:
    from pandas import DataFrame, Series

SCHEMA = 1
WORST = 5


@dataclass(frozen=True, slots=True)
class Named:
    """Name one way in which a column differs; ``part`` is which of its effects that is: the column's name, or its residual's."""

    part: str
    effect: str
    p_value: float
    drifted: bool


def write_columns(drift: DriftReport, reference: DataFrame, current: DataFrame, path: Path) -> None:
    """Write ``path``: the worst columns with their effects in words, and the effect of every column in numbers.

    Numbers give [shift in standard deviations of the reference, logarithm of the ratio of standard deviations], and as ``NAME given
    the others`` [shift of the residual in its standard deviations, 0]; categories and missing values give [distance], the total
    variation distance of their shares.
    """
    numbers = [one.name for one in drift.columns if one.kind == "numbers"]
    residuals = find_residual_shifts(reference, current, numbers)
    named = [Named(_key(one), one.effect, one.p_value, one.drifted) for one in drift.columns]
    named += [_residual(name, one, drift.alpha / len(residuals)) for name, one in residuals.items()]
    worst = sorted(named, key=lambda one: one.p_value)[:WORST]
    effects = {_key(one): _effect(one, reference, current) for one in drift.columns}
    effects |= {_given(name): [round(one.shift, 5), 0.0] for name, one in residuals.items()}
    content = {
        "schema": SCHEMA, "n_reference": drift.n_reference, "n_current": drift.n_current, "effects": effects,
        "worst": [
            {"column": one.part, "effect": one.effect, "p_value": one.p_value, "drifted": one.drifted} for one in worst
        ],
    }  # fmt: skip
    path.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")


def _key(column: ColumnDrift) -> str:
    """Return the key of a column; one column may have two, for its values and for its missing ones."""
    return f"{column.name}: missing" if column.kind == "missing values" else column.name


def _given(name: str) -> str:
    return f"{name} given the others"


def _residual(name: str, residual: Residual, level: float) -> Named:
    return Named(
        _given(name), f"moved by {residual.shift:+.2f} sd of its residual", residual.p_value, residual.p_value < level
    )


def _effect(column: ColumnDrift, reference: DataFrame, current: DataFrame) -> list[float]:
    if column.kind == "numbers":
        shift = _shift_and_spread(reference[column.name], current[column.name])
        if all(math.isfinite(number) for number in shift):
            return [round(number, 5) for number in shift]
    return [round(column.distance, 5)]


def _shift_and_spread(reference: Series, current: Series) -> tuple[float, float]:
    with np.errstate(all="ignore"):
        before, now = (np.asarray(side, dtype=np.float64) for side in (reference, current))
        spread = float(np.nanstd(before))
        shift = (float(np.nanmean(now)) - float(np.nanmean(before))) / spread if spread else math.nan
        ratio = float(np.nanstd(now)) / spread if spread else math.nan
    return shift, math.log(ratio) if ratio > 0 else math.nan
