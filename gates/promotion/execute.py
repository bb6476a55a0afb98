"""Promote a version on its verdicts, with the approvals that the policy requires, in one signed transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gates.attest import GATEKEEPER, STATEMENT_TYPE, sign
from gates.attest.decision import Decided, write_decision
from gates.digest import Digest
from gates.errors import BackendError, PromotionRefused
from gates.judgement.decision import Decision, Ending
from gates.promotion.approvals.requests import make_request
from gates.promotion.approvals.standing import RequestStanding, RequestState
from gates.promotion.approvals.store import ApprovalStore, KeptRequest
from gates.promotion.ready import Ready, require_ready
from gates.reason import Code, Reason
from gates.registry import Champion, Move, Version
from gates.session import Session

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Promoted:
    """Say that the version is the champion; ``epoch`` counts the moves of the alias."""

    version: Version
    epoch: int


@dataclass(frozen=True, slots=True)
class AwaitingApproval:
    """Say that everything passed and the champion stays, until people approve the request that was kept."""

    kept: KeptRequest
    standing: RequestStanding

    @property
    def reason(self) -> Reason:
        """Return why the champion stays."""
        return Reason(Code.NOT_APPROVED, self.standing.sentence)


def promote(session: Session, version: Version) -> Promoted | AwaitingApproval:
    """Promote a registered version on its newest unused verdicts, or request the approvals that it needs.

    The same verdicts are requested once. Raises `PromotionRefused` with every reason; the champion then stays.
    """
    return promote_ready(session, require_ready(session, version))


def promote_ready(session: Session, ready: Ready) -> Promoted | AwaitingApproval:
    """Promote what was just checked by `require_ready`, if it has the approvals that it needs; returns and raises like
    `promote`.
    """
    notes: Mapping[str, str] = {}
    if session.policy.promotion.approvals:
        store, request = ApprovalStore.of(session), make_request(session, ready)
        kept = store.about(request) or store.keep(request)
        standing = store.standing(kept, session.clock())
        if standing.state in (RequestState.REJECTED, RequestState.TIMED_OUT):
            raise PromotionRefused(
                Reason(
                    Code.REQUEST_CLOSED,
                    f"the request {kept.request.id} about these verdicts is closed: {standing.sentence}",
                ),
                "judge again with gates run: approval of new verdicts can be requested anew",
            )
        if standing.state is not RequestState.APPROVED:
            return AwaitingApproval(kept, standing)
        notes = {"approval request": str(kept.digest), "approved by": ", ".join(standing.approved)}
    return Promoted(ready.version, move_champion(session, ready.version, ready.champion, ready.digests, notes=notes))


def conclude(session: Session, outcome: Promoted | AwaitingApproval) -> Decision:
    """Return the decision for an outcome: what happened, and what is to be done where people have to approve."""
    if isinstance(outcome, Promoted):
        version = outcome.version
        return Decision(
            Ending.PROMOTED,
            f"promoted: {version.name} version {version.version} is champion"
            f" (epoch {outcome.epoch}, {version.digest.short})",
        )
    request, policy = outcome.kept.request, session.policy.promotion
    people = ", ".join(person.name for person in policy.approvers)
    return Decision(
        Ending.AWAITING_APPROVAL,
        f"awaiting approval: {request.name} version {request.version} passed every gate; {outcome.standing.sentence}",
        notes=(
            f"it takes {policy.approvals} of: {people}; until {request.until:%Y-%m-%d %H:%M:%S} UTC, then it is rejected",
            f"to decide: gates approve {request.id}, or gates reject {request.id} --reason TEXT",
        ),
    )


def move_champion(
    session: Session,
    version: Version,
    champion: Champion | None,
    verdicts: Mapping[str, Digest],
    kind: Move = Move.PROMOTION,
    notes: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """Sign the decision and move the alias, if ``champion`` still serves; return the new epoch.

    ``verdicts`` are by gate; ``notes`` go into the decision: the reason of a rollback, the ticket of a break-glass move. Raises
    `PromotionRefused` where the champion has moved, a verdict was used, or the ledger is behind its landmark; nothing has then
    changed.
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
    started = time.monotonic()
    epoch = session.registry.promote(
        version.name,
        version.version,
        expected=(champion.epoch, champion.version.digest) if champion else (0, None),
        verdicts=list(verdicts.values()),
        decision=sign(STATEMENT_TYPE, write_decision(decided), session.keys.signer(GATEKEEPER)),
        kind=kind,
    )
    _log.info(
        "promotion transaction: %s to %s version %d, epoch %d, after %.3f s",
        kind,
        version.name,
        version.version,
        epoch,
        time.monotonic() - started,
    )
    try:
        session.landmarks.keep(version.name, session.registry.log(version.name))
    except BackendError as error:  # the champion has moved; the next move writes it
        session.progress.line(error.message, "bad")
    return epoch
