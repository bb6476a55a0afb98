"""Name the environment that judged: every installed distribution and the Python that ran it."""

from __future__ import annotations

import platform
from importlib import metadata

from gates.digest import Digest


def environment_digest() -> Digest:
    """The digest of the sorted ``name==version`` of all installed distributions and of the Python version."""
    found = {f"{(d.name or '').lower().replace('_', '-')}=={d.version}" for d in metadata.distributions()}
    return Digest.of_bytes("\n".join([f"python=={platform.python_version()}", *sorted(found)]).encode())
