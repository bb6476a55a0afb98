"""Check whether a version may be promoted at this moment, as far as its kept verdicts say.

Only verdicts that a trusted gate key signed reach `gates.promotion.rules`. One that cannot be opened is a reason to refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gates.attest import GATE, STATEMENT_TYPE, Verdict, open_envelope
from gates.attest.result import read_result
from gates.digest import Digest
from gates.errors import PromotionRefused, SubjectError
from gates.judging import Case, make_bindings
from gates.policy.lockfile import lock_faults
from gates.policy.records import GATES
from gates.promotion.rules import refusals
from gates.registry import Champion, Version
from gates.session import Session


@dataclass(frozen=True, slots=True)
class Ready:
    """Hold a version whose verdicts allow its promotion, the champion it would replace, and the verdicts with their digests by
    gate.
    """

    version: Version
    champion: Champion | None
    digests: Mapping[str, Digest]
    verdicts: tuple[Verdict, ...]


def require_ready(session: Session, version: Version) -> Ready:
    """Return a version with what allows its promotion: its newest unused verdicts.

    Raises `PromotionRefused` with every reason why they do not allow it at this moment.
    """
    champion = session.champion()
    model = session.model_file(version)
    case = Case(
        batch=Path(model.data), batch_digest=Digest.parse(version.facts["data"]), challenger=model, champion=champion
    )
    digests = {
        kept.gate: kept.digest
        for kept in session.registry.verdicts(version.name, version.digest)
        if kept.gate in GATES and not session.registry.used(kept.digest)
    }
    verdicts, unreadable = open_verdicts(session, digests)
    today, now = make_bindings(session, case), session.clock()
    reasons = refusals(verdicts, session.policy, today, now, unreadable) + lock_faults(session.policy)
    if reasons:
        raise PromotionRefused(
            reasons, f"judge it again with: gates run, or gates check GATE --model {version.name}@{version.version}"
        )
    return Ready(version, champion, digests, tuple(verdicts))


def open_verdicts(session: Session, digests: Mapping[str, Digest]) -> tuple[list[Verdict], Mapping[str, str]]:
    """Return the verdicts that a trusted gate key signed and, by gate, why another of the kept ones cannot be read."""
    trusted = session.keys.trusted(GATE)
    verdicts: list[Verdict] = []
    unreadable: dict[str, str] = {}
    for gate, digest in digests.items():
        try:
            envelope = session.registry.verdict_document(digest)
            verdicts.append(read_result(open_envelope(envelope, STATEMENT_TYPE, trusted, "the verdict")))
        except SubjectError as error:
            unreadable[gate] = error.message
    return verdicts, unreadable
