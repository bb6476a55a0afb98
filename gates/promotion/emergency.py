"""Move the champion without fresh verdicts: back to one that had them, or, with a listed key, to any version at all.

The same transaction, log and signed decision as for a promotion; each is in the log as what it is, and says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gates import documents
from gates.attest import Signer, sign
from gates.digest import Digest
from gates.errors import ConfigError, PromotionRefused, SubjectError
from gates.history.alias_moves import BREAK_GLASS, BREAK_GLASS_TYPE
from gates.judgement.decision import Decision, Ending
from gates.policy.records import GATES
from gates.promotion.approvals.documents import find_person
from gates.promotion.approvals.initiator import find_authors
from gates.promotion.approvals.prepare import requests_of
from gates.promotion.execute import decide, open_verdicts
from gates.reason import Code, Reason
from gates.registry import Champion, LogEntry, Move, Version
from gates.session import Session


def roll_back(session: Session, reason: str, to: int | None = None) -> Decision:
    """Go back to the champion before this one whose verdicts still verify, or to the version ``to``.

    Raises `PromotionRefused` with what is wrong with each that was tried; the champion then stays.
    """
    name, champion = session.work.name, session.champion()
    if not reason.strip():
        raise PromotionRefused(Reason(Code.REASON_MISSING, "a rollback needs a reason"), "say why with --reason TEXT")
    if champion is None:
        raise PromotionRefused(
            Reason(Code.NO_CHAMPION, f"{name} has no champion to go back from"), "gates status says who serves"
        )
    tried: list[Reason] = []
    for entry in _targets(session.registry.log(name), champion, to):
        verdicts, why = _carried(session, entry)
        if why:
            tried.append(Reason(Code.VERDICT_UNREADABLE, f"version {entry.new_version}: {why}"))
            continue
        version = session.registry.version(name, entry.new_version)
        notes = {"reason": session.secrets.hide_text(reason), "by": ", ".join(find_authors())}
        epoch = decide(session, version, champion, verdicts, Move.ROLLBACK, notes)
        return Decision(
            Ending.PROMOTED,
            f"rolled back: {name} version {version.version} is champion again (epoch {epoch}, {version.digest.short})",
            notes=tuple(f"passed over {reason.text}" for reason in tried),
        )
    raise PromotionRefused(
        tried
        or Reason(
            Code.NOTHING_TO_GO_BACK_TO,
            f"no version of {name} was promoted before {_asked(champion, to)}; there is nothing to go back to",
        ),
        "gates show NAME@VERSION lists the moves of a version; promote one that passes with gates run",
    )


def _asked(champion: Champion, to: int | None) -> str:
    return f"version {champion.version.version}" if to is None else f"now as version {to}, but for the champion itself"


def _targets(log: Sequence[LogEntry], champion: Champion, to: int | None) -> Iterator[LogEntry]:
    """The last promotion of each version that may be gone back to, newest first.

    Without ``to`` these are the champions before the present one: what was rolled back from is no target of another rollback.
    """
    current = champion.version.version
    promotions = [entry for entry in log if entry.kind is Move.PROMOTION]
    mine = [entry.epoch for entry in promotions if entry.new_version == current]
    before = mine[-1] if mine else champion.epoch
    seen = {current}
    for entry in reversed(promotions):
        if entry.new_version not in seen and (entry.epoch < before if to is None else entry.new_version == to):
            seen.add(entry.new_version)
            yield max((e for e in promotions if e.new_version == entry.new_version), key=lambda e: e.epoch)


def _carried(session: Session, entry: LogEntry) -> tuple[Mapping[str, Digest], str]:
    """The verdicts that carried a promotion, by gate, and why they do not carry it any more: signatures and bytes only.

    Policy, suite and packages may have changed since: whoever goes back needs it now.
    """
    try:
        session.registry.blobs.path(entry.digest)
    except SubjectError as error:
        return {}, error.message
    verdicts, unreadable = open_verdicts(session, {str(digest): digest for digest in entry.verdicts})
    if unreadable:
        return {}, "; ".join(unreadable.values())
    said = (verdict.gate for verdict in verdicts)
    gates = dict(zip(said, entry.verdicts, strict=True))
    bad = [v.gate for v in verdicts if not v.passed or (v.binding.name, v.binding.model) != (entry.name, entry.digest)]
    if bad or set(gates) != set(GATES):
        return {}, f"its verdicts are not four that passed about it ({', '.join(bad or gates) or 'none'})"
    return gates, ""


def break_glass(session: Session, version: Version, signer: Signer, reason: str, ticket: str) -> Decision:
    """Make any registered version the champion, on nobody's verdict: for a listed key, with a reason and a ticket.

    Raises `PromotionRefused` with every reason. It is logged, signed by that key too, and told until a clean promotion follows.
    """
    if not (reason.strip() and ticket.strip()):
        raise ConfigError(
            "break-glass needs a reason and a ticket", "say --reason TEXT --ticket ID; both are kept and shown"
        )
    people, key = session.policy.promotion.break_glass, signer.public.id
    person, faults = find_person(people, key), list[str]()
    if person is None:
        names = ", ".join(listed.name for listed in people) or "nobody"
        faults.append(f"the key {key[:12]} may not break the glass; the policy lists: {names}")
    elif key in requests_of(session).ours():
        faults.append(
            f"the key of {person.name} signs verdicts or decisions here; whoever breaks the glass has their own"
        )
    if faults or person is None:
        raise PromotionRefused(
            [Reason(Code.KEY_NOT_ALLOWED, fault) for fault in faults],
            "list the key in [tool.gates.promotion] break_glass, where a review sees it",
        )
    champion, now = session.champion(), session.clock()
    reason, ticket = session.secrets.hide_text(reason), session.secrets.hide_text(ticket)
    statement = {
        "schema": 1,
        "name": version.name,
        "version": version.version,
        "digest": str(version.digest),
        "epoch": champion.epoch + 1 if champion else 1,
        "before": None if champion is None else str(champion.version.digest),
        "reason": reason,
        "ticket": ticket,
        "by": person.name,
        "at": now.isoformat(),
    }
    envelope = sign(BREAK_GLASS_TYPE, documents.dump(statement), signer)
    note = session.registry.keep_note(version.name, BREAK_GLASS, envelope, now)
    notes = {"reason": reason, "ticket": ticket, "by": person.name, "key": key, "statement": str(note.digest)}
    epoch = decide(session, version, champion, {}, Move.BREAK_GLASS, notes)
    return Decision(
        Ending.PROMOTED,
        f"glass broken by {person.name}: {version.name} version {version.version} is champion on no verdict"
        f" (epoch {epoch}, {version.digest.short})",
    )
