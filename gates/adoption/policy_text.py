"""Write the policy of a new project: at most twenty lines, each bound with where it comes from."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from gates.policy.rendering import write_value

MOST_LINES = 20
FRESH = 7  # days that gates:standard allows the newest row to be old
_EXTENDS = {"classification": "gates:standard", "regression": "gates:standard-regression"}
_ROLES = ("id", "target", "task", "time", "group", "split")


def write_policy(
    name: str,
    data: str,
    roles: Mapping[str, str],
    draft: Mapping[str, Any],
    *,
    train: str,
    expectations: str | None,
    today: date,
    extends: str = "",
) -> str:
    """Return [tool.ml] and [tool.gates] for a project.

    ``roles`` are the columns by role, and the task; ``draft`` is the answer of the step ``draft`` of `gates.proposal`. ``extends``
    names another policy than the standard one of the task. ``expectations`` is the file of a suite, None where there is none.
    """
    lines = ["[tool.ml]", f"name = {write_value(name)}", f"data = {write_value(data)}"]
    if "id" not in roles:
        lines[-1] += "  # no id: a row is identified by its content"
    lines += [f"{role} = {write_value(roles[role])}" for role in _ROLES if role in roles]
    lines += [f"train = {write_value(train)}", "[tool.gates]"]
    lines += [f"extends = {write_value(extends or _EXTENDS[roles['task']])}"]
    if expectations is not None:
        lines += [f"data.settings.expectations = {write_value(expectations)}"]
    lines += [*_freshness(draft, today), *_leakage(draft), *_drift(draft, roles), *_floors(draft, today)]
    return "\n".join([*lines, ""])


def name_model(stem: str) -> str:
    """Return a name for the model from the name of a file: letters, digits, ``_``, ``-`` and ``.``."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", stem).strip("_.-")[:60]
    return name or "model"


def floor_bounds(floors: list[Mapping[str, Any]]) -> Mapping[str, str]:
    """Return the bound of each metric that is held to one.

    Where no score that the default model is sure to reach is above a model without features, the bound is the score of that one.
    """
    met = {one["metric"]: f">= {one['floor']:g}" for one in floors if one["floor"] is not None}
    last = floors[-1]
    return met or {last["metric"]: f"> {max(last['baseline'], 0.0):.4g}"}


def describe_floor(floor: Mapping[str, Any], holdout_rows: int) -> str:
    """Return in words what the default model reaches, its interval, and what a model without features reaches."""
    return (
        f"{floor['metric']} {floor['reached']:.3f} (98 % of holdouts of {holdout_rows:,} rows: {floor['low']:.3f} to"
        f" {floor['high']:.3f}; without features {floor['baseline']:.3f})"
    )


def _floors(draft: Mapping[str, Any], today: date) -> list[str]:
    """A comment for each metric, with value, interval, method and date, and then the bounds."""
    floors = draft["floors"]
    bounds = floor_bounds(floors)
    method = f"5-fold cross-validation of {draft['validated']:,} training rows, {today}"
    lines = [f"# {describe_floor(one, draft['holdout_rows'])}; {method}" for one in floors]
    floor = f'model."test_floors.py".thresholds.challenger_clears_the_floor = {write_value(bounds)}'
    left = [one["metric"] for one in floors if one["metric"] not in bounds]
    if left:
        none = write_value(dict.fromkeys(left, "none"))
        floor += f"  {'; '.join(lines)}. No floor for {', '.join(left)}: too close to a model without features"
        lines = [f"model.settings.metrics = {write_value(list(bounds))}"]
        lines.append(f'model."test_champion.py".thresholds.challenger_is_no_worse = {none}')
        lines.append(f'model."test_anchor.py".thresholds.challenger_is_no_worse_than_the_anchor = {none}')
    return [*lines, floor]


def _freshness(draft: Mapping[str, Any], today: date) -> list[str]:
    age = draft["age_days"]
    if age is None or age <= FRESH - 1:
        return []
    bound = write_value({"age_days": f"<= {math.ceil(age) + FRESH}"})
    return [
        f'data."test_freshness.py".thresholds.the_newest_row_is_recent = {bound}  # {math.floor(age):,} days on {today}'
    ]


def _leakage(draft: Mapping[str, Any]) -> list[str]:
    exact, near = draft["leaks"]
    names = {"no_holdout_row_equals_a_training_row": exact, "no_holdout_row_nearly_equals_a_training_row": near}
    without = [name for name, count in names.items() if count]
    if not without:
        return []
    why = f"# {max(exact, near):,} of {draft['holdout_rows']:,} holdout rows equal a training row in every feature"
    return [f'data."test_leakage.py".without = {write_value(without)}  {why}']


def _drift(draft: Mapping[str, Any], roles: Mapping[str, str]) -> list[str]:
    rows, needed = draft["drift_rows"]
    if rows >= needed:
        return []
    share = write_value({"rows_share": f">= {math.floor(100 * rows / needed) / 100:g}"})
    check = 'drift."test_challenger_drift.py".thresholds.training_rows_still_look_like_the_current_window'
    return [f"{check} = {share}  # {rows:,} {'groups' if 'group' in roles else 'rows'}; a small shift needs {needed:,}"]
