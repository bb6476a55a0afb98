"""Count the uses of a holdout: one use is one model judged on one batch, however often.

The rule it protects: each model that is tried on a holdout makes it a weaker test, and refused models count too. So the use is
noted before the gate runs, in the hash chain of the notes, and the note holds only what makes two uses the same or not.
"""

from __future__ import annotations

from datetime import datetime

from gates import documents
from gates.digest import Digest
from gates.registry import Ledger


def use_holdout(registry: Ledger, name: str, batch: Digest, model: str, at: datetime) -> int:
    """Record that ``model`` (a digest as text) is judged on the holdout of ``batch``, at ``at`` (UTC).

    Returns how many different models were judged on it so far, this one included. The same model is recorded once.
    """
    kind = f"holdout-{batch.hex[:40]}"
    note = documents.dump({"schema": 1, "data": str(batch), "model": model})
    known = {kept.digest for kept in registry.notes(name, kind)}
    if (digest := Digest.of_bytes(note)) not in known:
        registry.keep_note(name, kind, note, at)
    return len(known | {digest})
