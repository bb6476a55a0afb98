"""Drift detection as the checks ask for it: frames and models on one side, `[tool.gates.<gate>.settings] drift` on the other.

The rule it protects: alpha comes from the bound that the verdict is held to, so that the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gates.measures.drift.declared import divide_into_blocks, list_orders
from gates.measures.drift.detection import detect
from gates.measures.drift.faults import DriftFault
from gates.measures.drift.predictions import PredictionDrift, Predictor, detect_predictions, predict_outputs
from gates.measures.drift.report import DriftReport
from gates.measures.drift.selection import leave_out, list_others, select_columns
from gates.measures.drift.table import NotCompared
from gates.measures.shapes import Roles

if TYPE_CHECKING:
    import pandas as pd


COLUMNS = ("features", "all")


@dataclass(frozen=True, slots=True)
class Options:
    """Hold what the policy may say about drift; `read_options` names anything else.

    ``columns`` is "features" for what the model learns from and the target, "all" for every column without another role.
    """

    backend: str = "alibi-detect"
    smallest_shift: float = 0.5
    effect_floor: bool = True
    seed: int = 0
    columns: str = "features"


def read_options(settings: Mapping[str, object]) -> Options:
    """Read the options from ``settings["drift"]``; absent means defaults. Raises `DriftFault` for unknown keys and values of
    another type.
    """
    given = settings.get("drift", {})
    defaults = Options()
    legal = {"backend": str, "smallest_shift": float, "effect_floor": bool, "seed": int, "columns": str}
    if not isinstance(given, Mapping) or set(given) - set(legal):
        raise DriftFault(
            f"settings drift is {given!r}, wanted a table with the keys {', '.join(legal)}: correct pyproject.toml"
        )
    values: dict[str, object] = {}
    for key, kind in legal.items():
        value = given.get(key, getattr(defaults, key))
        value = float(value) if kind is float and isinstance(value, int) and not isinstance(value, bool) else value
        if type(value) is not kind:
            raise DriftFault(f"settings drift.{key} is {value!r}, wanted a {kind.__name__}: correct pyproject.toml")
        values[key] = value
    if values["columns"] not in COLUMNS:
        raise DriftFault(
            f"settings drift.columns is {values['columns']!r}, wanted {' or '.join(map(repr, COLUMNS))}: correct pyproject.toml"
        )
    return Options(**values)  # type: ignore[arg-type]


def compare_rows(
    reference: pd.DataFrame, current: pd.DataFrame, *, roles: Roles, settings: Mapping[str, object], alpha: float | None
) -> DriftReport:
    """Run `detect` on the features and the target; rows of ``current`` that are also in ``reference`` count as current only.

    Where a group or a block is declared, whole groups or blocks are exchanged, and n counts these. A column that is no feature is
    named as not compared, unless the options choose all columns.
    """
    options = read_options(settings)
    older = leave_out(reference, current[roles.id], roles) if roles.id in current.columns else reference
    labelled = roles.target in older.columns and roles.target in current.columns
    older, newer, blocks = divide_into_blocks(older, current, roles)
    before, now = (
        select_columns(side, roles, with_target=labelled, every=options.columns == "all") for side in (older, newer)
    )
    label = roles.target if labelled and roles.task == "classification" else None
    report = detect(
        before, now, alpha=_require_alpha(alpha), backend=options.backend, effect_floor=options.effect_floor,
        seed=options.seed, smallest_shift=options.smallest_shift, blocks=blocks, orders=list_orders(older, roles),
        label=label,
    )  # fmt: skip
    others = [NotCompared(name, "is no feature") for name in list_others(older, current, roles, chosen=before.columns)]
    return replace(report, skipped=(*report.skipped, *others), table_columns=report.table_columns + len(others))


def compare_answers(
    model: Predictor,
    held_out: pd.DataFrame,
    current: pd.DataFrame,
    *,
    learned: pd.Series,
    roles: Roles,
    settings: Mapping[str, object],
    alpha: float | None,
) -> PredictionDrift:
    """Run `detect_predictions` with ``model`` on held-out against current rows, without rows that it learned from (``learned``
    ids).

    Rows of ``held_out`` that are also in ``current`` count as current only; declared groups or blocks are exchanged whole.
    """
    options = read_options(settings)
    fresh = leave_out(current, learned, roles)
    older = (
        leave_out(leave_out(held_out, learned, roles), fresh[roles.id], roles)
        if roles.id in fresh.columns
        else held_out
    )
    older, fresh, blocks = divide_into_blocks(older, fresh, roles)
    features = list(roles.features)
    answers = [predict_outputs(model, side[features]) if len(side) else None for side in (older, fresh)]
    if answers[0] is None or answers[1] is None:
        raise DriftFault(
            f"{len(older):,} held-out and {len(fresh):,} current rows are left that the model did not learn from: widen the window"
        )
    classes = model.classes if roles.task == "classification" else None
    return detect_predictions(
        answers[0], answers[1], classes=classes, alpha=_require_alpha(alpha), backend=options.backend,
        smallest_shift=options.smallest_shift, blocks=blocks, orders=list_orders(older, roles), seed=options.seed,
    )  # fmt: skip


def _require_alpha(alpha: float | None) -> float:
    if alpha is None:
        raise DriftFault(
            "alpha is not given, wanted the bound of the drift evidence: give it one like '>= 0.01' in [tool.gates]"
        )
    return alpha
