"""What approvers are asked, what they say, and how it stands: pure functions of signed documents, the policy and the time.

An answer is bound to the digest of the request that was shown. Default: it waits, and when its time is over it is rejected.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from gates import documents
from gates.attest.result import read_time
from gates.attest.statement import refused, require_fields
from gates.digest import Digest
from gates.policy.records import Person, PromotionPolicy
from gates.promotion.rules import SKEW

REQUEST_TYPE = "application/vnd.gates.approval-request+json"
ANSWER_TYPE = "application/vnd.gates.approval+json"
SCHEMA = 1
_REQUEST: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("id", "name", "digest", "data", "policy", "at", "until"), str),
    **dict.fromkeys(("schema", "version", "epoch"), int),
    **dict.fromkeys(("authors", "summary"), list),
    "champion": (str, type(None)),
    "verdicts": dict,
}
_ANSWER = {"schema": int, **dict.fromkeys(("act", "request", "by", "reason", "at"), str)}


class Act(StrEnum):
    """What an approver can say."""

    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"


class State(StrEnum):
    WAITING = "awaiting approval"
    APPROVED = "approved"
    REJECTED = "rejected"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that an approver approves. ``id`` is the run that asks, ``summary`` what its checks measured."""

    id: str
    name: str
    version: int
    digest: Digest
    data: Digest
    policy: Digest
    epoch: int
    champion: Digest | None
    verdicts: Mapping[str, Digest]
    authors: tuple[str, ...]
    at: datetime
    until: datetime
    summary: tuple[str, ...]

    def is_about(self, other: Request) -> bool:
        """Whether it asks for the same promotion, whoever asked, and when."""
        mine, theirs = (
            (r.name, r.version, r.digest, r.data, r.policy, r.epoch, r.champion, dict(r.verdicts))
            for r in (self, other)
        )
        return mine == theirs


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person said to the request with this digest. ``key`` is the id of the key that signed it."""

    act: Act
    request: Digest
    by: str
    reason: str
    at: datetime
    key: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a request stands: who approved, and why it stands so."""

    state: State
    approved: tuple[str, ...]
    sentence: str


def write_request(request: Request) -> bytes:
    champion = request.champion
    return documents.dump(
        {
            "schema": SCHEMA,
            **{name: getattr(request, name) for name in ("id", "name", "version", "epoch")},
            **{name: str(getattr(request, name)) for name in ("digest", "data", "policy")},
            **{name: list(getattr(request, name)) for name in ("authors", "summary")},
            "champion": None if champion is None else str(champion),
            "verdicts": {gate: str(digest) for gate, digest in request.verdicts.items()},
            "at": request.at.isoformat(),
            "until": request.until.isoformat(),
        }
    )


def read_request(payload: bytes, what: str = "the approval request") -> Request:
    """The request in a verified payload. Raises `SubjectError` unless it is exactly one."""
    content = require_fields(documents.load(payload, what), _REQUEST, what)
    _require_schema(content, what)
    verdicts, champion = cast(dict[str, object], content["verdicts"]), content["champion"]
    return Request(
        id=str(content["id"]),
        name=str(content["name"]),
        version=cast(int, content["version"]),
        digest=Digest.parse(str(content["digest"])),
        data=Digest.parse(str(content["data"])),
        policy=Digest.parse(str(content["policy"])),
        epoch=cast(int, content["epoch"]),
        champion=None if champion is None else Digest.parse(str(champion)),
        verdicts={gate: Digest.parse(str(digest)) for gate, digest in verdicts.items()},
        authors=_texts(content["authors"], what),
        at=read_time(content["at"], what),
        until=read_time(content["until"], what),
        summary=_texts(content["summary"], what),
    )


def write_answer(answer: Answer) -> bytes:
    content = {name: str(getattr(answer, name)) for name in ("act", "request", "by", "reason")}
    return documents.dump({"schema": SCHEMA, **content, "at": answer.at.isoformat()})


def read_answer(payload: bytes, key: str, what: str = "the answer to an approval request") -> Answer:
    """The answer in a payload that was verified with the key of this id. Raises `SubjectError` unless it is exactly one."""
    content = require_fields(documents.load(payload, what), _ANSWER, what)
    _require_schema(content, what)
    if content["act"] not in list(Act):
        raise refused(what, f"its act is {content['act']!r:.40}, wanted {', '.join(Act)}")
    request, at = Digest.parse(str(content["request"])), read_time(content["at"], what)
    return Answer(Act(str(content["act"])), request, str(content["by"]), str(content["reason"]), at, key)


def stand(
    request: Request, digest: Digest, answers: Sequence[Answer], policy: PromotionPolicy, now: datetime
) -> Standing:
    """How the request with this ``digest`` stands. ``answers`` are all that were kept, oldest first; others' are passed over."""
    approved: dict[str, None] = {}
    for answer in answers:
        person = find_person(policy.approvers, answer.key)
        if answer.request != digest or person is None or person.name != answer.by:
            continue
        if answer.act is Act.REJECT:
            return Standing(State.REJECTED, (), f"{answer.by} rejected it: {answer.reason}")
        if answer.act is Act.WITHDRAW:
            approved.pop(person.name, None)
        elif request.at - SKEW <= answer.at <= request.until and not conflicts(request, person, policy):
            approved[person.name] = None
    names = tuple(approved)
    if now > request.until:
        return Standing(
            State.TIMED_OUT, names, f"its time was over at {request.until:%Y-%m-%d %H:%M:%S} UTC, which rejects it"
        )
    by = f" by {', '.join(names)}" if names else ""
    if len(names) < max(policy.approvals, 1):
        return Standing(State.WAITING, names, f"{len(names)} of {policy.approvals} approvals{by}")
    return Standing(State.APPROVED, names, f"approved{by}")


def find_person(people: Sequence[Person], key: str) -> Person | None:
    """Whose key this is, by its id."""
    return next((person for person in people if person.key_id == key), None)


def conflicts(request: Request, person: Person, policy: PromotionPolicy) -> bool:
    """Whether the person started what is to be approved, and the policy does not allow that."""
    return not policy.own_runs and bool(_folded([person.name, *person.accounts]) & _folded(request.authors))


def refuse_answer(
    answer: Answer, request: Request, standing: Standing, policy: PromotionPolicy, ours: Collection[str], now: datetime
) -> tuple[str, ...]:
    """Every reason why somebody may not say this now; ``ours`` are the ids of the keys that sign verdicts and decisions here."""
    return tuple(_refusals(answer, request, standing, policy, ours, now))


def _refusals(
    answer: Answer, request: Request, standing: Standing, policy: PromotionPolicy, ours: Collection[str], now: datetime
) -> Iterator[str]:
    person = find_person(policy.approvers, answer.key)
    if person is None:
        yield f"the key {answer.key[:12]} is of none of the approvers ({', '.join(p.name for p in policy.approvers) or 'none'})"
        return
    if standing.state in (State.REJECTED, State.TIMED_OUT):
        yield f"the request {request.id} is closed: {standing.sentence}"
    if now < request.at - SKEW:
        yield f"the request {request.id} is from the future ({request.at:%Y-%m-%d %H:%M:%S} UTC); correct the clock"
    if answer.act is Act.APPROVE:
        if conflicts(request, person, policy):
            yield f"{person.name} started the run {request.id}, and whoever started a run does not approve it"
        if answer.key in ours:
            yield f"the key of {person.name} signs verdicts or decisions here; an approver signs with a key of their own"
        if person.name in standing.approved and standing.state is State.WAITING:
            yield f"{person.name} has approved the request {request.id} already; it waits for somebody else"
    if answer.act is Act.WITHDRAW and person.name not in standing.approved:
        yield f"{person.name} has no approval of the request {request.id} to withdraw"


def _folded(names: Sequence[str]) -> set[str]:
    return {name.casefold() for name in names}


def _require_schema(content: Mapping[str, object], what: str) -> None:
    if content["schema"] != SCHEMA:
        raise refused(what, f"it has schema {content['schema']!r}, wanted {SCHEMA}")


def _texts(value: object, what: str) -> tuple[str, ...]:
    found = cast(list[object], value)
    if not all(type(text) is str for text in found):
        raise refused(what, "one of its lists holds what is no text")
    return tuple(str(text) for text in found)
