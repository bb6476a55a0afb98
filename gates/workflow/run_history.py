"""Keep the history of a command: started, then how it ended, also when it ended in an error."""

from __future__ import annotations

from collections.abc import Callable

from gates import documents
from gates.errors import PromotionRefused
from gates.judgement.decision import Decision, Ending
from gates.promotion.approvals.initiator import find_authors
from gates.reason import Code, Reason
from gates.reports.document import describe
from gates.session import Engine


def recorded(engine: Engine, purpose: str, work: Callable[[], Decision]) -> Decision:
    """Do ``work`` and keep its run. A refused promotion is a decision; any other error is kept and raised again."""
    engine.registry.keep_run(engine.id, "started", documents.dump({"schema": 1, "id": engine.id, "purpose": purpose}))
    try:
        decision = work()
    except PromotionRefused as refused:
        decision = Decision(Ending.REFUSED, "the promotion was refused; the champion stays", refused.reasons)
    except BaseException as error:
        sentence = str(getattr(error, "message", "")) or f"{type(error).__name__}: {error}"
        reason = Reason(Code.ERROR, sentence)
        failed = Decision(Ending.COULD_NOT_JUDGE, "the run ended in an error; nothing was promoted", (reason,))
        engine.registry.keep_run(engine.id, "failed", _document(engine, failed, purpose))
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
    engine.registry.keep_run(
        engine.id,
        state.get(decision.ending, "failed"),
        _document(engine, decision, purpose),
    )
    return decision


def _document(engine: Engine, decision: Decision, purpose: str) -> bytes:
    """What is kept, with who started it: approvers are compared with that."""
    return documents.dump({**describe(engine.account(decision, purpose)), "authors": list(find_authors())})
