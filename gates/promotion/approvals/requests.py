"""Make the request that approvers see: these bytes, these verdicts, this champion, who started it, and what the checks
measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from gates import documents
from gates.attest import Verdict
from gates.digest import Digest
from gates.errors import SubjectError
from gates.promotion.approvals.documents import ApprovalRequest
from gates.promotion.approvals.initiator import find_initiators
from gates.promotion.ready import Ready
from gates.session import Session


def make_request(session: Session, ready: Ready) -> ApprovalRequest:
    """Return the request that would be made now for a version that is ready. Nothing is kept."""
    now, version, champion = session.clock(), ready.version, ready.champion
    return ApprovalRequest(
        id=session.id,
        name=version.name,
        version=version.version,
        digest=version.digest,
        data=Digest.parse(version.facts["data"]),
        policy=session.policy.digest,
        epoch=champion.epoch if champion else 0,
        champion=champion.version.digest if champion else None,
        verdicts=dict(ready.digests),
        authors=tuple(dict.fromkeys(_initiators(session, ready))),
        at=now,
        until=now + session.policy.promotion.timeout,
        summary=tuple(_summary(ready.verdicts)),
    )


def _initiators(session: Session, ready: Ready) -> Iterator[str]:
    """Yield who started this command, who trained the model, and who started the runs that judged it."""
    yield from find_initiators()
    for run in {ready.version.facts.get("run", ""), *(verdict.run for verdict in ready.verdicts)} - {session.id, ""}:
        try:
            authors = documents.load(session.registry.run(run).document, f"run {run}").get("authors")
        except SubjectError:
            continue  # a version that was registered in another home has no run here
        if isinstance(authors, list):
            yield from sorted(name for name in authors if isinstance(name, str))


def _summary(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield a line for each gate, then for each measurement and for each check that counts only because it was accepted or
    waived.
    """
    for verdict in verdicts:
        ended = Counter(str(check["outcome"]).replace("_", " ") for check in verdict.checks)
        counts = ", ".join(f"{number} {outcome}" for outcome, number in sorted(ended.items(), key=lambda one: -one[1]))
        yield f"{verdict.gate} gate: {counts}; judged {verdict.at:%Y-%m-%d %H:%M:%S} UTC"
        for check in verdict.checks:
            name, excuse = str(check["id"]).rpartition("/")[2], check["waived"] or check["accepted"]
            if excuse:
                yield f"  {name}: {check['outcome']}: {check['sentence']} ({excuse})"
            elif check["evidence"]:
                yield f"  {name}: {check['sentence']}"
