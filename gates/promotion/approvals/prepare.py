"""What approvers are asked: these bytes, these verdicts, this champion, who started it, and what the checks measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gates import documents
from gates.attest import Verdict
from gates.digest import Digest
from gates.errors import SubjectError
from gates.promotion.approvals.documents import Request
from gates.promotion.approvals.initiator import find_authors
from gates.promotion.approvals.store import Requests
from gates.registry import Champion, Version
from gates.session import Session


def requests_of(session: Session) -> Requests:
    """What approvers were asked about this work's promotions, and what they said."""
    return Requests(session.registry, session.keys, session.policy.promotion, session.work.name)


@dataclass(frozen=True, slots=True)
class Ready:
    """A version that may be promoted as far as its verdicts say: whom it would follow, and on what."""

    version: Version
    champion: Champion | None
    kept: Mapping[str, Digest]
    verdicts: tuple[Verdict, ...]


def request_for(session: Session, ready: Ready) -> Request:
    """What approvers would be asked, if they were asked now."""
    now, version, champion = session.clock(), ready.version, ready.champion
    return Request(
        id=session.id,
        name=version.name,
        version=version.version,
        digest=version.digest,
        data=Digest.parse(version.facts["data"]),
        policy=session.policy.digest,
        epoch=champion.epoch if champion else 0,
        champion=champion.version.digest if champion else None,
        verdicts=dict(ready.kept),
        authors=tuple(dict.fromkeys(_authors(session, ready))),
        at=now,
        until=now + session.policy.promotion.timeout,
        summary=tuple(_summary(ready.verdicts)),
    )


def _authors(session: Session, ready: Ready) -> Iterator[str]:
    """Who started this command, who trained the model, and who started the runs that judged it."""
    yield from find_authors()
    for run in {ready.version.facts.get("run", ""), *(verdict.run for verdict in ready.verdicts)} - {session.id, ""}:
        try:
            told = documents.load(session.registry.run(run).document, f"run {run}").get("authors")
        except SubjectError:
            continue  # a version that was registered in another home has no run here
        if isinstance(told, list):
            yield from sorted(name for name in told if isinstance(name, str))


def _summary(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """One line a gate, then one for each measurement and for each check that counts only because somebody said so."""
    for verdict in verdicts:
        good = sum(check["counts"] is True for check in verdict.checks)
        yield f"{verdict.gate} gate: {good} of {len(verdict.checks)} checks count, judged {verdict.at:%Y-%m-%d %H:%M:%S} UTC"
        for check in verdict.checks:
            name, excuse = str(check["id"]).rpartition("/")[2], check["waived"] or check["accepted"]
            if excuse:
                yield f"  {name}: {check['outcome']}: {check['sentence']} ({excuse})"
            elif check["evidence"]:
                yield f"  {name}: {check['sentence']}"
