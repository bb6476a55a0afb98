"""Put a policy together from the files that it extends, and keep for every line where it came from.

A policy file may say only what differs: ``extends`` names the policy that it starts from, ``gates:standard`` or another file.
The rule it protects: what decides is the effective policy as a whole, and nobody has to guess which file a bound came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gates.errors import ConfigError
from gates.policy.flat import is_flat, nest
from gates.policy.records import ASIDE, GATES
from gates.policy.suites import PREFIX, SHIPPED, SuiteMember, shipped_path
from gates.toml_reader import nearest, read_toml

STANDARD: Mapping[str, Path] = {
    "gates:standard": Path(__file__).with_name("standard.toml"),
    "gates:standard-regression": Path(__file__).with_name("standard_regression.toml"),
}
WITHOUT_PROJECT = Path(__file__).parent / "without_project" / "gates.toml"  # for files that belong to no project
LISTS = ("invariants", "without")  # of a suite file's table: lists of checks
PER_CHECK = ("unless", "accept", "role")  # of a suite file's table: one value for each check
OWN, PROJECT = "gates.toml", "pyproject.toml"  # the files in which a policy is looked for
NO_BOUND = "none"  # removes a bound that an extended policy gives

Tables = Mapping[str, object]


class Files(Protocol):
    """Read files as they are now, or as they were at another moment."""

    def toml(self, path: Path) -> Tables:
        """Return a parsed TOML file. Raises `ConfigError` when it is absent or no TOML."""

    def content(self, path: Path) -> bytes | None:
        """Return the bytes of a file, or None where there is none."""


class Disk:
    """Read files as they are now."""

    def toml(self, path: Path) -> Tables:
        """Return a parsed TOML file. Raises `ConfigError` when it is absent or no TOML."""
        return read_toml(path)

    def content(self, path: Path) -> bytes | None:
        """Return the bytes of a file, or None where there is none or it cannot be read."""
        try:
            return path.read_bytes()
        except OSError:
            return None


@dataclass(frozen=True, slots=True)
class Effective:
    """Hold a policy with everything that it extends.

    ``tool`` is ``[tool]`` with the merged ``gates``, in the nested form, each suite file under its full label. ``origins``
    gives, for the path of each value, the policy that it came from: ``gates:standard``, or a file's name. ``members`` are the
    parts of each gate's suite. ``faults`` are what could not be merged, one sentence each.
    """

    source: Path
    root: Path
    tool: Tables
    origins: Mapping[tuple[str, ...], str]
    members: Mapping[str, tuple[SuiteMember, ...]]
    faults: tuple[str, ...]

    @property
    def gates(self) -> Tables:
        """Return the effective ``[tool.gates]``."""
        return as_table(self.tool.get("gates"))


@dataclass(frozen=True, slots=True)
class _Layer:
    """Hold one policy file. ``replaced`` names the gates in the old form, where a check's entry replaces the one below."""

    origin: str
    gates: Tables
    replaced: frozenset[str] = frozenset()


def read_effective(source: Path, files: Files | None = None) -> Effective:
    """Read a policy file and everything that it extends, and return them merged; faults in them are in its ``faults``.

    Raises `ConfigError` when a file is absent, is no TOML, has no [tool.gates], or extends what leads back to itself.
    """
    source, files = source.resolve(), files or Disk()
    layers, tool = _layers(source, files, ())
    merging = _Merging(find_root(source), files)
    merging.add(_aside(files))
    for layer in layers:
        merging.add(layer)
    merging.let_go()
    order = {key: place for place, key in enumerate((*GATES, *ASIDE), 1)}
    effective = {**tool, "gates": dict(sorted(merging.tables.items(), key=lambda item: order.get(item[0], 0)))}
    return Effective(
        source, merging.root, effective, merging.origins, dict(merging.members), tuple(dict.fromkeys(merging.faults))
    )


def find_root(source: Path) -> Path:
    """Return the project's folder: the nearest one at or above the policy file with a pyproject.toml, else the file's own."""
    for folder in source.parents:
        if (folder / PROJECT).is_file():
            return folder
    return source.parent


def policy_in(folder: Path) -> Path | None:
    """Return the policy file of a folder: its gates.toml, or its pyproject.toml where that has [tool.gates]; None without either.

    Raises `ConfigError` for a file that cannot be read, because it may hold the policy, and where there are both.
    """
    own, project = folder / OWN, folder / PROJECT
    tool = read_toml(project).get("tool") if project.is_file() else None
    in_project = isinstance(tool, dict) and "gates" in tool
    if own.is_file() and in_project:
        raise ConfigError(
            f"{folder} has two policies: {OWN}, and [tool.gates] in {PROJECT}", "remove one, or name one with --policy"
        )
    return own if own.is_file() else project if in_project else None


def as_table(value: object) -> Tables:
    """Return a table, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def is_file_key(key: str) -> bool:
    """Return whether a key of a gate's table names a suite file."""
    return key.endswith(".py")


def bare(check: str) -> str:
    """Return the name of a check as policies write it: without the ``test_`` of its function."""
    *classes, function = check.split("::")
    return "::".join([*classes, function.removeprefix("test_") or function])


def _layers(source: Path, files: Files, seen: tuple[Path, ...]) -> tuple[list[_Layer], Tables]:
    """Return the policies that a file extends, the lowest first, then its own; and ``[tool]`` of the file itself."""
    tool = as_table(files.toml(source).get("tool"))
    gates = tool.get("gates")
    if not isinstance(gates, dict):
        raise ConfigError(f"{source.name} has no [tool.gates]", 'write [tool.gates] with extends = "gates:standard"')
    own = {key: value for key, value in gates.items() if key != "extends"}
    shipped = next((name for name, path in STANDARD.items() if path == source), None)
    flat = frozenset(gate for gate, table in own.items() if is_flat(table))
    layer = _Layer(shipped or source.name, nest(own), flat)
    if "extends" not in gates:
        return [layer], tool
    other = _extended(source, gates["extends"])
    if other in (source, *seen):
        raise ConfigError(
            f"[tool.gates] extends in {source.name} leads back to {other.name}", "name a policy that stands alone"
        )
    return [*_layers(other, files, (*seen, source))[0], layer], tool


def _extended(source: Path, name: object) -> Path:
    if isinstance(name, str) and name in STANDARD:
        return STANDARD[name]
    if not isinstance(name, str) or not name or name.startswith(PREFIX):
        legal = " or ".join(map(repr, STANDARD))
        raise ConfigError(
            f"[tool.gates] extends in {source.name} is {name!r:.60}, wanted {legal}, or the path of a TOML file"
            f"{nearest(str(name), STANDARD)}",
            f"correct {source.name}",
        )
    return (source.parent / name).resolve()


def _aside(files: Files) -> _Layer:
    """Return the gates beside the four, as every policy has them where it says nothing else."""
    standard = as_table(as_table(files.toml(STANDARD["gates:standard"]).get("tool")).get("gates"))
    return _Layer("gates:standard", {gate: standard[gate] for gate in ASIDE})


@dataclass(slots=True)
class _Merging:
    """Hold the policy that was merged so far, layer by layer."""

    root: Path
    files: Files
    tables: dict[str, object] = field(default_factory=dict)
    origins: dict[tuple[str, ...], str] = field(default_factory=dict)
    members: dict[str, tuple[SuiteMember, ...]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    latest: set[tuple[str, str]] = field(default_factory=set)  # the suite files that the last layer itself names

    def add(self, layer: _Layer) -> None:
        """Merge one policy over those before it."""
        self.latest.clear()
        for key, value in layer.gates.items():
            if key in (*GATES, *ASIDE) and isinstance(value, dict):
                self._gate(key, value, layer)
            else:
                self.tables[key] = self._merge(self.tables.get(key), value, (key,), layer.origin)

    def let_go(self) -> None:
        """Drop what an inherited policy says of suite files that are no longer part of the gate's suite."""
        for gate in self.members:
            table = self.tables[gate]
            if not isinstance(table, dict):
                continue
            for label in [key for key in table if is_file_key(key)]:
                if (gate, label) not in self.latest and not any(one.holds(label) for one in self.members[gate]):
                    del table[label]
                    self._unlist((gate, label))

    def _table(self, gate: str) -> dict[str, object]:
        table = self.tables.setdefault(gate, {})
        if not isinstance(table, dict):
            table = self.tables[gate] = {}
        return table

    def _gate(self, gate: str, value: Tables, layer: _Layer) -> None:
        table = self._table(gate)
        for key, entry in value.items():
            if not is_file_key(key):
                table[key] = self._merge(table.get(key), entry, (gate, key), layer.origin)
        self.members[gate] = tuple(self._members(gate, table.get("suite")))
        for key, entry in value.items():
            if is_file_key(key) and (label := self._label(gate, key, flat=gate in layer.replaced)):
                self._file(gate, label, entry, layer)

    def _merge(self, below: object, above: object, path: tuple[str, ...], origin: str) -> object:
        """Return a value over another: tables are united key by key, anything else is replaced."""
        if isinstance(above, dict):
            kept = below if isinstance(below, dict) else {}
            if not above:
                self.origins.setdefault(path, origin)
            return {
                **kept,
                **{key: self._merge(kept.get(key), one, (*path, key), origin) for key, one in above.items()},
            }
        if below is not None:
            self._unlist(path)
        self.origins[path] = origin
        return above

    def _members(self, gate: str, suite: object) -> Iterator[SuiteMember]:
        where = f"[tool.gates.{gate}] suite"
        seen: list[Path] = []
        for text in [suite] if isinstance(suite, str) else suite if isinstance(suite, list) else []:
            if not isinstance(text, str) or not text:
                continue  # the reader of the gate reports what is wrong
            known = [f"{PREFIX}{name}" for name in SHIPPED]
            path = shipped_path(text) if text.startswith(PREFIX) else self.root / text
            if path is None or (text.startswith(PREFIX) and not path.exists()):
                self.faults.append(
                    f"{where} names {text!r}, which Gates does not ship; it ships {', '.join(known)}{nearest(text, known)}"
                )
                continue
            if not text.startswith(PREFIX) and not self._is_inside(path):
                self.faults.append(
                    f"{where} names {text!r}, which is not a file or folder inside {self.root.name}{nearest(text, known)}"
                )
            if path in seen:
                self.faults.append(f"{where} names {text!r}, which is named already by another part of the suite")
            elif path.is_relative_to(self.root) or text.startswith(PREFIX):
                seen.append(path)
                label = text.rstrip("/") if text.startswith(PREFIX) else path.relative_to(self.root).as_posix()
                yield SuiteMember(label, path)

    def _is_inside(self, path: Path) -> bool:
        resolved = path.resolve()
        return resolved.is_relative_to(self.root.resolve()) and resolved.exists()

    def _label(self, gate: str, key: str, *, flat: bool) -> str:
        """Return the full label of a suite file, which a key may give in full or relative to a part of the suite.

        The old form named a file of Gates' own suites by its path in a copy of them.
        """
        members = self.members[gate]
        if not members:
            return ""  # what is wrong with the suite is a fault already
        if any(member.holds(key) and member.label != "." for member in members):
            return key
        for member in members if flat else ():
            copied = f"{SHIPPED.get(member.label.removeprefix(PREFIX).partition('/')[0])}/"
            if member.shipped and key.startswith(copied):
                return f"{member.label}/{key.removeprefix(copied)}" if member.path.is_dir() else member.label
        if flat:
            return key
        folders = [member for member in members if not is_file_key(member.label)]
        inside = [(member.label_of(key), member.path / key) for member in folders]
        inside += [(member.label, member.path) for member in members if member.label.endswith(f"/{key}")]
        there = [label for label, path in inside if self.files.content(path) is not None]
        if len(there) > 1:
            self.faults.append(
                f"[tool.gates.{gate}] {key!r} may be {' or '.join(map(repr, there))}; write which, in full"
            )
            return ""
        if there or len(inside) == 1:
            return (there or [inside[0][0]])[0]
        suite = " and ".join(repr(member.label) for member in members) or "nothing"
        known = [file.name for member in members if member.path.is_dir() for file in member.path.glob("*.py")]
        self.faults.append(
            f"[tool.gates.{gate}] {key!r} is no file of the gate's suite, which is {suite}{nearest(key, known)}"
        )
        return ""

    def _file(self, gate: str, label: str, entry: object, layer: _Layer) -> None:
        table = self._table(gate)
        self.latest.add((gate, label))
        if not isinstance(entry, dict):
            table[label] = self._merge(None, entry, (gate, label), layer.origin)
            return
        given = _normal(entry, f'[tool.gates.{gate}."{label}"]', self.faults)
        below = table.get(label)
        kept: dict[str, object] = dict(below) if isinstance(below, dict) else {}
        table[label] = kept
        if gate in layer.replaced:
            self._forget(gate, label, kept, required(given))
        for key, value in given.items():
            if key in LISTS and _is_texts(value):
                self._unite(gate, label, kept, key, value, layer.origin)
            else:
                kept[key] = self._merge(kept.get(key), value, (gate, label, key), layer.origin)
        self._take_back(gate, label, kept)
        self._settle(gate, label, kept, given)

    def _unite(self, gate: str, label: str, kept: dict[str, object], key: str, value: object, origin: str) -> None:
        names = [str(name) for name in kept.get(key, [])] if _is_texts(kept.get(key)) else []  # type: ignore[attr-defined]
        for name in value if isinstance(value, list) else []:
            if name not in names:
                names.append(name)
                self.origins[(gate, label, key, name)] = origin
        kept[key] = names

    def _settle(self, gate: str, label: str, kept: dict[str, object], given: Tables) -> None:
        """Require what a layer requires, and leave out what it leaves out, whatever the layers below say."""
        needed, left = required(given), [str(name) for name in texts_of(given.get("without"))]
        for name in left:
            if name in needed:
                self.faults.append(f'[tool.gates.{gate}."{label}"] without names {name!r}, which is required beside it')
        self._forget(gate, label, kept, left)
        for name in needed:
            self._drop(gate, label, kept, "without", name)

    def _forget(self, gate: str, label: str, kept: dict[str, object], names: Iterable[str]) -> None:
        for name in names:
            self._drop(gate, label, kept, "invariants", name)
            for key in ("thresholds", *PER_CHECK):
                table = kept.get(key)
                if isinstance(table, dict) and name in table:
                    kept[key] = {check: value for check, value in table.items() if check != name}
                    self._unlist((gate, label, key, name))

    def _drop(self, gate: str, label: str, kept: dict[str, object], key: str, name: str) -> None:
        if _is_texts(kept.get(key)) and name in texts_of(kept[key]):
            kept[key] = [other for other in texts_of(kept[key]) if other != name]
            self._unlist((gate, label, key, name))

    def _take_back(self, gate: str, label: str, kept: dict[str, object]) -> None:
        """Remove the bounds that a layer gives as ``none``."""
        thresholds = kept.get("thresholds")
        for check, bounds in list(thresholds.items()) if isinstance(thresholds, dict) else []:
            for id in [id for id, bound in as_table(bounds).items() if bound == NO_BOUND]:
                bounds = {other: bound for other, bound in bounds.items() if other != id}
                kept["thresholds"] = {**as_table(kept["thresholds"]), check: bounds}
                self._unlist((gate, label, "thresholds", check, id))

    def _unlist(self, path: tuple[str, ...]) -> None:
        self.origins = {known: name for known, name in self.origins.items() if known[: len(path)] != path}


def _normal(entry: Tables, where: str, faults: list[str]) -> dict[str, object]:
    """Return a suite file's table in one form: bare names of checks, and each check's other keys apart from its bounds."""
    normal: dict[str, object] = {}
    for key, value in entry.items():
        if key in LISTS and isinstance(value, str):
            normal[key] = [bare(value)]
        elif key in LISTS and _is_texts(value):
            normal[key] = [bare(name) for name in texts_of(value)]
        elif key in ("thresholds", *PER_CHECK) and isinstance(value, dict):
            normal[key] = {bare(name): one for name, one in value.items()}
        else:
            normal[key] = value
    thresholds = normal.get("thresholds")
    for check, bounds in thresholds.items() if isinstance(thresholds, dict) else []:
        if not isinstance(bounds, dict):
            continue
        for key in [key for key in PER_CHECK if key in bounds]:
            apart = normal.setdefault(key, {})
            if isinstance(apart, dict) and apart.setdefault(check, bounds[key]) != bounds[key]:
                faults.append(f"{where} {key} says two things of {check!r}; say one, in thresholds or beside them")
        thresholds = {**as_table(thresholds), check: {id: b for id, b in bounds.items() if id not in PER_CHECK}}
    if isinstance(thresholds, dict):
        normal["thresholds"] = thresholds
    return normal


def required(entry: Tables) -> tuple[str, ...]:
    """Return the checks that a suite file's table requires, in their order."""
    return tuple(dict.fromkeys([*texts_of(entry.get("invariants")), *as_table(entry.get("thresholds"))]))


def texts_of(value: object) -> tuple[str, ...]:
    """Return the texts of a list; nothing for anything else."""
    return tuple(value) if isinstance(value, list) and _is_texts(value) else ()


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
