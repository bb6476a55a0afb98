"""Name the environment that judged: every installed distribution and the Python that ran it."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib import metadata

from gates.digest import Digest


def environment_digest() -> Digest:
    """The digest of `installed`."""
    return digest_packages(installed())


def installed() -> tuple[str, ...]:
    """``python==VERSION``, then the sorted ``name==version`` of all installed distributions."""
    found = {f"{(d.name or '').lower().replace('_', '-')}=={d.version}" for d in metadata.distributions()}
    return (f"python=={platform.python_version()}", *sorted(found))


def digest_packages(packages: Iterable[str]) -> Digest:
    return Digest.of_bytes("\n".join(packages).encode())
