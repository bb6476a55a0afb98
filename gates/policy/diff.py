"""Find what a change of the policy lets through that was held back before, one sentence for each change.

The rule it protects: a policy is loosened only where a person has read that it is. Whatever is not known to be harmless or
stricter counts as loosened: a key without a rule, a value that cannot be read, a setting that belongs to the user's own checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from gates.policy.diff_files import compare_files
from gates.policy.layers import PER_CHECK, Effective, Files, is_file_key, required, texts_of
from gates.policy.ordering import (
    Change,
    Direction,
    Rule,
    absent_is_stricter,
    beside,
    compare_bounds,
    higher_is_stricter,
    lower_is_stricter,
    members,
    present_is_stricter,
    shorter_is_stricter,
    stricter_last,
    unclear,
)
from gates.policy.records import ASIDE, FILE_SETTINGS, GATES
from gates.policy.schedule import share_of
from gates.policy.suites import find_file

Tables = Mapping[str, object]
_Rules = Mapping[str, tuple[Rule, object]]  # how a key is compared, and what its absence means

_TOP: _Rules = {
    "first_model": (stricter_last("floors", "refuse"), None),
    "max_age": (shorter_is_stricter, "24h"),
    "require_lock": (stricter_last(False, True), False),
    "max_waivers": (lower_is_stricter, 3),
    "longest_waiver": (shorter_is_stricter, "30d"),
    "landmark": (present_is_stricter, None),
    "trust_pickle": (absent_is_stricter, None),
}
_PROMOTION: _Rules = {
    "approvals": (higher_is_stricter, 0),
    "timeout": (shorter_is_stricter, "24h"),
    "own_runs": (stricter_last(True, False), False),
}
_GATE: _Rules = {
    "timeout": (shorter_is_stricter, "10m"),
    "inconclusive": (stricter_last("warn", "block"), "block"),
}
_NIGHTLY: _Rules = {
    **_GATE,
    "false_alarms_per_year": (higher_is_stricter, 1),  # the more alarms may be false, the fewer are missed
    "nights_per_year": (lower_is_stricter, 365),
    "stale_after": (shorter_is_stricter, "3d"),
}
_SETTINGS: _Rules = {
    **dict.fromkeys(("slice_margin", "slice_gap", "slice_minimum"), (lower_is_stricter, None)),
    **dict.fromkeys(("noise", "single_rows", "sequential", "parallel", "callers"), (higher_is_stricter, None)),
    "alpha": (higher_is_stricter, 0.01),
    "contradictions": (lower_is_stricter, 0.01),
    "drift smallest_shift": (lower_is_stricter, 0.5),
    "drift effect_floor": (stricter_last(True, False), True),
}
_SETTING_LISTS = (
    "metrics",
    "baseline_metrics",
    "probability_metrics",
    "percentiles",
)  # what is measured: fewer entries are looser
_BESIDE = ("data", "train", "load", "save", "params")  # of [tool.ml]: what is being gated


Content = Callable[[str], bytes | None]  # of a file that a setting names, on one side of the comparison


@dataclass(frozen=True, slots=True)
class Side:
    """Hold one of two policies: its effective ``[tool]``, and the content of the files that its settings name (None if absent)."""

    tool: Tables
    content: Content = lambda name: None

    @classmethod
    def of(cls, effective: Effective, files: Files) -> Side:
        """Return an effective policy, with its settings' files read from ``files``: those of the same moment."""
        return cls(effective.tool, lambda name: files.content(find_file(name, effective.root)))


def compare_sides(old: Side, new: Side) -> tuple[Change, ...]:
    """Return every change between two policies and between the files that their settings name; nothing where all is equal."""
    changes = list(compare_policies(old.tool, new.tool))
    before, after = _table(old.tool.get("gates")), _table(new.tool.get("gates"))
    for gate in (*GATES, *ASIDE):
        settings, now = (_table(_table(tables.get(gate)).get("settings")) for tables in (before, after))
        for key in FILE_SETTINGS:
            if settings.get(key) and now.get(key):
                names = list(dict.fromkeys([str(settings[key]), str(now[key])]))
                where = f"{gate} gate, {' -> '.join(names)}"
                changes += compare_files(key, where, old.content(str(settings[key])), new.content(str(now[key])))
    return tuple(changes)


def compare_policies(old: Tables, new: Tables) -> tuple[Change, ...]:
    """Return every change between two effective ``[tool]`` tables, as `gates.policy.layers.read_effective` gives them.

    There is none exactly when ``gates`` and ``ml`` are equal.
    """
    before, after = _table(old.get("gates")), _table(new.get("gates"))
    gates = [key for key in (*GATES, *ASIDE) if _is_gate(before.get(key)) or _is_gate(after.get(key))]
    known = {*gates, "promotion", "waivers", "trust", "metrics"}
    changes = [
        *_keys("[tool.gates]", _without(before, known), _without(after, known), _TOP),
        *_keyed("waiver", "check", before.get("waivers"), after.get("waivers")),
        *_metrics(_table(before.get("metrics")), _table(after.get("metrics"))),
        *_promotion(before.get("promotion"), after.get("promotion")),
        *_trust(_table(before.get("trust")), _table(after.get("trust"))),
    ]
    for gate in gates:
        changes += _gate(gate, before.get(gate), after.get(gate))
    changes += _ml(_table(old.get("ml")), _table(new.get("ml")))
    if not changes and (old.get("gates"), old.get("ml")) != (new.get("gates"), new.get("ml")):
        changes.append(Change(Direction.UNCLEAR, "the policy changed in a way that has no name here"))
    return tuple(changes)


def _is_gate(value: object) -> bool:
    return isinstance(value, dict)


def _table(value: object) -> Tables:
    return value if isinstance(value, dict) else {}


def _without(table: Tables, keys: set[str]) -> Tables:
    return {key: value for key, value in table.items() if key not in keys}


def _keys(where: str, old: Tables, new: Tables, rules: _Rules) -> Iterator[Change]:
    """Yield the changes of single values, each by its rule; for a key without a rule, which is stricter is unclear."""
    for key in {**old, **new}:
        rule, default = rules.get(key, (unclear, None))
        before, after = old.get(key, default), new.get(key, default)
        if type(before) is not type(after) or before != after:
            yield _changed(f"{where} {key}", before, after, rule)


def _changed(what: str, before: object, after: object, rule: Rule) -> Change:
    direction = rule(before, after)
    doubt = "; cannot say which is stricter" if direction is Direction.UNCLEAR else ""
    return Change(direction, f"{what}: from {_shown(before)} to {_shown(after)}{doubt}")


def _shown(value: object) -> str:
    return "absent" if value is None else value[:120] if isinstance(value, str) and value else f"{value!r:.120}"


def _gate(gate: str, old: object, new: object) -> Iterator[Change]:
    if not _is_gate(new):
        yield Change(Direction.LOOSENED, f"the {gate} gate was removed, with its checks")
        return
    if not _is_gate(old):
        yield Change(Direction.TIGHTENED, f"the {gate} gate was added")
        return
    before, after = _table(old), _table(new)
    apart = {"settings", *(key for key in {**before, **after} if is_file_key(key))}
    rules = _NIGHTLY if gate == "nightly" else _GATE
    yield from _keys(f"{gate} gate,", _without(before, apart), _without(after, apart), rules)
    yield from _settings(gate, _flattened(before.get("settings")), _flattened(after.get("settings")))
    checks, now = _checks(before), _checks(after)
    for name in {**checks, **now}:
        if name not in now:
            yield Change(Direction.LOOSENED, f"{gate} gate: the check {name} was removed")
        elif name not in checks:
            yield Change(Direction.TIGHTENED, f"{gate} gate: the check {name} was added")
        elif checks[name] != now[name]:
            yield from _check(f"{gate} gate, {name}", checks[name], now[name])


def _checks(gate: Tables) -> dict[str, object]:
    """Return what a gate's table says of each check: the bounds of its evidence and, beside them, when it need not apply."""
    checks: dict[str, object] = {}
    for label, file in gate.items():
        if not is_file_key(label) or not isinstance(file, dict):
            continue
        for name in required(file):
            invariant = name in texts_of(file.get("invariants"))
            bounds = _table(file.get("thresholds")).get(name, {})
            apart = {key: value for key in PER_CHECK if (value := _table(file.get(key)).get(name)) is not None}
            if isinstance(bounds, dict):
                counted = {"invariant": True, "violations": "== 0"} if invariant else {}
                bounds = {**counted, **bounds, **apart}
            checks[f"{label}::{_in_full(name)}"] = bounds
    return checks


def _in_full(name: str) -> str:
    *classes, function = name.split("::")
    return "::".join([*classes, function if function.startswith("test") else f"test_{function}"])


def _check(where: str, old: object, new: object) -> Iterator[Change]:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        yield _changed(where, old, new, unclear)
        return
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        if key == "unless":
            yield from _listed(f"{where}: the condition", before, after, more=Direction.LOOSENED)
        elif key == "accept":
            yield _changed(f"{where}: accept", before or "none", after or "none", stricter_last("drift", "none"))
        elif key == "role":
            yield _changed(f"{where}: role", before or "none", after or "none", unclear)
        elif key == "invariant":
            direction = Direction.TIGHTENED if after else Direction.LOOSENED
            yield Change(direction, f"{where}: is {'now' if after else 'no longer'} an invariant")
        elif after is None:
            yield Change(Direction.LOOSENED, f"{where}: the bound of {key} ({before}) was removed")
        elif before is None:
            yield Change(Direction.TIGHTENED, f"{where}: the bound of {key} ({after}) was added")
        else:
            yield _changed(f"{where}: the bound of {key}", before, after, _compare_bounds)


def _compare_bounds(old: object, new: object) -> Direction:
    """Compare bounds, and shares of a night's alpha: the larger the share, the sooner it is an alarm."""
    before, after = share_of(str(old)), share_of(str(new))
    if before is None or after is None:
        return compare_bounds(old, new)
    if before == after:
        return Direction.BESIDE
    return higher_is_stricter(before[1], after[1]) if before[0] == after[0] else Direction.UNCLEAR


def _listed(what: str, old: object, new: object, *, more: Direction) -> Iterator[Change]:
    """Yield the changes of a list of texts, where ``more`` is the direction of an added member."""
    apart = members(old, new)
    less = Direction.LOOSENED if more is Direction.TIGHTENED else Direction.TIGHTENED
    if apart is None or not any(apart):
        yield _changed(what.rstrip(":"), old, new, unclear)
        return
    yield from (Change(less, f"{what} {member} was removed") for member in apart[0])
    yield from (Change(more, f"{what} {member} was added") for member in apart[1])


def _settings(gate: str, old: Tables, new: Tables) -> Iterator[Change]:
    for key in {**old, **new}:
        if key in FILE_SETTINGS and old.get(key) and new.get(key):
            yield from _keys(f"{gate} gate, settings", {key: old.get(key)}, {key: new.get(key)}, {key: (beside, None)})
        elif key in _SETTING_LISTS:
            texts = partial(_as_texts, key)
            if texts(old) != texts(new):
                yield from _listed(f"{gate} gate, settings {key}:", texts(old), texts(new), more=Direction.TIGHTENED)
        else:
            before, after = ({key: side[key]} if key in side else {} for side in (old, new))
            yield from _keys(f"{gate} gate, settings", before, after, _SETTINGS)


def _flattened(settings: object) -> Tables:
    """Return the settings, with those of drift one by one."""
    given = _table(settings)
    inner = {f"drift {key}": value for key, value in _table(given.get("drift")).items()}
    return {**_without(given, {"drift"} if isinstance(given.get("drift"), dict) else set()), **inner}


def _as_texts(key: str, table: Tables) -> object:
    """Return a list as texts: percentiles are numbers, and as members of a list they are compared as texts."""
    value = table.get(key)
    return [str(member) for member in value] if isinstance(value, list) else value


def _promotion(old: object, new: object) -> Iterator[Change]:
    before, after = _table(old), _table(new)
    people = {"approvers": "approver", "break_glass": "person who may break the glass"}
    yield from _keys("[tool.gates.promotion]", _without(before, {*people}), _without(after, {*people}), _PROMOTION)
    for key, word in people.items():
        yield from _keyed(word, "name", before.get(key), after.get(key))


def _metrics(old: Tables, new: Tables) -> Iterator[Change]:
    """Compare the project's own metrics: a new one decides nothing until it is measured, a change of one is unclear."""
    for name in {**old, **new}:
        if old.get(name) != new.get(name):
            rule = beside if name not in old else unclear
            yield _changed(f"[tool.gates.metrics] {name}", old.get(name), new.get(name), rule)


def _trust(old: Tables, new: Tables) -> Iterator[Change]:
    """Compare whose signatures count: naming keys is stricter than trusting those of the home, and each added key is looser."""
    for role in {**old, **new}:
        if role in old and role in new and old[role] != new[role]:
            yield from _listed(f"the trusted {role} key", old[role], new[role], more=Direction.LOOSENED)
        elif old.get(role) != new.get(role):
            yield _changed(f"[tool.gates.trust] {role}", old.get(role), new.get(role), present_is_stricter)


def _keyed(what: str, key: str, old: object, new: object) -> Iterator[Change]:
    """Yield the changes of tables that each let something through, known by one of their keys: waivers, and people with a key."""
    before, after = _by(key, old), _by(key, new)
    if before is None or after is None:
        if old != new:
            yield _changed(f"the list of every {what}", old, new, unclear)
        return
    for name in {**before, **after}:
        if name not in after:
            yield Change(Direction.TIGHTENED, f"the {what} {name} was removed")
        elif name not in before:
            yield Change(Direction.LOOSENED, f"the {what} {name} was added")
        else:
            rules: _Rules = {"expires": (_sooner_is_stricter, None)}
            yield from _keys(f"the {what} {name},", before[name], after[name], rules)


def _by(key: str, value: object) -> Mapping[str, Tables] | None:
    entries = [] if value is None else value
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and entry.get(key) for entry in entries):
        return None
    by_name = {str(entry[key]): entry for entry in entries}
    return by_name if len(by_name) == len(entries) else None


def _sooner_is_stricter(old: object, new: object) -> Direction:
    """Compare dates of TOML, or ISO texts, which are ordered like the dates."""
    before, after = str(old), str(new)
    if len(before) != len("2026-11-24") or len(after) != len(before):
        return Direction.UNCLEAR
    return Direction.TIGHTENED if after < before else Direction.LOOSENED


def _ml(old: Tables, new: Tables) -> Iterator[Change]:
    if old.get("slices") != new.get("slices"):
        yield from _listed("the slice column", old.get("slices"), new.get("slices"), more=Direction.TIGHTENED)
    rules: _Rules = {
        **dict.fromkeys(_BESIDE, (beside, None)),
        "group": (present_is_stricter, None),
        "split": (unclear, "id"),
        "block": (unclear, None),
        "season": (unclear, None),
        "order": (unclear, "file"),
    }
    yield from _keys("[tool.ml]", _without(old, {"slices"}), _without(new, {"slices"}), rules)
