"""Write and read the two signed documents of an approval: the request, and an answer that is bound to the digest of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from gates import documents
from gates.attest.result import read_time
from gates.attest.statement import refused, require_fields
from gates.digest import Digest

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


class AnswerKind(StrEnum):
    """Name the answers that an approver can give."""

    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """Hold everything that an approver approves: ``id`` is the run that made it, ``summary`` what its checks measured.

    ``digest`` is of the model, ``champion`` of the model it would replace (None without one), and ``authors`` are who started
    the runs. It waits from ``at`` to ``until``.
    """

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

    def is_about(self, other: ApprovalRequest) -> bool:
        """Return whether another request is for the same promotion, whoever made it, and when."""
        mine, theirs = (
            (r.name, r.version, r.digest, r.data, r.policy, r.epoch, r.champion, dict(r.verdicts))
            for r in (self, other)
        )
        return mine == theirs


@dataclass(frozen=True, slots=True)
class ApprovalAnswer:
    """Hold what one person answered to the request with the digest ``request``; ``key`` is the id of the key that signed it."""

    act: AnswerKind
    request: Digest
    by: str
    reason: str
    at: datetime
    key: str = ""


def write_request(request: ApprovalRequest) -> bytes:
    """Return the document of a request, to be signed by the gatekeeper."""
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


def read_request(payload: bytes, what: str = "the approval request") -> ApprovalRequest:
    """Return the request in a verified payload; ``what`` names it in errors. Raises `SubjectError` unless it is exactly a
    request.
    """
    content = require_fields(documents.load(payload, what), _REQUEST, what)
    _require_schema(content, what)
    verdicts, champion = cast(dict[str, object], content["verdicts"]), content["champion"]
    return ApprovalRequest(
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


def write_answer(answer: ApprovalAnswer) -> bytes:
    """Return the document of an answer, to be signed by who gives it."""
    content = {name: str(getattr(answer, name)) for name in ("act", "request", "by", "reason")}
    return documents.dump({"schema": SCHEMA, **content, "at": answer.at.isoformat()})


def read_answer(payload: bytes, key: str, what: str = "the answer to an approval request") -> ApprovalAnswer:
    """Return the answer in a payload that was verified with the key of this id; ``what`` names it in errors.

    Raises `SubjectError` unless it is exactly an answer.
    """
    content = require_fields(documents.load(payload, what), _ANSWER, what)
    _require_schema(content, what)
    if content["act"] not in list(AnswerKind):
        raise refused(what, f"its act is {content['act']!r:.40}, wanted {', '.join(AnswerKind)}")
    request, at = Digest.parse(str(content["request"])), read_time(content["at"], what)
    return ApprovalAnswer(AnswerKind(str(content["act"])), request, str(content["by"]), str(content["reason"]), at, key)


def _require_schema(content: Mapping[str, object], what: str) -> None:
    if content["schema"] != SCHEMA:
        raise refused(what, f"it has schema {content['schema']!r}, wanted {SCHEMA}")


def _texts(value: object, what: str) -> tuple[str, ...]:
    texts = cast(list[object], value)
    if not all(type(text) is str for text in texts):
        raise refused(what, "one of its lists holds what is no text")
    return tuple(str(text) for text in texts)
