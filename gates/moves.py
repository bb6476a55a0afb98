"""Tell the moves of a champion that no promotion made: what its signed decision says of them, and whether glass lies broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gates.attest import GATEKEEPER, STATEMENT_TYPE, Keyring, open_envelope
from gates.attest.decision import read_decision
from gates.errors import GatesError
from gates.registry import Ledger, LogEntry, Move


def broken_glass(log: Sequence[LogEntry]) -> LogEntry | None:
    """The last break-glass move that no promotion has followed; a rollback after it cleans up nothing."""
    for entry in reversed(log):
        if entry.kind is Move.PROMOTION:
            return None
        if entry.kind is Move.BREAK_GLASS:
            return entry
    return None


def tell_move(ledger: Ledger, keys: Keyring, entry: LogEntry) -> str:
    """``rollback to version 1, 2026-11-24 12:00:00 UTC: it answers wrongly``; where the decision cannot be trusted, that."""
    head = f"{entry.kind} to version {entry.new_version}, {entry.at:%Y-%m-%d %H:%M:%S} UTC"
    try:
        notes = _notes(ledger, keys, entry)
    except GatesError as error:
        return f"{head}: {error.message}"
    more = [f"{word} {notes[word]}" for word in ("ticket", "by", "approved by") if word in notes]
    reason = f": {notes['reason']}" if "reason" in notes else ""
    return f"{head}{reason}" + (f" ({', '.join(more)})" if more else "")


def tell_glass(ledger: Ledger, keys: Keyring, name: str) -> str:
    """What every status and report says until a clean promotion; empty where no glass lies broken."""
    entry = broken_glass(ledger.log(name))
    if entry is None:
        return ""
    return f"BREAK-GLASS, and no clean promotion since: {tell_move(ledger, keys, entry)}"


def _notes(ledger: Ledger, keys: Keyring, entry: LogEntry) -> Mapping[str, str]:
    envelope = ledger.blobs.read(entry.decision)
    what = f"the decision {entry.decision.short}"
    return read_decision(open_envelope(envelope, STATEMENT_TYPE, keys.trusted(GATEKEEPER), what), what).notes
