"""Move the champion: open the kept verdicts, ask `promotion` whether they carry it, sign the decision, let the registry swap.

Whatever `promotion` sees comes out of an envelope that a trusted gate key signed. A verdict that does not open is a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, Verdict, open_envelope, sign
from gates.attest.decision import Decided, write_decision
from gates.attest.result import read_result
from gates.digest import Digest
from gates.errors import ApprovalWanted, BackendError, PromotionRefused, SubjectError
from gates.judging import Case, make_bindings
from gates.policy.lockfile import lock_faults
from gates.policy.records import GATES
from gates.promotion.approvals.documents import State
from gates.promotion.approvals.prepare import Ready, request_for, requests_of
from gates.promotion.rules import refusals
from gates.reason import Code, Reason
from gates.registry import Champion, Move, Version
from gates.session import Session


def promote_version(session: Session, version: Version) -> int:
    """Promote a registered version on its newest unused verdicts. Returns the new epoch.

    Raises `PromotionRefused` with every reason, `ApprovalWanted` where people have still to approve; the champion then stays.
    """
    return promote_ready(session, make_ready(session, version))


def promote_ready(session: Session, ready: Ready) -> int:
    """Promote what was just found ready, if it has the approvals that it needs. Returns the new epoch; raises like above."""
    return decide(session, ready.version, ready.champion, ready.kept, notes=_approved(session, ready))


def make_ready(session: Session, version: Version) -> Ready:
    """Raises `PromotionRefused` unless the version's newest unused verdicts carry a promotion at this moment."""
    champion = session.champion()
    model = session.model_file(version)
    case = Case(
        batch=Path(model.data), batch_digest=Digest.parse(version.facts["data"]), challenger=model, champion=champion
    )
    kept = {
        verdict.gate: verdict.digest
        for verdict in session.registry.verdicts(version.name, version.digest)
        if verdict.gate in GATES and not session.registry.used(verdict.digest)
    }
    verdicts, unreadable = open_verdicts(session, kept)
    today, now = make_bindings(session, case), session.clock()
    reasons = refusals(verdicts, session.policy, today, now, unreadable) + lock_faults(session.policy)
    if reasons:
        raise PromotionRefused(
            reasons, f"judge it again with: gates run, or gates check GATE --model {version.name}@{version.version}"
        )
    return Ready(version, champion, kept, tuple(verdicts))


def _approved(session: Session, ready: Ready) -> Mapping[str, str]:
    """What the decision says of its approvals. Raises `ApprovalWanted` where they are wanted and not there."""
    if not session.policy.promotion.approvals:
        return {}
    requests = requests_of(session)
    asked = requests.about(request_for(session, ready))
    if asked is None:
        raise ApprovalWanted(
            Reason(Code.NOT_APPROVED, "nobody was asked to approve this promotion"), "gates promote NAME@VERSION asks"
        )
    standing = requests.standing(asked, session.clock())
    if standing.state in (State.REJECTED, State.TIMED_OUT):
        raise PromotionRefused(
            Reason(
                Code.REQUEST_CLOSED,
                f"the request {asked.request.id} about these verdicts is closed: {standing.sentence}",
            ),
            "judge again with gates run: new verdicts can be asked about anew",
        )
    if standing.state is not State.APPROVED:
        raise ApprovalWanted(Reason(Code.NOT_APPROVED, standing.sentence), f"gates approve {asked.request.id}")
    return {"approval request": str(asked.digest), "approved by": ", ".join(standing.approved)}


def open_verdicts(session: Session, kept: Mapping[str, Digest]) -> tuple[list[Verdict], Mapping[str, str]]:
    """The verdicts in those kept envelopes that a trusted gate key signed; by gate, why another cannot be read."""
    trusted = session.keys.trusted(GATE)
    verdicts: list[Verdict] = []
    unreadable: dict[str, str] = {}
    for gate, digest in kept.items():
        try:
            envelope = session.registry.verdict_document(digest)
            verdicts.append(read_result(open_envelope(envelope, STATEMENT_TYPE, trusted, "the verdict")))
        except SubjectError as error:
            unreadable[gate] = error.message
    return verdicts, unreadable


def decide(
    session: Session,
    version: Version,
    champion: Champion | None,
    verdicts: Mapping[str, Digest],
    kind: Move = Move.PROMOTION,
    notes: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """Sign the decision and swap, if ``champion`` still serves. Returns the new epoch.

    ``notes`` go into the decision: the reason of a rollback, the ticket of a break-glass move.
    """
    session.landmarks.require(version.name, session.registry.log(version.name))
    decided = Decided(
        name=version.name,
        version=version.version,
        digest=version.digest,
        epoch=champion.epoch + 1 if champion else 1,
        before=champion.version.digest if champion else None,
        policy=session.policy.digest,
        verdicts=verdicts,
        at=session.clock(),
        run=session.id,
        kind=str(kind),
        notes=notes,
    )
    epoch = session.registry.promote(
        version.name,
        version.version,
        expected=(champion.epoch, champion.version.digest) if champion else (0, None),
        verdicts=list(verdicts.values()),
        decision=sign(STATEMENT_TYPE, write_decision(decided), session.keys.signer(GATEKEEPER)),
        kind=kind,
    )
    try:
        session.landmarks.keep(version.name, session.registry.log(version.name))
    except BackendError as error:  # the champion has moved; the next move writes it
        session.progress.line(error.message, "bad")
    return epoch
