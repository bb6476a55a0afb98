"""Two files that are compared with each other and with nothing else: no model, and maybe no id and no target."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from gates.errors import ConfigError
from gates.toml_reader import listed, nearest
from gates.work.config.settings import ORDERS, SEASONS, is_block
from gates.work.data.agreement import agree
from gates.work.data.keys import name_key
from gates.work.data.reading import read
from gates.work.data.rows import name_features
from gates.work.data.table import column_names
from gates.work.records import ColumnRoles, Task

if TYPE_CHECKING:
    from pandas import DataFrame

UNNAMED = (
    "(no id)",
    "(no target)",
)  # what a policy without a project says of id and target: only --id and --target name them
NONE = ""  # the name of a column that is not there: no column of a file can be called so
FEW_CLASSES = 20  # different whole numbers that are classes in a table of any size


@dataclass(frozen=True, slots=True)
class Pair:
    """Hold both tables, with the roles of the columns that both have; ``id`` and ``target`` are None where there is none.

    ``notes`` are sentences about what could not be used, and about what was guessed.
    """

    reference: DataFrame
    current: DataFrame
    roles: ColumnRoles
    notes: tuple[str, ...]

    @property
    def id(self) -> str | None:
        """Return the column that identifies a row, None where there is none."""
        return self.roles.id or None

    @property
    def target(self) -> str | None:
        """Return the column of labels, None where there is none."""
        return self.roles.target or None


def read_pair(reference: Path, current: Path, declared: ColumnRoles, options: Mapping[str, str]) -> Pair:
    """Read both files. ``options`` may name other columns than [tool.ml] as ``id``, ``target``, ``time`` and ``group``; those must
    be there. ``block``, ``season`` and ``order`` replace those of [tool.ml].

    They may also hold ``task``, what the target is, and ``reference_name`` and ``current_name``, what messages call the files.

    Raises `DataError` for a file that is no table, `ConfigError` for a column of ``options`` that is not in the reference, and
    for a word that is none of those that an option may be.
    """
    id = UNNAMED[0] if declared.keyless else declared.id
    key = split_names(options["id"], reference) if options.get("id") else declared.key
    id = name_key(key) if key else id
    roles = replace(
        declared,
        id=id,
        key=key if len(key) > 1 else (),
        target=options.get("target") or declared.target,
        time=options.get("time") or declared.time,
        group=options.get("group") or declared.group,
        features=(),
        **_choose_blocks(declared, options),
    )
    task = _declared_task(roles, declared, options)
    roles = replace(roles, task=task or "classification")
    notes: list[str] = []
    paths = (reference, current)
    names = (
        options.get("reference_name") or f"the reference {reference.name}",
        options.get("current_name") or f"the current file {current.name}",
    )
    before, now = (
        read(path, roles, complete=False, notes=notes, name=name) for path, name in zip(paths, names, strict=True)
    )
    (before, now), agreed = agree((before, now), paths, names, roles)
    notes = [*dict.fromkeys(notes), *agreed]
    for role, name in (("id", roles.id), ("target", roles.target)):
        if name in before.columns and name not in UNNAMED:
            continue
        if options.get(role):
            raise _absent(role, name, before)
        why = f"the reference has no column {name!r}, which [tool.ml] names as {role}"
        notes.append(f"{f'no {role} was named' if name in UNNAMED else why}: {_WITHOUT[role]}")
        roles = replace(roles, id=NONE) if role == "id" else replace(roles, target=NONE)
    for role in ("time", "group"):
        if options.get(role) and options[role] not in before.columns:
            raise _absent(role, options[role], before)
    time, group, weight = (name if name in before.columns else None for name in (roles.time, roles.group, roles.weight))
    roles = replace(roles, time=time, group=group, weight=weight)
    if roles.target and task is None:
        task, note = _guess_task(before, roles.target)
        roles = replace(roles, task=task)
        notes += [note] if note else []
    return Pair(before, now, name_features(roles, before.columns), tuple(notes))


def _choose_blocks(declared: ColumnRoles, options: Mapping[str, str]) -> dict[str, Any]:
    """The block, season and order that hold. Raises `ConfigError` for a word that is none."""
    block = options.get("block") or declared.block
    chosen = {"block": f"{block} rows" if block and block.isdecimal() else block}
    for name, legal in (("season", SEASONS), ("order", ORDERS)):
        word = options.get(name) or getattr(declared, name)
        if word is not None and word not in legal:
            raise ConfigError(f"--{name} is {word!r}, wanted {' or '.join(map(repr, legal))}", f"correct --{name}")
        chosen[name] = word
    if chosen["block"] and not is_block(chosen["block"]):
        raise ConfigError(
            f"--block is {block!r}, wanted a length of time like '1d', or a number of rows like '50 rows'",
            "correct --block",
        )
    return chosen


def _absent(role: str, name: str, reference: DataFrame) -> ConfigError:
    columns = [str(column) for column in reference.columns]
    return ConfigError(
        f"--{role} names {name!r}, but the reference has {listed(map(repr, columns))}{nearest(name, columns)}",
        f"name a column of the reference with --{role}",
    )


_WITHOUT = {
    "id": "rows are compared without a key (--id names another column)",
    "target": "no column counts as a label (--target names another column)",
}


def split_names(text: str, path: Path) -> tuple[str, ...]:
    """Return the names of columns in a text like ``store,day``; a file that has a column of the whole name has its one."""
    return (text,) if "," not in text or text in column_names(path) else tuple(map(str.strip, text.split(",")))


def _declared_task(roles: ColumnRoles, declared: ColumnRoles, options: Mapping[str, str]) -> Task | None:
    """What somebody said the target is: --task, types of [tool.ml], or its task where it speaks of the same column; else None."""
    if options.get("task"):
        return cast(Task, options["task"])
    if roles.target == declared.target:
        return declared.task
    kind = dict(declared.spelling.types).get(roles.target)
    return None if kind is None else "regression" if kind == "number" else "classification"


def _guess_task(frame: DataFrame, target: str) -> tuple[Task, str]:
    """What a column of labels holds by its values, and a sentence where whole numbers could be either."""
    from pandas.api import types

    values = frame[target].dropna().infer_objects()
    if types.is_bool_dtype(values.dtype) or not types.is_numeric_dtype(values.dtype):
        return "classification", ""
    if types.is_float_dtype(values.dtype) and not (values == values.round()).all():
        return "regression", ""
    distinct = int(values.nunique())
    as_classes = not types.is_float_dtype(values.dtype) and distinct <= max(FEW_CLASSES, math.isqrt(len(frame)))
    task: Task = "classification" if as_classes else "regression"
    other = "regression" if as_classes else "classification"
    taken = "classes" if as_classes else "numbers"
    return task, f"target {target!r}: {distinct:,} whole numbers, taken as {taken}; --task {other} changes it"
