"""Name the environment that judged: every installed distribution and the Python that ran it."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path

from gates.digest import Digest, digest_list

_PACKAGE = Path(__file__).parent


def environment_digest() -> Digest:
    """Return the digest of what `installed` lists."""
    return digest_packages(installed())


def installed() -> tuple[str, ...]:
    """Return ``python==VERSION``, then the sorted ``name==version`` of all installed distributions, as of now.

    An editable installation of Gates has no version that says what it does, so its version has the digest of its files behind it.
    """
    packages = _distributions(tuple((entry, _changed_at(entry)) for entry in sys.path))
    tree = _own_tree() if _is_editable() else ""
    named = (f"{name}{tree}" if name.startswith("gates==") else name for name in packages)
    return (f"python=={platform.python_version()}", *sorted(named))


def _changed_at(entry: str) -> int:
    """When a folder of sys.path got or lost an entry, in ns; an installer adds, removes or renames one for each distribution."""
    try:
        return Path(entry).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _distributions(_folders: tuple[tuple[str, int], ...]) -> frozenset[str]:
    return frozenset(f"{(d.name or '').lower().replace('_', '-')}=={d.version}" for d in metadata.distributions())


@cache
def _is_editable() -> bool:
    """Whether this Gates is imported from a folder in which it is developed."""
    try:
        origin = json.loads(metadata.distribution("gates").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return False
    return bool(origin.get("dir_info", {}).get("editable"))


def _own_tree() -> str:
    files = sorted(path for path in _PACKAGE.rglob("*.py"))
    return _tree_of(tuple((path, (state := path.stat()).st_mtime_ns, state.st_size, state.st_ino) for path in files))


@lru_cache(maxsize=2)
def _tree_of(files: tuple[tuple[Path, int, int, int], ...]) -> str:
    listed = {path.relative_to(_PACKAGE).as_posix(): Digest.of(path) for path, *_ in files}
    return f"+tree.{digest_list(listed).short}"


def digest_packages(packages: Iterable[str]) -> Digest:
    """Return the digest of a list of packages, each as ``name==version``."""
    return Digest.of_bytes("\n".join(packages).encode())
