"""Find how a request for approval stands, and who may answer it: pure functions of the documents, the policy and the time.

Without answers it waits, and when its time is over it is rejected.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gates.digest import Digest
from gates.policy.names import fold_name
from gates.policy.records import Person, PromotionPolicy
from gates.promotion.approvals.documents import AnswerKind, ApprovalAnswer, ApprovalRequest
from gates.promotion.rules import SKEW


class RequestState(StrEnum):
    """Name how a request can stand. Only APPROVED lets anything be promoted."""

    WAITING = "awaiting approval"
    APPROVED = "approved"
    REJECTED = "rejected"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True)
class RequestStanding:
    """Hold how a request stands, the names of those who approved, and a sentence on why it stands so."""

    state: RequestState
    approved: tuple[str, ...]
    sentence: str


def find_standing(
    request: ApprovalRequest, digest: Digest, answers: Sequence[ApprovalAnswer], policy: PromotionPolicy, now: datetime
) -> RequestStanding:
    """Return how the request with this ``digest`` stands at the time ``now``.

    ``answers`` are all that were kept, oldest first; those to other requests, and those of nobody in the policy, are ignored.
    """
    approved: dict[str, None] = {}
    for answer in answers:
        person = find_person(policy.approvers, answer.key)
        if answer.request != digest or person is None or person.name != answer.by:
            continue
        if answer.act is AnswerKind.REJECT:
            return RequestStanding(RequestState.REJECTED, (), f"{answer.by} rejected it: {answer.reason}")
        if answer.act is AnswerKind.WITHDRAW:
            approved.pop(person.name, None)
        elif request.at - SKEW <= answer.at <= request.until and not conflicts(request, person, policy):
            approved[person.name] = None
    names = tuple(approved)
    if now > request.until:
        return RequestStanding(
            RequestState.TIMED_OUT,
            names,
            f"its time was over at {request.until:%Y-%m-%d %H:%M:%S} UTC, which rejects it",
        )
    by = f" by {', '.join(names)}" if names else ""
    if len(names) < max(policy.approvals, 1):
        return RequestStanding(RequestState.WAITING, names, f"{len(names)} of {policy.approvals} approvals{by}")
    return RequestStanding(RequestState.APPROVED, names, f"approved{by}")


def find_person(people: Sequence[Person], key: str) -> Person | None:
    """Return the person with the key of this id, or None."""
    return next((person for person in people if person.key_id == key), None)


def conflicts(request: ApprovalRequest, person: Person, policy: PromotionPolicy) -> bool:
    """Return whether the person started what is to be approved, where the policy does not allow to approve one's own runs."""
    return not policy.own_runs and bool(_folded([person.name, *person.accounts]) & _folded(request.authors))


def refuse_answer(
    answer: ApprovalAnswer,
    request: ApprovalRequest,
    standing: RequestStanding,
    policy: PromotionPolicy,
    own_keys: Collection[str],
    now: datetime,
) -> tuple[str, ...]:
    """Return every reason why this answer may not be given now; none where it may.

    ``own_keys`` are the ids of the keys that sign verdicts and decisions for this home.
    """
    return tuple(_refusals(answer, request, standing, policy, own_keys, now))


def _refusals(
    answer: ApprovalAnswer,
    request: ApprovalRequest,
    standing: RequestStanding,
    policy: PromotionPolicy,
    own_keys: Collection[str],
    now: datetime,
) -> Iterator[str]:
    person = find_person(policy.approvers, answer.key)
    if person is None:
        yield f"the key {answer.key[:12]} is of none of the approvers ({', '.join(p.name for p in policy.approvers) or 'none'})"
        return
    if standing.state in (RequestState.REJECTED, RequestState.TIMED_OUT):
        yield f"the request {request.id} is closed: {standing.sentence}"
    if now < request.at - SKEW:
        yield f"the request {request.id} is from the future ({request.at:%Y-%m-%d %H:%M:%S} UTC); correct the clock"
    if answer.act is AnswerKind.APPROVE:
        if conflicts(request, person, policy):
            yield f"{person.name} started the run {request.id}, and whoever started a run does not approve it"
        if answer.key in own_keys:
            yield f"the key of {person.name} signs verdicts or decisions here; an approver signs with a key of their own"
        if person.name in standing.approved and standing.state is RequestState.WAITING:
            yield f"{person.name} has approved the request {request.id} already; it waits for somebody else"
    if answer.act is AnswerKind.WITHDRAW and person.name not in standing.approved:
        yield f"{person.name} has no approval of the request {request.id} to withdraw"


def _folded(names: Sequence[str]) -> set[str]:
    return {fold_name(name) for name in names}
