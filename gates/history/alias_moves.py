"""Describe moves of the champion by their signed decisions, and find a break-glass move that no promotion has followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gates import documents
from gates.attest import GATEKEEPER, STATEMENT_TYPE, Keyring, PublicKey, open_envelope
from gates.attest.decision import read_decision
from gates.digest import Digest
from gates.errors import GatesError
from gates.policy.records import Person
from gates.registry import Finding, Ledger, LogEntry, Move

BREAK_GLASS_TYPE = "application/vnd.gates.break-glass+json"
BREAK_GLASS = "break-glass"  # the kind of the note that holds the statement


def broken_glass(log: Sequence[LogEntry]) -> LogEntry | None:
    """Return the last break-glass move that no promotion has followed, else None; a rollback does not count as one."""
    for entry in reversed(log):
        if entry.kind is Move.PROMOTION:
            return None
        if entry.kind is Move.BREAK_GLASS:
            return entry
    return None


def tell_move(ledger: Ledger, keys: Keyring, entry: LogEntry) -> str:
    """Return a move in words, like ``rollback to version 1, 2026-11-24 12:00:00 UTC: it answers wrongly``.

    Where the decision cannot be read or trusted, the words say so in place of the reason.
    """
    head = f"{entry.kind} to version {entry.new_version}, {entry.at:%Y-%m-%d %H:%M:%S} UTC"
    try:
        notes = _notes(ledger, keys, entry)
    except GatesError as error:
        return f"{head}: {error.message}"
    more = [f"{word} {notes[word]}" for word in ("ticket", "by", "approved by") if word in notes]
    reason = f": {notes['reason']}" if "reason" in notes else ""
    return f"{head}{reason}" + (f" ({', '.join(more)})" if more else "")


def tell_glass(ledger: Ledger, keys: Keyring, name: str) -> str:
    """Return the warning that status and reports show after a break-glass move until a promotion; empty where there is none."""
    entry = broken_glass(ledger.log(name))
    if entry is None:
        return ""
    return f"BREAK-GLASS, and no clean promotion since: {tell_move(ledger, keys, entry)}"


def glass_findings(ledger: Ledger, keys: Keyring, name: str, people: Sequence[Person]) -> Iterator[Finding]:
    """Yield a finding for each break-glass move whose statement is missing, damaged or about another move.

    ``people`` are those whose keys the policy lists; a statement by a key that is not among them is not checked.
    """
    kept = {str(note.digest): note.digest for note in ledger.notes(name, BREAK_GLASS)}
    for entry in ledger.log(name):
        if entry.kind is Move.BREAK_GLASS and (why := _glass_fault(ledger, keys, entry, kept, people)):
            yield Finding(
                f"break-glass {name} epoch {entry.epoch}", why, "ask whoever is named in it; restore the home"
            )


def _glass_fault(
    ledger: Ledger, keys: Keyring, entry: LogEntry, kept: Mapping[str, Digest], people: Sequence[Person]
) -> str:
    try:
        notes = _notes(ledger, keys, entry)
        digest = kept.get(notes.get("statement", ""))
        if digest is None:
            return "nobody signed a statement for it"
        known = {person.key_id: PublicKey(person.key_id, person.der) for person in people}
        envelope = ledger.blobs.read(digest)
        if notes.get("key") not in known:  # taken out of the policy since: their statement stands in the hash chain
            return ""
        statement = documents.load(open_envelope(envelope, BREAK_GLASS_TYPE, known, "its statement"), "its statement")
    except GatesError as error:
        return error.message
    wanted = {"name": entry.name, "version": entry.new_version, "digest": str(entry.digest), "epoch": entry.epoch}
    wrong = [key for key, value in wanted.items() if statement.get(key) != value]
    return f"its statement was signed for another {', '.join(wrong)}" if wrong else ""


def _notes(ledger: Ledger, keys: Keyring, entry: LogEntry) -> Mapping[str, str]:
    envelope = ledger.blobs.read(entry.decision)
    what = f"the decision {entry.decision.short}"
    return read_decision(open_envelope(envelope, STATEMENT_TYPE, keys.trusted(GATEKEEPER), what), what).notes
