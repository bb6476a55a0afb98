"""Take the answers of approvers, and promote with the last approval: in the one transaction, after all checks again."""

from __future__ import annotations

from gates.attest import Signer
from gates.errors import PromotionRefused
from gates.judgement.decision import Decision, Ending
from gates.promotion.approvals.documents import AnswerKind, ApprovalAnswer
from gates.promotion.approvals.requests import make_request
from gates.promotion.approvals.standing import find_person, refuse_answer
from gates.promotion.approvals.store import ApprovalStore, KeptRequest
from gates.promotion.execute import conclude, promote_ready
from gates.promotion.ready import require_ready
from gates.promotion.rules import SKEW
from gates.reason import Code, Reason
from gates.session import Session

_HOW = "gates approve ID and gates reject ID take the id of the run that made the request"


def approve(session: Session, kept: KeptRequest, signer: Signer, reason: str = "") -> Decision:
    """Approve a request, promote where it was the last approval needed, and return the decision.

    An approval that is already kept is not kept again, so that a promotion that failed after it can be repeated. Raises
    `PromotionRefused` with every reason.
    """
    answer = _answer(session, kept, signer, AnswerKind.APPROVE, reason)
    if answer.by not in ApprovalStore.of(session).standing(kept, session.clock()).approved:
        ApprovalStore.of(session).keep_answer(answer, signer)
        session.progress.line(f"{answer.by} approved the request {kept.request.id} ({kept.digest.short})", "good")
    version = session.registry.version(kept.request.name, kept.request.version)
    ready = require_ready(session, version)
    if not make_request(session, ready).is_about(kept.request):
        raise PromotionRefused(
            Reason(
                Code.REQUEST_OUTDATED,
                f"the request {kept.request.id} is about other verdicts than the newest ones of"
                f" {version.name} version {version.version}",
            ),
            f"request it again with: gates promote {version.name}@{version.version}",
        )
    return conclude(session, promote_ready(session, ready))


def reject(session: Session, kept: KeptRequest, signer: Signer, reason: str) -> Decision:
    """Reject a request for good, and return the decision. Raises `PromotionRefused` without a ``reason``, or for a person who
    may not.
    """
    if not reason.strip():
        raise PromotionRefused(Reason(Code.REASON_MISSING, "a rejection needs a reason"), "say why with --reason TEXT")
    answer = _answer(session, kept, signer, AnswerKind.REJECT, reason)
    ApprovalStore.of(session).keep_answer(answer, signer)
    return Decision(Ending.PASSED, f"rejected by {answer.by}: {reason}; the request {kept.request.id} is closed")


def withdraw(session: Session, kept: KeptRequest, signer: Signer, reason: str = "") -> Decision:
    """Take one's own approval back, before the promotion, and return the decision. Raises `PromotionRefused` with every reason."""
    answer = _answer(session, kept, signer, AnswerKind.WITHDRAW, reason)
    ApprovalStore.of(session).keep_answer(answer, signer)
    standing = ApprovalStore.of(session).standing(kept, session.clock())
    return Decision(
        Ending.PASSED, f"{answer.by} withdrew the approval of the request {kept.request.id}; {standing.sentence}"
    )


def _answer(session: Session, kept: KeptRequest, signer: Signer, act: AnswerKind, reason: str) -> ApprovalAnswer:
    """Return the answer to be kept. Raises `PromotionRefused` with every reason why this person may not give it now."""
    store, policy, now = ApprovalStore.of(session), session.policy.promotion, session.clock()
    person = find_person(policy.approvers, signer.public.id)
    answer = ApprovalAnswer(
        act, kept.digest, person.name if person else "", session.secrets.hide_text(reason), now, signer.public.id
    )
    reasons = refuse_answer(answer, kept.request, store.standing(kept, now), policy, store.own_keys(), now)
    if store.is_promoted(kept):
        reasons = (f"the request {kept.request.id} is closed: it was promoted",)
    latest = max((run.at for run in session.registry.runs() if run.id != session.id), default=now)
    if now < latest - SKEW:
        reasons += (
            f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC, and this home was used at {latest:%Y-%m-%d %H:%M:%S}: it was set back",
        )
    if reasons:
        raise PromotionRefused([Reason(Code.APPROVER_NOT_ALLOWED, reason) for reason in reasons], _HOW)
    return answer
