"""Go back to an earlier champion whose verdicts still verify: the same transaction and log as a promotion, with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gates.digest import Digest
from gates.errors import PromotionRefused, SubjectError
from gates.judgement.decision import Decision, Ending
from gates.policy.records import GATES
from gates.promotion.approvals.initiator import find_initiators
from gates.promotion.execute import move_champion
from gates.promotion.ready import open_verdicts
from gates.reason import Code, Reason
from gates.registry import Champion, LogEntry, Move
from gates.session import Session


def roll_back(session: Session, reason: str, to: int | None = None) -> Decision:
    """Go back to the newest earlier champion whose verdicts still verify, or to the version ``to``, and return the decision.

    Raises `PromotionRefused` with what is wrong with each version that was tried; the champion then stays.
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
        notes = {"reason": session.secrets.hide_text(reason), "by": ", ".join(find_initiators())}
        epoch = move_champion(session, version, champion, verdicts, Move.ROLLBACK, notes)
        return Decision(
            Ending.PROMOTED,
            f"rolled back: {name} version {version.version} is champion again (epoch {epoch}, {version.digest.short})",
            notes=tuple(f"passed over {reason.text}" for reason in tried),
        )
    raise PromotionRefused(
        tried
        or Reason(
            Code.NOTHING_TO_GO_BACK_TO,
            f"no version of {name} was promoted before {_limit(champion, to)}; there is nothing to go back to",
        ),
        "gates show NAME@VERSION lists the moves of a version; promote one that passes with gates run",
    )


def _limit(champion: Champion, to: int | None) -> str:
    return f"version {champion.version.version}" if to is None else f"now as version {to}, but for the champion itself"


def _targets(log: Sequence[LogEntry], champion: Champion, to: int | None) -> Iterator[LogEntry]:
    """Yield the last promotion of each version that may be gone back to, newest first.

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
    """Return the verdicts that allowed a promotion, by gate, or why they no longer verify: signatures and bytes only.

    Policy, suite and packages may have changed since: in an emergency they do not count.
    """
    try:
        session.registry.blobs.path(entry.digest)
    except SubjectError as error:
        return {}, error.message
    verdicts, unreadable = open_verdicts(session, {str(digest): digest for digest in entry.verdicts})
    if unreadable:
        return {}, "; ".join(unreadable.values())
    gates = dict(zip((verdict.gate for verdict in verdicts), entry.verdicts, strict=True))
    bad = [v.gate for v in verdicts if not v.passed or (v.binding.name, v.binding.model) != (entry.name, entry.digest)]
    if bad or set(gates) != set(GATES):
        return {}, f"its verdicts are not four that passed about it ({', '.join(bad or gates) or 'none'})"
    return gates, ""
