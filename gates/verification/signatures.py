"""Check every signature again: verdicts and decisions against the ledger, and the ledger against its landmarks.

The ledger's own audit finds a blob or row that differs from what was recorded. This finds a record without a valid signature,
or signed for something else: for example an entry with a sound hash chain that somebody wrote without the key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, Keyring, PublicKey, Verdict, open_envelope
from gates.attest.decision import Decided, read_decision
from gates.attest.result import read_result
from gates.digest import Digest
from gates.errors import GatesError, SubjectError
from gates.history.alias_moves import glass_findings
from gates.history.rollback_guard import Landmarks
from gates.policy.records import GATES, PromotionPolicy
from gates.promotion.approvals.store import ApprovalStore
from gates.registry import Finding, KeptVerdict, Ledger, LogEntry, Move

_NOBODY = PromotionPolicy()
_RESTORE = "restore the home from a backup; do not serve from it"


def verify(
    registry: Ledger, keys: Keyring, landmarks: Landmarks, name: str = "", people: PromotionPolicy = _NOBODY
) -> tuple[Finding, ...]:
    """Return every finding: of the audit (bytes, rows and chain), then of signatures, approvals and landmarks. Writes nothing.

    ``name`` is the model that the project gates, whose landmark is checked even where nothing else knows it. ``people`` lists
    those whose signatures under approvals and break-glass statements can be checked.
    """
    parts = (
        _readable("signatures", _signatures(registry, keys)),
        _readable("approvals", _answered(registry, keys, people)),
        _readable("landmarks", _lost(registry, landmarks, name)),
    )
    return (*registry.audit(), *(finding for part in parts for finding in part))


def _answered(registry: Ledger, keys: Keyring, people: PromotionPolicy) -> Iterator[Finding]:
    """Yield the findings about requests for approval, their answers, and break-glass statements."""
    for name in registry.names():
        yield from ApprovalStore(registry, keys, people, name).findings()
        yield from glass_findings(registry, keys, name, people.break_glass)


def _readable(where: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    try:
        yield from findings
    except GatesError as error:
        yield Finding(where, error.message, error.remedy or _RESTORE)


def _signatures(registry: Ledger, keys: Keyring) -> Iterator[Finding]:
    yield from (Finding("keys", fault.message, fault.remedy) for fault in keys.own_faults())
    gate, gatekeeper = keys.trusted(GATE), keys.trusted(GATEKEEPER)
    for name in registry.names():
        log = registry.log(name)  # read before the verdicts: a promotion that is under way keeps these before its entry
        signed: dict[Digest, Verdict] = {}
        for version in registry.versions(name):
            for kept in registry.verdicts(name, version.digest):
                try:
                    signed[kept.digest] = _verdict(registry, kept, gate)
                except SubjectError as error:
                    where = f"verdict {kept.digest.short} of the {kept.gate} gate about {name}@{version.version}"
                    yield Finding(where, error.message, _RESTORE)
        for before, entry in zip((None, *log), log, strict=False):
            if why := "; ".join(_decision_faults(registry, before, entry, signed, gatekeeper)):
                yield Finding(f"decision of {entry.kind} {name} epoch {entry.epoch}", why, _RESTORE)


def _verdict(registry: Ledger, kept: KeptVerdict, trusted: Mapping[str, PublicKey]) -> Verdict:
    """Return the signed verdict. Raises `SubjectError` where it is not what the registry lists."""
    verdict = read_result(open_envelope(registry.verdict_document(kept.digest), STATEMENT_TYPE, trusted, "it"), "it")
    signed = (verdict.binding.name, verdict.gate, verdict.binding.model, verdict.passed, verdict.at)
    if signed != (kept.name, kept.gate, kept.subject, kept.passed, kept.at):
        raise SubjectError("what was signed is not what the registry lists: the row was written by hand", _RESTORE)
    return verdict


def _decision_faults(
    registry: Ledger,
    before: LogEntry | None,
    entry: LogEntry,
    signed: Mapping[Digest, Verdict],
    trusted: Mapping[str, PublicKey],
) -> Iterator[str]:
    try:
        decided = read_decision(open_envelope(registry.blobs.read(entry.decision), STATEMENT_TYPE, trusted, "it"), "it")
    except SubjectError as error:
        yield error.message
        return
    gates = {digest: signed[digest].gate if digest in signed else "unknown" for digest in entry.verdicts}
    pairs = (
        ("name", decided.name, entry.name),
        ("version", decided.version, entry.new_version),
        ("model", decided.digest, entry.digest),
        ("epoch", decided.epoch, entry.epoch),
        ("champion before", decided.before, before.digest if before else None),
        ("kind", decided.kind, str(entry.kind)),
        ("verdicts", dict(decided.verdicts), {gate: digest for digest, gate in gates.items()}),
    )
    if wrong := [what for what, decided_on, logged in pairs if decided_on != logged]:
        yield f"it was signed for another {', '.join(wrong)} than the log says"
    elif entry.kind is Move.PROMOTION:
        yield from _carrying_faults(decided, [signed[digest] for digest in entry.verdicts])


def _carrying_faults(decided: Decided, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield why these verdicts never allowed that promotion, whoever signed it."""
    if sorted(verdict.gate for verdict in verdicts) != sorted(GATES):
        yield f"it stands on verdicts of {', '.join(sorted(decided.verdicts)) or 'no gate'}, wanted {', '.join(GATES)}"
    for verdict in verdicts:
        binding = verdict.binding
        bound = (binding.name, binding.model, binding.policy, binding.champion_epoch, binding.champion)
        if not verdict.passed:
            yield f"the {verdict.gate} gate's verdict did not pass"
        elif bound != (decided.name, decided.digest, decided.policy, decided.epoch - 1, decided.before):
            yield f"the {verdict.gate} gate's verdict is bound to another model, policy or champion"


def _lost(registry: Ledger, landmarks: Landmarks, gated: str) -> Iterator[Finding]:
    for name in sorted({*registry.names(), *landmarks.names(), gated} - {""}):
        if any(
            landmarks.faults(name, registry.log(name))
        ):  # look twice: a promotion may have happened between reading log and landmark
            yield from (
                Finding(f"registry of {name}", fault, _RESTORE) for fault in landmarks.faults(name, registry.log(name))
            )
