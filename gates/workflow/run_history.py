"""Keep the history of a command: that it started, then how it ended, also where it ended in an error; and give its account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gates import documents
from gates.errors import GatesError, PromotionRefused
from gates.history.alias_moves import tell_glass
from gates.judgement.decision import Decision, Ending
from gates.promotion.approvals.initiator import find_initiators
from gates.reason import Code, Reason
from gates.reports.account import Account, CurrentChampion, put_in_order
from gates.reports.document import describe
from gates.session import Session


def recorded(session: Session, purpose: str, work: Callable[[], Decision]) -> Decision:
    """Do ``work``, keep how it ended as a run, and return its decision. A refused promotion becomes a decision; any other error
    is kept and raised.
    """
    session.registry.keep_run(
        session.id, "started", documents.dump({"schema": 1, "id": session.id, "purpose": purpose})
    )
    try:
        decision = work()
    except PromotionRefused as refused:
        decision = Decision(Ending.REFUSED, "the promotion was refused; the champion stays", refused.reasons)
    except BaseException as error:
        stopped = "interrupted" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
        sentence = str(getattr(error, "message", "")) or stopped
        reason = Reason(error.code if isinstance(error, GatesError) else Code.ERROR, sentence)
        failed = Decision(Ending.COULD_NOT_JUDGE, "the run ended in an error; nothing was promoted", (reason,))
        session.registry.keep_run(session.id, "failed", _document(session, failed, purpose))
        raise
    state = {
        Ending.PROMOTED: "promoted",
        Ending.PASSED: "passed",
        Ending.NOTHING_TO_PROMOTE: "passed",
        Ending.CALM: "passed",
        Ending.ALARM: "refused",
        Ending.REFUSED: "refused",
        Ending.AWAITING_APPROVAL: "awaiting",
    }
    session.registry.keep_run(
        session.id,
        state.get(decision.ending, "failed"),
        _document(session, decision, purpose),
    )
    return decision


def _document(session: Session, decision: Decision, purpose: str) -> bytes:
    """Return what is kept of a run, with who started it: approvers are compared with these names."""
    return documents.dump({**describe(make_account(session, decision, purpose)), "authors": list(find_initiators())})


def make_account(session: Session, decision: Decision, command: str) -> Account:
    """Return everything that reports say about a command, with secrets hidden. ``command`` is its command line or purpose."""
    champion, hide, standing = session.champion(), session.secrets.hide_text, None
    if champion is not None:
        version = champion.version
        glass = tell_glass(session.registry, session.keys, version.name)
        standing = CurrentChampion(version.name, version.version, version.digest, champion.epoch, glass)
    hidden = replace(
        decision,
        sentence=hide(decision.sentence),
        reasons=tuple(replace(reason, text=hide(reason.text)) for reason in decision.reasons),
        notes=tuple(hide(note) for note in decision.notes),
    )
    return Account(
        session.id,
        hidden,
        put_in_order(session.judgements),
        tuple(session.timings),
        standing,
        session.policy.digest,
        hide(command),
        session.cause,
    )
