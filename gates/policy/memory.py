"""Remember the digest of a policy for as long as everything that it was made from is the same.

The rule it protects: a change is always seen. What is compared is content, never a time: the bytes of the policy's file and of
those of Gates that it extends, and which of the files exist that decide how a suite's file is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from gates.digest import Digest
from gates.policy.layers import STANDARD, Disk, Effective, Tables, find_root
from gates.toml_reader import parse_toml


@dataclass(slots=True)
class Looking(Disk):
    """Read files as they are now, and keep what was seen: the bytes of TOML files, and whether other files are there."""

    parsed: dict[Path, bytes] = field(default_factory=dict)
    there: dict[Path, bool] = field(default_factory=dict)

    def toml(self, path: Path) -> Tables:
        """Return a parsed TOML file. Raises `ConfigError` when it is absent or no TOML."""
        content = Disk.content(self, path)
        if (
            content is None or self.parsed.get(path, content) != content
        ):  # another one than a moment ago is not remembered
            self.parsed.clear()
            return Disk.toml(self, path)
        self.parsed[path] = content
        return parse_toml(content, path)

    def content(self, path: Path) -> bytes | None:
        """Return the bytes of a file, or None where there is none or it cannot be read."""
        content = Disk.content(self, path)
        self.there[path] = content is not None
        return content


@dataclass(slots=True)
class Memory:
    """Hold the digest of one policy file, and what was seen when it was made."""

    source: Path
    _digest: Digest | None = None
    _parsed: Mapping[Path, bytes] = field(default_factory=dict)
    _there: Mapping[Path, bool] = field(default_factory=dict)
    _members: Mapping[Path, tuple[bool, bool]] = field(default_factory=dict)
    _root: Path | None = None

    def keep(self, looking: Looking, effective: Effective, digest: Digest) -> None:
        """Remember a digest. One of a policy that has faults, or that extends a file of its own, is not remembered."""
        own = {self.source, *STANDARD.values()}
        if effective.faults or not {self.source} <= looking.parsed.keys() <= own:
            self._digest = None
            return
        paths = {member.path for members in effective.members.values() for member in members}
        self._parsed, self._there, self._root = looking.parsed, looking.there, effective.root
        self._members = {path: _kind(path) for path in paths}
        self._digest = digest

    def recall(self) -> Digest | None:
        """Return the digest, None where none is remembered or something is not as it was."""
        disk = Disk()
        same = (
            self._digest is not None
            and all(disk.content(path) == content for path, content in self._parsed.items())
            and find_root(self.source) == self._root
            and all((disk.content(path) is not None) == there for path, there in self._there.items())
            and all(_kind(path) == kind for path, kind in self._members.items())
        )
        return self._digest if same else None


@lru_cache(maxsize=8)
def memory_of(source: Path) -> Memory:
    """Return the memory of one policy file in this process; ``source`` is its path, resolved."""
    return Memory(source)


def _kind(path: Path) -> tuple[bool, bool]:
    return path.exists(), path.is_dir()
