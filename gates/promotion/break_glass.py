"""Make any version the champion without verdicts, with a key that the policy lists for it.

It is logged, signed, and shown until a clean promotion follows.
"""

from __future__ import annotations

from gates import documents
from gates.attest import Signer, sign
from gates.errors import ConfigError, PromotionRefused
from gates.history.alias_moves import BREAK_GLASS, BREAK_GLASS_TYPE
from gates.judgement.decision import Decision, Ending
from gates.promotion.approvals.standing import find_person
from gates.promotion.approvals.store import ApprovalStore
from gates.promotion.execute import move_champion
from gates.reason import Code, Reason
from gates.registry import Move, Version
from gates.session import Session


def break_glass(session: Session, version: Version, signer: Signer, reason: str, ticket: str) -> Decision:
    """Make any registered version the champion without verdicts, and return the decision.

    The policy has to list the key of ``signer``, which also signs the statement that is kept. Raises `ConfigError` without a
    reason and a ticket, and `PromotionRefused` for a key that may not, or as `move_champion` does.
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
    elif key in ApprovalStore.of(session).own_keys():
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
    epoch = move_champion(session, version, champion, {}, Move.BREAK_GLASS, notes)
    return Decision(
        Ending.PROMOTED,
        f"glass broken by {person.name}: {version.name} version {version.version} is champion on no verdict"
        f" (epoch {epoch}, {version.digest.short})",
    )
