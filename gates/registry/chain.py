"""The hash chain of the promotion log: each entry's hash covers its content and the hash before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

START = "0" * 64


def entry_hash(entry: Sequence[object]) -> str:
    """``entry``: name, old version, new version, epoch, time, decision, verdicts, previous hash."""
    return hashlib.sha256(json.dumps(list(entry), separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
