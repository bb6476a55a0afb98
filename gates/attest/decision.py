"""A promotion's decision as a SLSA Verification Summary: who may serve under which name, and on which verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gates import __version__, documents
from gates.attest.result import read_time
from gates.attest.statement import Statement, read_statement, refused, require_fields, write_statement
from gates.digest import Digest

PREDICATE = "https://slsa.dev/verification_summary/v1"
FACTS = "urn:gates:decision:v1"
VERIFIER = "urn:gates:gatekeeper:v1"
SCHEMA = 1
BREAK_GLASS = "break-glass"  # a move that nothing was verified for: no other tool may take its decision for a pass
_PREDICATE = {
    "verifier": dict,
    "timeVerified": str,
    "resourceUri": str,
    "policy": dict,
    "inputAttestations": list,
    "verificationResult": str,
    "verifiedLevels": list,
    FACTS: dict,
}
_FACTS: Mapping[str, type | tuple[type, ...]] = {
    "schema": int,
    "kind": str,
    "version": int,
    "epoch": int,
    "before": (str, type(None)),
    "run": str,
    "notes": dict,
}


@dataclass(frozen=True, slots=True)
class Decided:
    """Hold a move of the champion alias. ``epoch`` is the one it begins, ``before`` the champion it ends, None for the first.

    ``kind`` is ``promotion``, or the name of another way to move the alias; ``notes`` say what belongs to it (a reason, a ticket).
    """

    name: str
    version: int
    digest: Digest
    epoch: int
    before: Digest | None
    policy: Digest
    verdicts: Mapping[str, Digest]
    at: datetime
    run: str
    kind: str = "promotion"
    notes: Mapping[str, str] = field(default_factory=dict)


def write_decision(decided: Decided) -> bytes:
    """Return the statement, ready to be signed by the gatekeeper."""
    return write_statement(Statement(decided.name, decided.digest, _predicate(decided, __version__)), PREDICATE)


def read_decision(payload: bytes, what: str = "the decision") -> Decided:
    """Return the decision in a verified payload. Raises `SubjectError` unless every byte of it follows from its facts."""
    statement = read_statement(payload, PREDICATE, what)
    predicate = require_fields(statement.predicate, _PREDICATE, what)
    facts = require_fields(predicate[FACTS], _FACTS, what)
    if facts["schema"] != SCHEMA:
        raise refused(what, f"it has schema {facts['schema']!r}, wanted {SCHEMA}")
    notes, before = facts["notes"], facts["before"]
    assert isinstance(notes, dict)
    if not all(isinstance(word, str) for note in notes.items() for word in note):
        raise refused(what, "a note is no text")
    match predicate["policy"]:
        case {"digest": {"sha256": str(policy)}}:
            pass
        case _:
            raise refused(what, "it names no policy")
    verdicts: dict[str, Digest] = {}
    inputs = predicate["inputAttestations"]
    assert isinstance(inputs, list)
    for entry in inputs:
        match entry:
            case {"name": str(gate), "digest": {"sha256": str(hex)}}:
                verdicts[gate] = Digest(hex)
    decided = Decided(
        name=statement.name,
        version=_whole(facts["version"]),
        digest=statement.digest,
        epoch=_whole(facts["epoch"]),
        before=None if before is None else Digest.parse(str(before)),
        policy=Digest(policy),
        verdicts=verdicts,
        at=read_time(predicate["timeVerified"], what),
        run=str(facts["run"]),
        kind=str(facts["kind"]),
        notes=notes,
    )
    match predicate["verifier"]:
        case {"id": str(id), "version": {"gates": str(version)}} if id == VERIFIER:
            pass
        case _:
            raise refused(what, f"its verifier is {predicate['verifier']!r:.80}, wanted {VERIFIER}")
    if documents.dump(_predicate(decided, version)) != documents.dump(predicate):
        raise refused(what, "its result, levels, resource or attestations do not follow from its facts")
    return decided


def _whole(number: object) -> int:
    assert isinstance(number, int)  # `require_fields` saw to it
    return number


def _predicate(decided: Decided, version: str) -> dict[str, object]:
    return {
        "verifier": {"id": VERIFIER, "version": {"gates": version}},
        "timeVerified": decided.at.isoformat(),
        "resourceUri": f"urn:gates:champion:{decided.name}",
        "policy": {"uri": f"urn:gates:policy:{decided.policy.hex}", "digest": {"sha256": decided.policy.hex}},
        "inputAttestations": [
            {"name": gate, "digest": {"sha256": digest.hex}} for gate, digest in sorted(decided.verdicts.items())
        ],
        "verificationResult": "FAILED" if decided.kind == BREAK_GLASS else "PASSED",
        "verifiedLevels": [f"GATES_{gate.upper()}" for gate in sorted(decided.verdicts)],
        FACTS: {
            "schema": SCHEMA,
            "kind": decided.kind,
            "version": decided.version,
            "epoch": decided.epoch,
            "before": None if decided.before is None else str(decided.before),
            "run": decided.run,
            "notes": dict(decided.notes),
        },
    }
