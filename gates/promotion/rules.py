"""Decide whether a model may become champion: a pure function of the verdicts, the policy, and what holds today. Default: no."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from gates.attest import Binding, Verdict
from gates.judgement.judge import Judgement
from gates.policy.records import GATES, GatePolicy, Policy
from gates.reason import Code, Reason, texts
from gates.run import Outcome

SKEW = timedelta(minutes=2)  # by how much the clocks of two machines may differ; a later verdict is refused


def refusals(
    verdicts: Sequence[Verdict],
    policy: Policy,
    today: Mapping[str, Binding],
    now: datetime,
    unreadable: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Reason, ...]:
    """Return every reason why these verdicts do not allow a promotion; none means that it may go on.

    ``today`` holds, for each gate, the binding that a verdict made at this moment would have; ``unreadable`` says, for each
    gate whose verdict cannot be trusted, why not.
    """
    return tuple(_refusals(verdicts, policy, today, now, unreadable))


def _refusals(
    verdicts: Sequence[Verdict],
    policy: Policy,
    today: Mapping[str, Binding],
    now: datetime,
    unreadable: Mapping[str, str],
) -> Iterator[Reason]:
    for gate in GATES:
        mine = [verdict for verdict in verdicts if verdict.gate == gate]
        if gate in unreadable:
            yield Reason(Code.VERDICT_UNREADABLE, unreadable[gate]).of_gate(gate)
        elif gate not in policy.gates:
            yield Reason(Code.GATE_NOT_CONFIGURED, f"is not configured: there is no [tool.gates.{gate}]").of_gate(gate)
        elif not mine:
            yield Reason(Code.VERDICT_MISSING, f"no verdict; run gates check {gate}").of_gate(gate)
        elif len(mine) > 1:
            yield Reason(Code.VERDICT_REPEATED, f"{len(mine)} verdicts where one is wanted").of_gate(gate)
        else:
            yield from (reason.of_gate(gate) for reason in _faults(mine[0], policy, today[gate], now))
    for verdict in verdicts:
        if verdict.gate not in GATES:
            yield Reason(Code.VERDICT_OF_UNKNOWN_GATE, f"a verdict for the unknown gate {verdict.gate!r}")


def _faults(verdict: Verdict, policy: Policy, today: Binding, now: datetime) -> Iterator[Reason]:
    if not verdict.passed or verdict.reasons:
        why = "; ".join(texts(verdict.reasons)) or "no reason kept"
        yield Reason(Code.VERDICT_REFUSED, f"it refused: {why}")
    yield from verdict.binding.differences(today)
    if verdict.at > now + SKEW:
        sentence = (
            f"the verdict is from the future ({verdict.at:%Y-%m-%d %H:%M:%S %Z}); correct the clock and judge again"
        )
        yield Reason(Code.VERDICT_FROM_FUTURE, sentence)
    elif now - verdict.at > policy.max_age:
        sentence = f"the verdict is {now - verdict.at} old, allowed {policy.max_age}; judge again"
        yield Reason(Code.VERDICT_TOO_OLD, sentence)
    gate = policy.gates[verdict.gate]
    good = [check for check in verdict.checks if _counts(check, gate, now) or _only_warned(check, gate)]
    for name in sorted(set(gate.checks) - {str(check.get("id")).partition("[")[0] for check in good}):
        yield Reason(Code.CHECK_ABSENT, f"the required check {name} is not among those that count", name)
    for check in verdict.checks:
        if check not in good:
            doubt = _doubt(check, gate, now)
            sentence = f"{check.get('id')} does not count ({doubt or check.get('outcome')})"
            yield Reason(Code.WAIVER_INVALID if doubt else Code.CHECK_NOT_COUNTED, sentence, str(check.get("id")))


def _counts(check: Mapping[str, object], gate: GatePolicy, now: datetime) -> bool:
    """Return whether a check counts by its outcome, an acknowledgement or a waiver in force; its own flag is not enough."""
    right = check.get("outcome") in (Outcome.PASSED, Outcome.NOT_APPLICABLE) or bool(check.get("accepted"))
    missed = check.get("outcome") in (Outcome.FAILED, Outcome.INCONCLUSIVE) and bool(check.get("waived"))
    return check.get("counts") is True and (right or (missed and not _doubt(check, gate, now)))


def _doubt(check: Mapping[str, object], gate: GatePolicy, now: datetime) -> str:
    """Return why the waiver by which a check counted is not valid now, or never was; empty without such a reason."""
    if not check.get("waived"):
        return ""
    waiver = gate.waivers.get(str(check.get("id")).partition("[")[0])
    if waiver is None or not waiver.covers(str(check.get("id"))):
        return "it was waived, and the policy has no waiver for it"
    return waiver.fault(now)


def _only_warned(check: Mapping[str, object], gate: GatePolicy) -> bool:
    return check.get("outcome") == Outcome.INCONCLUSIVE and gate.inconclusive == "warn"


def is_nothing_new(judgement: Judgement) -> bool:
    """Return whether the model gate's evidence shows a challenger that predicts every holdout row as the champion does."""
    return any(
        check.role == "changed_predictions" and check.outcome is Outcome.PASSED and evidence.number == 0
        for check in judgement.checks
        for evidence in check.evidence
    )
