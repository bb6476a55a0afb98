"""Name the environment that judged: every installed distribution and the Python that ran it."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib import metadata

from gates.digest import Digest


def environment_digest() -> Digest:
    """Return the digest of what `installed` lists."""
    return digest_packages(installed())


def installed() -> tuple[str, ...]:
    """Return ``python==VERSION``, then the sorted ``name==version`` of all installed distributions.

    Names are in small letters, with dashes for underscores.
    """
    packages = {f"{(d.name or '').lower().replace('_', '-')}=={d.version}" for d in metadata.distributions()}
    return (f"python=={platform.python_version()}", *sorted(packages))


def digest_packages(packages: Iterable[str]) -> Digest:
    """Return the digest of packages, each as ``name==version``, in the order given."""
    return Digest.of_bytes("\n".join(packages).encode())
