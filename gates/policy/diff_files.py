"""Find what a change lets through in a file that the settings name: a suite of expectations, or a list of behaviours.

The rule it protects: a limit counts wherever it is written. What is not known to be harmless or stricter counts as loosened.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gates.policy.ordering import (
    Change,
    Direction,
    Rule,
    beside,
    higher_is_stricter,
    lower_is_stricter,
    stricter_last,
    unclear,
)

Tables = Mapping[str, object]
_RUN = re.compile(r"(0|[1-9]\d{0,5})\.\.(0|[1-9]\d{0,5})\Z")
_SHOWN = 5  # columns that are named one by one


def _narrower_is_stricter(old: object, new: object) -> Direction:
    """Compare ranges, given as [lowest, highest]."""
    before, after = _range(old), _range(new)
    if before is None or after is None:
        return Direction.UNCLEAR
    if before[0] <= after[0] and after[1] <= before[1]:
        return Direction.TIGHTENED
    return Direction.LOOSENED if after[0] <= before[0] and before[1] <= after[1] else Direction.UNCLEAR


def _range(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2 or not all(type(end) in (int, float) for end in value):
        return None
    return float(value[0]), float(value[1])


def _fewer_is_stricter(old: object, new: object) -> Direction:
    """Compare lists of categories, or the kinds of a column joined by ``or``."""
    before, after = _members(old), _members(new)
    if before is None or after is None:
        return Direction.UNCLEAR
    if after <= before:
        return Direction.TIGHTENED
    return Direction.LOOSENED if before <= after else Direction.UNCLEAR


def _members(value: object) -> set[str] | None:
    words = value.split(" or ") if isinstance(value, str) else value
    return {repr(one) for word in words for one in _expand(word)} if isinstance(words, list) else None


@dataclass(frozen=True, slots=True)
class _Meaning:
    """Say what a key of an expectation means: how its values compare, by column or as one, and what its absence means."""

    rule: Rule
    by_column: bool = False
    absent: object = None


_COLUMNS = ("columns", "ignore")  # columns that are checked, or in which equal rows may differ: fewer let more through
_KEYS: Mapping[str, _Meaning] = {
    "kinds": _Meaning(_fewer_is_stricter, by_column=True),
    "ranges": _Meaning(_narrower_is_stricter, by_column=True),
    "categories": _Meaning(_fewer_is_stricter, by_column=True),
    "at_most": _Meaning(lower_is_stricter, by_column=True),
    "seen": _Meaning(lower_is_stricter, by_column=True),
    "at_least": _Meaning(higher_is_stricter, absent=2),
    "min_value": _Meaning(higher_is_stricter),
    "max_value": _Meaning(lower_is_stricter),
    "level": _Meaning(higher_is_stricter, absent=0.01),
    "noticeable": _Meaning(lower_is_stricter),
    "exact_match": _Meaning(stricter_last(False, True), absent=True),
}
_BEHAVIOURS: Mapping[str, Rule] = {
    "allow": lower_is_stricter,
    "tolerance": lower_is_stricter,
    "or_refuse": stricter_last(True, False),
}
_KINDS = ("minimum", "invariance", "direction")


def compare_files(setting: str, where: str, old: bytes | None, new: bytes | None) -> Iterator[Change]:
    """Yield every change between two contents of the file that ``setting`` names; ``where`` names it in the sentences.

    None is the content of an absent file; a content that cannot be read makes the comparison unclear.
    """
    if old == new:
        return
    before, after = _parse(setting, old), _parse(setting, new)
    if before is None or after is None:
        lost = " and ".join(word for word, side in (("old", before), ("new", after)) if side is None)
        yield Change(Direction.UNCLEAR, f"{where}: its {lost} content cannot be read; cannot say which is stricter")
        return
    changes = tuple(
        _expectations(where, before, after) if setting == "expectations" else _behaviours(where, before, after)
    )
    yield from changes
    if not changes and before != after:
        yield Change(Direction.UNCLEAR, f"{where}: changed in a way that has no name here")
    elif not changes:
        yield Change(Direction.BESIDE, f"{where}: its layout changed, not what it says")


def _parse(setting: str, content: bytes | None) -> Tables | None:
    try:
        text = (content or b"").decode("utf-8")
        parsed = json.loads(text) if setting == "expectations" else tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if content is not None and isinstance(parsed, dict) else None


def _expectations(where: str, old: Tables, new: Tables) -> Iterator[Change]:
    yield from _apart(where, old, new, {"notes": beside, "name": beside}, {"expectations"})
    before, after = _by_type(old.get("expectations")), _by_type(new.get("expectations"))
    if before is None or after is None:
        yield Change(
            Direction.UNCLEAR, f"{where}: the expectations are no list of tables; cannot say which is stricter"
        )
        return
    for name in {**before, **after}:
        if name not in after:
            yield Change(Direction.LOOSENED, f"{where}: the expectation {name} was removed")
        elif name not in before:
            yield Change(Direction.TIGHTENED, f"{where}: the expectation {name} was added")
        else:
            yield from _expectation(f"{where}: {name}", before[name], after[name])


def _by_type(entries: object) -> dict[str, Tables] | None:
    """Return the expectations by their type and, where several have one type, by what else they are about."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return None
    by_type: dict[str, Tables] = {}
    for entry in entries:
        name = " of ".join(str(entry[key]) for key in ("type", "column") if key in entry)
        number = sum(known.partition(" #")[0] == name for known in by_type)
        by_type[f"{name} #{number + 1}" if number else name] = entry
    return by_type


def _expectation(where: str, old: Tables, new: Tables) -> Iterator[Change]:
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        meaning = _KEYS.get(key, _Meaning(unclear))
        if key in _COLUMNS and _is_list(before) and _is_list(after):
            yield from _listed(f"{where}, {key}", _expand_all(before), _expand_all(after))
        elif meaning.by_column and isinstance(before, dict) and isinstance(after, dict):
            yield from _by_column(where, key, _expand_keys(before), _expand_keys(after), meaning.rule)
        elif key in ("min_value", "max_value") and None in (before, after):
            direction = Direction.LOOSENED if after is None else Direction.TIGHTENED
            yield Change(direction, f"{where}, {key}: from {_shown(before)} to {_shown(after)}")
        else:
            yield _changed(f"{where}, {key}", old.get(key, meaning.absent), new.get(key, meaning.absent), meaning.rule)


def _by_column(where: str, key: str, old: Tables, new: Tables, rule: Rule) -> Iterator[Change]:
    """Yield one change for all the columns that changed alike."""
    alike: dict[tuple[Direction, str], list[str]] = {}
    for column in {**old, **new}:
        before, after = old.get(column), new.get(column)
        if before == after:
            continue
        if after is None:
            change = Direction.LOOSENED, f"the limit of {key}, {_shown(before)}, was removed"
        elif before is None:
            change = Direction.TIGHTENED, f"a limit of {key}, {_shown(after)}, was added"
        else:
            direction = rule(before, after)
            doubt = "; cannot say which is stricter" if direction is Direction.UNCLEAR else ""
            change = direction, f"{key} from {_shown(before)} to {_shown(after)}{doubt}"
        alike.setdefault(change, []).append(column)
    for (direction, sentence), columns in alike.items():
        yield Change(direction, f"{where}, {_named(columns)}: {sentence}")


def _listed(where: str, old: list[str], new: list[str]) -> Iterator[Change]:
    if gone := [name for name in old if name not in new]:
        yield Change(Direction.LOOSENED, f"{where}: {_named(gone)} {'was' if len(gone) == 1 else 'were'} removed")
    if more := [name for name in new if name not in old]:
        yield Change(Direction.TIGHTENED, f"{where}: {_named(more)} {'was' if len(more) == 1 else 'were'} added")


def _behaviours(where: str, old: Tables, new: Tables) -> Iterator[Change]:
    yield from _apart(where, old, new, {}, {*_KINDS})
    for kind in _KINDS:
        before, after = _by_name(old.get(kind)), _by_name(new.get(kind))
        for name in {**before, **after}:
            if name not in after:
                yield Change(Direction.LOOSENED, f"{where}: the {kind} row {name!r} was removed")
            elif name not in before:
                yield Change(Direction.TIGHTENED, f"{where}: the {kind} row {name!r} was added")
            else:
                yield from _apart(f"{where}: {kind} row {name!r},", before[name], after[name], _BEHAVIOURS, set())


def _by_name(rows: object) -> dict[str, Tables]:
    entries = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return {str(row.get("name", number)): row for number, row in enumerate(entries, 1)}


def _apart(where: str, old: Tables, new: Tables, rules: Mapping[str, Rule], known: set[str]) -> Iterator[Change]:
    defaults = {"allow": 0.0, "tolerance": 0.0, "or_refuse": False}
    for key in {**old, **new}:
        if key not in known and old.get(key) != new.get(key):
            default = defaults.get(key)
            yield _changed(f"{where} {key}", old.get(key, default), new.get(key, default), rules.get(key, unclear))


def _changed(what: str, before: object, after: object, rule: Rule) -> Change:
    direction = Direction.BESIDE if before == after else rule(before, after)  # equal where a default was written out
    doubt = "; cannot say which is stricter" if direction is Direction.UNCLEAR else ""
    return Change(direction, f"{what}: from {_shown(before)} to {_shown(after)}{doubt}")


def _shown(value: object) -> str:
    return "absent" if value is None else f"{value!r:.120}"


def _named(columns: list[str]) -> str:
    runs = _runs(columns)
    more = f" and {len(columns) - _SHOWN} more" if len(runs) > _SHOWN else ""
    shown = columns[:_SHOWN] if more else runs
    return f"{'column' if len(columns) == 1 else 'columns'} {', '.join(shown)}{more}"


def _runs(columns: Iterable[str]) -> list[str]:
    """Return the columns, where three or more whole-number names follow each other as one text like ``0..127``."""
    runs: list[list[str]] = []
    for name in columns:
        if runs and name.isdecimal() and runs[-1][-1].isdecimal() and int(name) == int(runs[-1][-1]) + 1:
            runs[-1].append(name)
        else:
            runs.append([name])
    return [name for run in runs for name in ([f"{run[0]}..{run[-1]}"] if len(run) > 2 else run)]


def _expand(word: object) -> list[object]:
    run = _RUN.match(word) if isinstance(word, str) else None
    return [word] if run is None else [str(number) for number in range(int(run[1]), int(run[2]) + 1)]


def _expand_all(words: object) -> list[str]:
    return [str(name) for word in words for name in _expand(word)] if isinstance(words, list) else []


def _expand_keys(table: Mapping[str, object]) -> dict[str, object]:
    return {str(name): value for word, value in table.items() for name in _expand(word)}


def _is_list(value: object) -> bool:
    return isinstance(value, list)
