"""Rewrite a policy file from the old flat form to the nested one, so that it decides the same.

The rule it protects: nothing is written that would decide anything else; what cannot be rewritten is refused, and left as it is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gates.errors import ConfigError
from gates.policy.flat import is_flat, nest
from gates.policy.layers import NO_BOUND, PER_CHECK, Disk, as_table, is_file_key, read_effective, required, texts_of
from gates.policy.rendering import render_nested

Tables = Mapping[str, object]
_REMEDY = "rewrite it by hand: docs/policy.md shows both forms"


@dataclass(frozen=True, slots=True)
class Replaced:
    """Read files as they are now, except for one that has another text."""

    path: Path
    text: str

    def toml(self, path: Path) -> Tables:
        """Return a parsed TOML file. Raises `ConfigError` when it is absent or no TOML."""
        return tomllib.loads(self.text) if path == self.path else Disk().toml(path)

    def content(self, path: Path) -> bytes | None:
        """Return the bytes of a file, or None where there is none."""
        return self.text.encode() if path == self.path else Disk().content(path)


def migrate(source: Path) -> str | None:
    """Return the text of a policy file with ``[tool.gates]`` in the nested form, or None where nothing in it is flat.

    The rest of the file stays as it is; comments inside of [tool.gates] are lost. Raises `ConfigError` where the file cannot be
    read, or where the result would not decide the same.
    """
    source = source.resolve()
    own = as_table(as_table(Disk().toml(source).get("tool")).get("gates"))
    flat = [gate for gate, table in own.items() if is_flat(table)]
    if not flat:
        return None
    before = read_effective(source)
    nested: dict[str, object] = dict(nest(own))
    below = _below(source, own.get("extends"))
    for gate in flat:
        table = as_table(nested[gate])
        nested[gate] = _short(table, _complete(gate, table, as_table(below.get(gate))))
    text = _put_in(source.read_text(encoding="utf-8"), render_nested(nested))
    try:
        same = tomllib.loads(text)
        after = read_effective(source, Replaced(source, text))
    except (ValueError, RecursionError, ConfigError) as error:
        raise ConfigError(f"{source.name} cannot be rewritten: {error}", _REMEDY) from None
    if _without_gates(same) != _without_gates(Disk().toml(source)):
        raise ConfigError(f"{source.name} cannot be rewritten without changing what lies beside [tool.gates]", _REMEDY)
    old, new = _meaning(before.gates), _meaning(after.gates)
    if differ := [key for key in {**old, **new} if old.get(key) != new.get(key)]:
        raise ConfigError(f"{source.name} would not decide the same: {', '.join(differ)}", _REMEDY)
    return text


def _below(source: Path, extends: object) -> Tables:
    """Return what the file extends, merged; nothing where it extends nothing."""
    if extends is None:
        return {}
    alone = f'[tool.gates]\nextends = "{extends}"\n'
    return read_effective(source, Replaced(source, alone)).gates


def _complete(gate: str, table: Tables, below: Tables) -> dict[str, object]:
    """Return the file's tables, with what the old form dropped silently: it replaced the whole entry of a check."""
    completed = dict(table)
    for label, entry in table.items():
        inherited = as_table(
            next((one for key, one in below.items() if key == label or key.endswith(f"/{label}")), None)
        )
        if not is_file_key(label) or not isinstance(entry, dict) or not inherited:
            continue
        thresholds = dict(as_table(entry.get("thresholds")))
        for check in required(entry):
            if check in texts_of(inherited.get("invariants")) and check not in texts_of(entry.get("invariants")):
                raise ConfigError(
                    f"[tool.gates.{gate}] {label}: {check!r} is an invariant below and none here, which the nested form"
                    " cannot say",
                    _REMEDY,
                )
            bounds = dict(as_table(thresholds.get(check)))
            gone = [id for id in as_table(as_table(inherited.get("thresholds")).get(check)) if id not in bounds]
            bounds |= dict.fromkeys(gone, NO_BOUND)
            for key, none in zip(PER_CHECK, ([], "none", "none"), strict=True):
                if check in as_table(inherited.get(key)) and check not in as_table(entry.get(key)):
                    bounds[key] = none
            if bounds or check in thresholds:
                thresholds[check] = bounds
        completed[label] = {**entry, "thresholds": thresholds} if thresholds else entry
    return completed


def _short(table: Tables, completed: Tables) -> dict[str, object]:
    """Return the tables with file keys relative to the suite, where that is one folder."""
    suite = table.get("suite")
    folders = [suite] if isinstance(suite, str) else suite if isinstance(suite, list) else []
    if len(folders) != 1 or is_file_key(str(folders[0])):
        return dict(completed)
    folder = PurePosixPath(str(folders[0])).as_posix()
    return {key.removeprefix(f"{folder}/") if is_file_key(key) else key: value for key, value in completed.items()}


def _put_in(text: str, gates: str) -> str:
    """Return the text of the file with other tables of gates, at the place of the first of the old ones."""
    lines = text.splitlines(keepends=True)
    kept: list[str] = []
    place, inside = None, False
    for line in lines:
        if line.startswith("["):
            inside = line.lstrip("[").partition("]")[0].strip().split(".")[:2] == ["tool", "gates"]
            place = len(kept) if inside and place is None else place
        if not inside:
            kept.append(line)
    at = len(kept) if place is None else place
    after = "".join(kept[at:])
    return "".join(kept[:at]) + gates + ("\n" + after if after.strip() else "")


def _meaning(table: Tables) -> dict[str, object]:
    """Return the tables without what says nothing: conditions, acceptances and roles that are none."""
    meaning: dict[str, object] = {}
    for key, value in table.items():
        if key in PER_CHECK and isinstance(value, dict):
            of_checks = {check: one for check, one in value.items() if one not in ([], "none")}
            meaning |= {key: of_checks} if of_checks else {}
        else:
            meaning[key] = _meaning(value) if isinstance(value, dict) else value
    return meaning


def _without_gates(document: Tables) -> Tables:
    tool = {key: value for key, value in as_table(document.get("tool")).items() if key != "gates"}
    return {**document, "tool": tool}
