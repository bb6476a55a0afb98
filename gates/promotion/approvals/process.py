"""Ask people, take what they say, and promote when the last approval is there: in the one transaction, with all checks again."""

from __future__ import annotations

from gates.attest import Signer
from gates.errors import ApprovalWanted, PromotionRefused
from gates.judgement.decision import Decision, Ending
from gates.promotion.approvals.documents import Act, Answer, find_person, refuse_answer
from gates.promotion.approvals.prepare import Ready, request_for, requests_of
from gates.promotion.approvals.store import Asked
from gates.promotion.execute import make_ready, promote_ready
from gates.promotion.rules import SKEW
from gates.reason import Code, Reason
from gates.registry import Version
from gates.session import Session

_HOW = "gates approve ID and gates reject ID take the id of the run that asked"


def promote_or_ask(session: Session, version: Version) -> Decision:
    """Promote; where the policy wants approvals that are not there, ask for them, once for the same verdicts."""
    ready = make_ready(session, version)
    try:
        return _promote(session, ready)
    except ApprovalWanted:
        request = request_for(session, ready)
        return _waiting(session, requests_of(session).about(request) or requests_of(session).keep(request))


def _promote(session: Session, ready: Ready) -> Decision:
    epoch, version = promote_ready(session, ready), ready.version
    return Decision(
        Ending.PROMOTED,
        f"promoted: {version.name} version {version.version} is champion (epoch {epoch}, {version.digest.short})",
    )


def _waiting(session: Session, asked: Asked) -> Decision:
    request, policy = asked.request, session.policy.promotion
    standing = requests_of(session).standing(asked, session.clock())
    people = ", ".join(person.name for person in policy.approvers)
    return Decision(
        Ending.AWAITING_APPROVAL,
        f"awaiting approval: {request.name} version {request.version} passed every gate; {standing.sentence}",
        notes=(
            f"it takes {policy.approvals} of: {people}; until {request.until:%Y-%m-%d %H:%M:%S} UTC, then it is rejected",
            f"to decide: gates approve {request.id}, or gates reject {request.id} --reason TEXT",
        ),
    )


def approve(session: Session, asked: Asked, signer: Signer, reason: str = "") -> Decision:
    """Approve a request; the last approval that it takes promotes. One whose promotion failed half-way is tried again."""
    answer = _answer(session, asked, signer, Act.APPROVE, reason)
    if answer.by not in requests_of(session).standing(asked, session.clock()).approved:
        requests_of(session).keep_answer(answer, signer)
        session.progress.line(f"{answer.by} approved the request {asked.request.id} ({asked.digest.short})", "good")
    version = session.registry.version(asked.request.name, asked.request.version)
    ready = make_ready(session, version)
    if not request_for(session, ready).is_about(asked.request):
        raise PromotionRefused(
            Reason(
                Code.REQUEST_OUTDATED,
                f"the request {asked.request.id} is about other verdicts than the newest ones of"
                f" {version.name} version {version.version}",
            ),
            f"ask again with: gates promote {version.name}@{version.version}",
        )
    try:
        return _promote(session, ready)
    except ApprovalWanted:
        return _waiting(session, asked)


def reject(session: Session, asked: Asked, signer: Signer, reason: str) -> Decision:
    """Reject a request for good."""
    if not reason.strip():
        raise PromotionRefused(Reason(Code.REASON_MISSING, "a rejection needs a reason"), "say why with --reason TEXT")
    answer = _answer(session, asked, signer, Act.REJECT, reason)
    requests_of(session).keep_answer(answer, signer)
    return Decision(Ending.PASSED, f"rejected by {answer.by}: {reason}; the request {asked.request.id} is closed")


def withdraw(session: Session, asked: Asked, signer: Signer, reason: str = "") -> Decision:
    """Take one's own approval back, as long as nothing was promoted on it."""
    answer = _answer(session, asked, signer, Act.WITHDRAW, reason)
    requests_of(session).keep_answer(answer, signer)
    standing = requests_of(session).standing(asked, session.clock())
    return Decision(
        Ending.PASSED, f"{answer.by} withdrew the approval of the request {asked.request.id}; {standing.sentence}"
    )


def _answer(session: Session, asked: Asked, signer: Signer, act: Act, reason: str) -> Answer:
    """The answer to be kept. Raises `PromotionRefused` with every reason why this person may not give it now."""
    requests, policy, now = requests_of(session), session.policy.promotion, session.clock()
    person = find_person(policy.approvers, signer.public.id)
    told = session.secrets.hide_text(reason)
    answer = Answer(act, asked.digest, person.name if person else "", told, now, signer.public.id)
    reasons = refuse_answer(answer, asked.request, requests.standing(asked, now), policy, requests.ours(), now)
    if requests.is_promoted(asked):
        reasons = (f"the request {asked.request.id} is closed: it was promoted",)
    latest = max((run.at for run in session.registry.runs() if run.id != session.id), default=now)
    if now < latest - SKEW:
        reasons += (
            f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC, and this home was used at {latest:%Y-%m-%d %H:%M:%S}: it was set back",
        )
    if reasons:
        raise PromotionRefused([Reason(Code.APPROVER_NOT_ALLOWED, reason) for reason in reasons], _HOW)
    return answer
