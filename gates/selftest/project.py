"""Copy a project so that it may be damaged: suites and policy are copied, all else is linked, nothing of the user's is written.

A suite that Gates ships is copied into the project as well, as a suite of its own, so that its files can be damaged like any other.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gates.policy.layers import PER_CHECK, bare, is_file_key, read_effective
from gates.policy.reader import read_policy
from gates.policy.records import GATES, Policy
from gates.policy.suites import PREFIX
from gates.selftest.toml_writer import write_toml

Tables = dict[str, Any]
_SMALL = (".py", ".toml", ".ini", ".cfg")  # beside the suites, what Python and pytest read in a project's folder
_PLACE = "gates_suites"  # the folder of the copy that holds the suites of Gates
_LEFT = shutil.ignore_patterns("__pycache__", ".*")


@dataclass(frozen=True, slots=True)
class Project:
    """Hold a copy of a project: its folder ``root``, its policy file ``config``, and ``tables``, what is under ``[tool]``
    there.
    """

    root: Path
    config: Path
    tables: Tables

    @classmethod
    def copy(cls, policy: Policy, root: Path) -> Project:
        """Copy what the policy's digests cover into the new folder ``root``.

        Symbolic links in a suite stay links, so that they are refused as in the original. Suites that Gates ships become
        folders of the copy, and the copied policy names those. Raises `OSError` when something cannot be copied.
        """
        root.mkdir(parents=True)
        own = {Path(m.label).parts[0] for gate in policy.gates.values() for m in gate.suite if not m.shipped}
        config = policy.source.relative_to(policy.root)
        own.add(config.parts[0])
        for entry in policy.root.iterdir():
            if entry.name.startswith("."):
                continue
            if entry.name in own or entry.suffix in _SMALL:
                _copy(entry, root / entry.name)
            else:
                (root / entry.name).symlink_to(entry)
        tables = copy.deepcopy(dict(read_effective(policy.source).tool))
        for label in dict.fromkeys(m.label for gate in GATES if gate in policy.gates for m in policy.gates[gate].suite):
            if label.startswith(PREFIX):
                tables["gates"] = _renamed(tables["gates"], label, _own_label(label))
        for gate in GATES:
            for member in policy.gates[gate].suite if gate in policy.gates else ():
                if member.shipped and not (to := root / _own_label(member.label)).exists():
                    to.parent.mkdir(parents=True, exist_ok=True)
                    _copy(member.path, to)
        project = cls(root, root / config, tables)
        project.write()
        return project

    @property
    def policy(self) -> Policy:
        """Return the policy of the copy as its file is now. Raises `ConfigError`."""
        return read_policy(self.config)

    def write(self) -> None:
        """Write the policy file, with everything that it extends, as the tables are now."""
        self.config.write_text(write_toml({"tool": self.tables}), encoding="utf-8")

    def lay(self, tables: Mapping[str, Mapping[str, str]], folder: Path) -> None:
        """Replace keys of tables under ``[tool]``, and write; ``{folder}`` in a text is replaced by ``folder``."""
        for name, entries in tables.items():
            table = self.tables.setdefault(name, {})
            table.update({key: text.replace("{folder}", str(folder)) for key, text in entries.items()})
        self.write()

    def files(self, gate: str) -> dict[str, dict[str, Any]]:
        """Return the tables of a gate's suite files by their labels, to be changed; `write` afterwards."""
        return {key: table for key, table in self.tables["gates"][gate].items() if is_file_key(key)}

    def entry(self, gate: str, check: str) -> tuple[dict[str, Any], str]:
        """Return the table of the suite file of a check, to be changed, and the name of the check in it."""
        file, _, function = check.partition("::")
        return self.files(gate)[file], bare(function)

    def drop(self, gate: str, check: str) -> None:
        """Take a check out of the policy; `write` afterwards."""
        table, name = self.entry(gate, check)
        table["invariants"] = [other for other in table.get("invariants", []) if other != name]
        for key in ("thresholds", *PER_CHECK):
            table.get(key, {}).pop(name, None)
        for key in [key for key, value in table.items() if not value]:
            del table[key]
        if not table:
            del self.tables["gates"][gate][check.partition("::")[0]]

    def edit(self, file: str, change: Callable[[str], str]) -> None:
        """Change a file of the copy with ``change``, which has to change it: a mutant that changes nothing proves nothing.

        A folder or file that is still a link to the user's own is copied first, so that nothing is ever written through a link.
        """
        path = self.root / file
        self._make_own(path)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = change(before)
        assert after != before, f"{file} did not change"
        path.write_text(after, encoding="utf-8")

    def _make_own(self, path: Path) -> None:
        """Replace the first link on the way to a file by a copy of what it names, until no link is left on that way."""
        for part in (*reversed(path.relative_to(self.root).parents), path.relative_to(self.root)):
            place = self.root / part
            if part.parts and place.is_symlink():
                source = place.resolve()
                place.unlink()
                if source.exists():
                    _copy(source, place)


def shown(text: str) -> str:
    """Return a text with the suites of Gates named as in the user's policy."""
    return text.replace(f"{_PLACE}/", PREFIX)


def holds_shipped_suites(policy: Policy) -> bool:
    """Return whether a gate of the policy runs a suite that Gates ships."""
    return any(member.shipped for gate in GATES if gate in policy.gates for member in policy.gates[gate].suite)


def _own_label(label: str) -> str:
    return f"{_PLACE}/{label.removeprefix(PREFIX)}"


def _renamed(value: Any, label: str, to: str) -> Any:
    """Return tables in which a suite has another label, in keys and in texts."""
    if isinstance(value, dict):
        return {_renamed(key, label, to): _renamed(entry, label, to) for key, entry in value.items()}
    if isinstance(value, list):
        return [_renamed(entry, label, to) for entry in value]
    if isinstance(value, str) and (value == label or value.startswith(f"{label}/")):
        return to + value.removeprefix(label)
    return value


def _copy(entry: Path, to: Path) -> None:
    if entry.is_dir():
        shutil.copytree(entry, to, symlinks=True, ignore=_LEFT)
    else:
        shutil.copy2(entry, to, follow_symlinks=False)
