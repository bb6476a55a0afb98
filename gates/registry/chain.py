"""The hash chains of the promotion log and of the notes: each entry's hash covers its content and the hash before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

START = "0" * 64

# What an entry holds, in the order in which it is hashed; the last is the hash of the entry before.
FIELDS = ("name", "old_version", "new_version", "digest", "epoch", "at", "decision", "verdicts", "kind", "previous")

NOTE_FIELDS = ("name", "kind", "digest", "at", "previous")  # the notes have a chain of their own


def entry_hash(entry: Sequence[object]) -> str:
    """Return the SHA-256, in hexadecimal digits, of a log entry (the values of `FIELDS`) or a note (those of `NOTE_FIELDS`)."""
    return hashlib.sha256(json.dumps(list(entry), separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
