"""Read the old, flat form of a gate's checks, for one release: one table with the node id of each check as its key.

The nested form names suite files and checks apart. Names that the suites of Gates changed meanwhile are changed with them, so
that an old policy decides as it did; ``old_names.toml`` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from gates.toml_reader import read_toml

_OLD_NAMES = Path(__file__).with_name("old_names.toml")
_PER_CHECK = ("unless", "accept", "role")

Tables = Mapping[str, object]


def is_flat(table: object) -> bool:
    """Return whether a gate's table is in the old form."""
    return isinstance(table, dict) and "checks" in table


def nest(gates: Tables) -> dict[str, object]:
    """Return ``[tool.gates]`` with every gate in the nested form. A key of ``checks`` that is no check stays where it is."""
    if not any(is_flat(table) for table in gates.values()):
        return dict(gates)
    moved = _old_names()["work"]
    assert isinstance(moved, dict)
    nested: dict[str, object] = {}
    for key, value in gates.items():
        if key == "waivers" and isinstance(value, list):
            nested[key] = [_waiver(entry) for entry in value]
        else:
            nested[key] = (
                _gate(value) if is_flat(value) else moved.get(value, value) if isinstance(value, str) else value
            )
    return nested


def _waiver(entry: object) -> object:
    """Return a waiver for a check of an old name as one for its name of today."""
    if not isinstance(entry, dict) or not isinstance(entry.get("check"), str):
        return entry
    file, colons, test = entry["check"].partition("::")
    new = _old_names().get(f"{Path(file).name}::{test}")
    name = f"test_{new['name']}" if isinstance(new, dict) and "name" in new else test
    return {**entry, "check": f"{file}{colons}{name}"}


def _gate(table: object) -> dict[str, object]:
    assert isinstance(table, dict)
    nested = {key: value for key, value in table.items() if key != "checks"}
    checks = table["checks"]
    if not isinstance(checks, dict):
        return dict(table)
    strangers = {}
    for name, entry in checks.items():
        file, _, test = name.partition("::")
        of_file = nested.setdefault(file, {}) if file.endswith(".py") and test else None
        if isinstance(of_file, dict) and isinstance(entry, dict):
            _add(of_file, file, test, entry)
        elif isinstance(of_file, dict):
            of_file.setdefault("thresholds", {})[test] = entry
        else:
            strangers[name] = entry
    return {**nested, "checks": strangers} if strangers or not checks else nested


def _add(file_table: dict[str, object], file: str, test: str, entry: Tables) -> None:
    """Add one check to the table of its file."""
    new = _new_name(file, test, entry)
    name = str(new.get("name", test.removeprefix("test_") or test))
    renamed, added = new.get("evidence", {}), new.get("bounds", {})
    assert isinstance(renamed, dict)
    assert isinstance(added, dict)
    apart = {key: value for key, value in entry.items() if key in _PER_CHECK}
    if "role" in new:
        apart.setdefault("role", new["role"])
    bounds = {_renamed(id, renamed) or id: bound for id, bound in entry.items() if id not in _PER_CHECK}
    bounds = {id: bound for id, bound in bounds.items() if not (id in added and _is_none(bound))}
    if new.get("invariant"):
        invariants = file_table.setdefault("invariants", [])
        assert isinstance(invariants, list)
        invariants.append(name)
        if _is_none(bounds.get("violations")):
            del bounds["violations"]  # what an invariant is held to anyway
    bounds |= {id: bound for id, bound in added.items() if id not in bounds}
    if bounds or not new.get("invariant"):
        thresholds = file_table.setdefault("thresholds", {})
        assert isinstance(thresholds, dict)
        thresholds[name] = bounds
    for key, value in apart.items():
        of_checks = file_table.setdefault(key, {})
        assert isinstance(of_checks, dict)
        of_checks[name] = value


def _is_none(bound: object) -> bool:
    """Return whether a bound lets only zero through, of what is never negative."""
    return str(bound).replace(" ", "") in ("==0", "<=0")


def _new_name(file: str, test: str, entry: Tables) -> Tables:
    """Return what the suites of Gates call a check and its evidence today; nothing for a check that never was theirs.

    A check of the same name whose evidence has other names belongs to somebody else.
    """
    new = _old_names().get(f"{Path(file).name}::{test}")
    if not isinstance(new, dict):
        return {}
    known = new.get("evidence", {})
    assert isinstance(known, dict)
    return new if all(id in _PER_CHECK or _renamed(id, known) for id in entry) else {}


def _renamed(id: str, known: Mapping[str, str]) -> str:
    """Return the id of today for an old one; empty where there is none."""
    if id in known:
        return known[id]
    for old, new in known.items():
        before, star, after = old.partition("*")
        if star and id.startswith(before) and id.endswith(after) and len(id) > len(before) + len(after):
            return new.replace("*", id.removeprefix(before).removesuffix(after))
    return ""


@cache
def _old_names() -> Tables:
    return read_toml(_OLD_NAMES)
