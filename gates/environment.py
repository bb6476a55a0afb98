"""Name the environment that judged: every installed distribution and the Python that ran it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from gates.digest import Digest


def environment_digest() -> Digest:
    """Return the digest of what `installed` lists."""
    return digest_packages(installed())


def installed() -> tuple[str, ...]:
    """Return ``python==VERSION``, then the sorted ``name==version`` of all installed distributions, as of now."""
    return _installed(tuple((entry, _changed_at(entry)) for entry in sys.path))


def _changed_at(entry: str) -> int:
    """When a folder of sys.path got or lost an entry, in ns; an installer adds, removes or renames one for each distribution."""
    try:
        return Path(entry).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _installed(_folders: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    packages = {f"{(d.name or '').lower().replace('_', '-')}=={d.version}" for d in metadata.distributions()}
    return (f"python=={platform.python_version()}", *sorted(packages))


def digest_packages(packages: Iterable[str]) -> Digest:
    """Return the digest of a list of packages, each as ``name==version``."""
    return Digest.of_bytes("\n".join(packages).encode())
