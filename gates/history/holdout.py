"""Count the uses of a holdout: one use is one model judged on one batch, however often.

The rule it protects: a holdout wears out by every model that is tried on it, the refused ones first of all. So the use is noted
before the gate runs, in the hash chain of the notes, and the note holds nothing that could make the same use look like another.
"""

from __future__ import annotations

from datetime import datetime

from gates import documents
from gates.digest import Digest
from gates.registry import Ledger


def use_holdout(registry: Ledger, name: str, batch: Digest, model: str, at: datetime) -> int:
    """Note that ``model`` is judged on the holdout of ``batch``; gives how many different models were by now."""
    kind = f"holdout-{batch.hex[:40]}"
    note = documents.dump({"schema": 1, "data": str(batch), "model": model})
    known = {kept.digest for kept in registry.notes(name, kind)}
    if (digest := Digest.of_bytes(note)) not in known:
        registry.keep_note(name, kind, note, at)
    return len(known | {digest})
