"""Check again what every signature says: verdicts and decisions against the ledger, the ledger against its landmarks.

The ledger's own audit finds a blob or row that is not what was recorded. This finds a record that nobody signed for, or that was
signed for something else: an entry that somebody wrote with a sound hash chain, and no key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, Keyring, PublicKey, open_envelope
from gates.attest.decision import read_decision
from gates.attest.result import read_result
from gates.digest import Digest
from gates.errors import GatesError, SubjectError
from gates.landmarks import Landmarks
from gates.moves import glass_findings
from gates.policy import PromotionPolicy
from gates.registry import Finding, KeptVerdict, LogEntry, Registry
from gates.requests import Requests

_NOBODY = PromotionPolicy()
_RESTORE = "restore the home from a backup; do not serve from it"


def verify(
    registry: Registry, keys: Keyring, landmarks: Landmarks, name: str = "", people: PromotionPolicy = _NOBODY
) -> tuple[Finding, ...]:
    """Every finding: bytes, rows and chain (the audit), then signatures, then landmarks. Writes nothing.

    ``name`` is the model that the project gates, whose landmark is asked for even where nothing else knows it; ``people`` are
    whose signatures under approvals and break-glass statements can be checked.
    """
    found = (
        _readable("signatures", _signatures(registry, keys)),
        _readable("approvals", _said(registry, keys, people)),
        _readable("landmarks", _lost(registry, landmarks, name)),
    )
    return (*registry.audit(), *(finding for part in found for finding in part))


def _said(registry: Registry, keys: Keyring, people: PromotionPolicy) -> Iterator[Finding]:
    """What people were asked, and what they said."""
    for name in registry.names():
        yield from Requests(registry, keys, people, name).findings()
        yield from glass_findings(registry, keys, name, people.break_glass)


def _readable(where: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    try:
        yield from findings
    except GatesError as error:
        yield Finding(where, error.message, error.remedy or _RESTORE)


def _signatures(registry: Registry, keys: Keyring) -> Iterator[Finding]:
    yield from (Finding("keys", fault.message, fault.remedy) for fault in keys.own_faults())
    gate, gatekeeper = keys.trusted(GATE), keys.trusted(GATEKEEPER)
    for name in registry.names():
        gates: dict[Digest, str] = {}
        for version in registry.versions(name):
            for kept in registry.verdicts(name, version.digest):
                gates[kept.digest] = kept.gate
                if why := _verdict_fault(registry, kept, gate):
                    where = f"verdict {kept.digest.short} of the {kept.gate} gate about {name}@{version.version}"
                    yield Finding(where, why, _RESTORE)
        before: LogEntry | None = None
        for entry in registry.log(name):
            if why := _decision_fault(registry, entry, before, gates, gatekeeper):
                yield Finding(f"decision of {entry.kind} {name} epoch {entry.epoch}", why, _RESTORE)
            before = entry


def _verdict_fault(registry: Registry, kept: KeptVerdict, trusted: Mapping[str, PublicKey]) -> str:
    try:
        envelope = registry.verdict_document(kept.digest)
        verdict = read_result(open_envelope(envelope, STATEMENT_TYPE, trusted, "it"), "it")
    except SubjectError as error:
        return error.message
    said = (verdict.binding.name, verdict.gate, verdict.binding.model, verdict.passed, verdict.at)
    listed = (kept.name, kept.gate, kept.subject, kept.passed, kept.at)
    return "" if said == listed else "what was signed is not what the registry lists: the row was written by hand"


def _decision_fault(
    registry: Registry,
    entry: LogEntry,
    before: LogEntry | None,
    gates: Mapping[Digest, str],
    trusted: Mapping[str, PublicKey],
) -> str:
    try:
        envelope = registry.blobs.read(entry.decision)
        decided = read_decision(open_envelope(envelope, STATEMENT_TYPE, trusted, "it"), "it")
    except SubjectError as error:
        return error.message
    pairs = (
        ("name", decided.name, entry.name),
        ("version", decided.version, entry.new_version),
        ("model", decided.digest, entry.digest),
        ("epoch", decided.epoch, entry.epoch),
        ("champion before", decided.before, before.digest if before else None),
        ("kind", decided.kind, str(entry.kind)),
        ("verdicts", dict(decided.verdicts), {gates.get(digest, "unknown"): digest for digest in entry.verdicts}),
    )
    wrong = [what for what, said, logged in pairs if said != logged]
    return f"it was signed for another {', '.join(wrong)} than the log says" if wrong else ""


def _lost(registry: Registry, landmarks: Landmarks, gated: str) -> Iterator[Finding]:
    for name in sorted({*registry.names(), *landmarks.names(), gated} - {""}):
        for fault in landmarks.faults(name, registry.log(name)):
            yield Finding(f"registry of {name}", fault, _RESTORE)
