"""Read a file of behaviours: rows that a person writes and reviews, so every fault is a sentence with the row's name.

The rule it protects: a row that is not understood is refused, never left out.
"""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeGuard

KINDS = ("minimum", "invariance", "direction")
STARTS = ("the holdout", "the middle", "the middle of each class")
GOALS = ("the middle of each class", "the middle of the highest third")
EXPECTATIONS = {
    "minimum": ("its class", "a plain answer", "a value in range"),
    "invariance": ("the same",),
    "direction": ("up", "down"),
}
_KEYS = ("name", "task", "from", "rows", "change", "expect", "of", "allow", "tolerance", "or_refuse")
_CHANGES = ("columns", "set", "multiply", "add_sd", "toward", "share")
Value: TypeAlias = str | int | float | bool


class UnusableBehaviour(ValueError):
    """Say that the file of behaviours makes no sense: an error of usage, not of the model."""

    misconfigured = True


@dataclass(frozen=True, slots=True)
class Perturbation:
    """Name what is done to the rows. ``columns``: names, or ("all",), or ("each",) for one column after the other."""

    columns: tuple[str, ...] = ("all",)
    set: Value | None = None
    multiply: float = 1.0
    add_sd: float = 0.0
    toward: str = ""
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Hold one row of the file. ``start`` is one of `STARTS`, or values for the features that differ from the middle."""

    kind: str
    name: str
    start: str | Mapping[str, Value]
    change: Perturbation
    expect: Value | tuple[float, float]
    task: str = ""
    rows: int = 20
    of: Value | None = None
    allow: float = 0.0
    tolerance: float = 0.0
    or_refuse: bool = False


def read_behaviours(path: Path) -> tuple[Behaviour, ...]:
    """Read every row of a TOML file, in its order. Raises `UnusableBehaviour` with all faults."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnusableBehaviour(f"the behaviours {path.name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UnusableBehaviour(f"the behaviours {path.name} are no TOML: {error}") from None
    faults = _unknown(content, ("schema", *KINDS), "the file")
    if content.get("schema") != 1:
        faults.append(f"schema is {content.get('schema')!r}, wanted 1")
    behaviours: list[Behaviour] = []
    for kind in KINDS:
        rows = content.get(kind, [])
        if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
            faults.append(f"{kind} is no list of tables; write [[{kind}]] above each row")
            continue
        for place, row in enumerate(rows, 1):
            behaviour, wrong = _read_row(kind, row)
            where = f"{kind} {row['name']!r}" if isinstance(row.get("name"), str) else f"{kind} row {place}"
            faults += [f"{where}: {fault}" for fault in wrong]
            behaviours += [behaviour] if behaviour else []
    names = [behaviour.name for behaviour in behaviours]
    faults += [
        f"{name!r} is the name of {names.count(name)} rows" for name in sorted(set(names)) if names.count(name) > 1
    ]
    if faults:
        raise UnusableBehaviour(f"{path.name}: {'; '.join(faults)}")
    return tuple(behaviours)


def _read_row(kind: str, row: Mapping[str, object]) -> tuple[Behaviour | None, list[str]]:
    faults = _unknown(row, _KEYS, "the row")
    if not isinstance(row.get("name"), str) or not row.get("name"):
        faults.append("name is missing, wanted a sentence that says what must hold")
    start = row.get("from", "the holdout")
    if not (isinstance(start, dict) and start) and start not in STARTS:
        faults.append(f"from is {start!r}, wanted one of {', '.join(STARTS)}, or a table of features")
    if row.get("task", "") not in ("", "classification", "regression"):
        faults.append(f"task is {row['task']!r}, wanted classification or regression")
    change, wrong = _read_change(row.get("change", {}))
    faults += wrong
    if kind != "minimum" and not row.get("change"):
        faults.append("change is missing, wanted what must not matter or must be followed")
    expect, wrong = _read_expectation(kind, row.get("expect", "the same" if kind == "invariance" else None))
    faults += wrong
    numbers = {"rows": (20, 1, math.inf), "allow": (0.0, 0.0, 0.99), "tolerance": (0.0, 0.0, math.inf)}
    for key, (default, least, most) in numbers.items():
        value = row.get(key, default)
        if not (_is_number(value) and least <= value <= most):
            faults.append(f"{key} is {value!r}, wanted a number from {least:g} to {most:g}")
    if not isinstance(row.get("or_refuse", False), bool):
        faults.append(f"or_refuse is {row['or_refuse']!r}, wanted true or false")
    if faults:
        return None, faults
    kept = {key: row[key] for key in ("task", "rows", "of", "allow", "tolerance", "or_refuse") if key in row}
    return Behaviour(kind, str(row["name"]), start, change, expect, **kept), []  # type: ignore[arg-type]


def _read_change(table: object) -> tuple[Perturbation, list[str]]:
    if not isinstance(table, dict):
        return Perturbation(), [f'change is {table!r}, wanted a table like {{ columns = "each", set = "missing" }}']
    faults = _unknown(table, _CHANGES, "change")
    columns = table.get("columns", "all")
    names = [columns] if isinstance(columns, str) else columns
    if not (isinstance(names, list) and names and all(isinstance(name, str) for name in names)):
        faults.append(f'columns is {columns!r}, wanted "all", "each" or names')
    for key in ("multiply", "add_sd", "share"):
        if not _is_number(table.get(key, 1.0)):
            faults.append(f"{key} is {table[key]!r}, wanted a number")
    if "toward" in table and table["toward"] not in GOALS:
        faults.append(f"toward is {table['toward']!r}, wanted one of {', '.join(GOALS)}")
    if table and not {"set", "multiply", "add_sd", "toward"} & set(table):
        faults.append("change changes nothing; wanted set, multiply, add_sd or toward")
    if faults:
        return Perturbation(), faults
    return Perturbation(**{**table, "columns": tuple(names)}), []


def _read_expectation(kind: str, wanted: object) -> tuple[Value | tuple[float, float], list[str]]:
    if kind == "minimum" and isinstance(wanted, dict):
        low, high = wanted.get("at_least", -math.inf), wanted.get("at_most", math.inf)
        if set(wanted) <= {"at_least", "at_most"} and wanted and _is_number(low) and _is_number(high) and low <= high:
            return (float(low), float(high)), []
        return "", [f"expect is {wanted!r}, wanted {{ at_least = NUMBER, at_most = NUMBER }}"]
    if kind == "minimum" and isinstance(wanted, (str, int, float)):
        return wanted, []  # one of the words, or a label
    if wanted in EXPECTATIONS[kind]:
        return str(wanted), []
    return "", [f"expect is {wanted!r}, wanted {' or '.join(EXPECTATIONS[kind])}"]


def _unknown(table: Iterable[str], known: tuple[str, ...], where: str) -> list[str]:
    faults = []
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            faults.append(f"{where} has the unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    return faults


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)
