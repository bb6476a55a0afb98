"""A copy of the project that may be bent: suites and policy are copied, all else is linked, nothing of the user's is written."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gates.policy.layers import read_effective
from gates.policy.records import Policy
from gates.selftest.toml import write_toml

Tables = dict[str, Any]
_SMALL = (".py", ".toml", ".ini", ".cfg")  # beside the suites, what Python and pytest read in a project's folder
_LEFT = shutil.ignore_patterns("__pycache__", ".*")


@dataclass(frozen=True, slots=True)
class Project:
    """``root`` is the copy's folder, ``config`` its policy file, ``tables`` what stands under ``[tool]`` there."""

    root: Path
    config: Path
    tables: Tables

    @classmethod
    def copy(cls, policy: Policy, root: Path) -> Project:
        """Copy what the policy's digests cover. Symbolic links in a suite stay links, so that they are refused as ever."""
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
        project = cls(root, root / config, copy.deepcopy(dict(read_effective(policy.source).tool)))
        project.write()
        return project

    def write(self) -> None:
        """The policy file with everything that it extends, as the tables stand now."""
        self.config.write_text(write_toml({"tool": self.tables}), encoding="utf-8")

    def lay(self, tables: Mapping[str, Mapping[str, str]], folder: Path) -> None:
        """Lay tables over ``[tool]``; ``{folder}`` in a text is filled in."""
        for name, entries in tables.items():
            found = self.tables.setdefault(name, {})
            found.update({key: text.replace("{folder}", str(folder)) for key, text in entries.items()})
        self.write()

    def checks(self, gate: str) -> dict[str, Any]:
        """The policy's table of a gate's checks, to be changed; `write` afterwards."""
        found: dict[str, Any] = self.tables["gates"][gate]["checks"]
        return found

    def edit(self, file: str, change: Callable[[str], str]) -> None:
        """Change a file of the copy. It has to change: a mutant that changes nothing proves nothing."""
        path = self.root / file
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = change(before)
        assert after != before, f"{file} did not change"
        path.write_text(after, encoding="utf-8")


def _copy(entry: Path, to: Path) -> None:
    if entry.is_dir():
        shutil.copytree(entry, to, symlinks=True, ignore=_LEFT)
    else:
        shutil.copy2(entry, to, follow_symlinks=False)
