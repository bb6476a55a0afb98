"""Where data came from, written so that two commands can be compared: by place, beside the digests that name contents.

A place decides nothing. It is kept with a version, so that a night on other data than those of the champion can be noticed.
"""

from __future__ import annotations

import re
from pathlib import Path

from gates.policy.records import Policy
from gates.printing import unsigned

FACT = "source"  # of a version: where the data of its training came from
_PIN = re.compile(r"#sha256=[0-9a-fA-F]*\Z")


def name_place(source: str, policy: Policy, *, configured: bool) -> str:
    """Return where ``source`` is: an address without secrets, else a path relative to the policy's folder where it lies in it;
    nothing for a work that does not say.

    ``configured`` is true for a source that the configuration names, whose path starts at the policy's folder; any other path
    starts at the folder of this process.
    """
    plain = _PIN.sub("", source or "")
    if not plain:
        return ""
    if "://" in plain:
        return unsigned(plain)
    folder = policy.source.resolve().parent
    path = (folder / plain if configured else Path(plain)).resolve()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
