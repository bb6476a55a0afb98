"""Judge a run: a pure function of facts and policy that gives EVERY reason, and recomputes each bound itself.

The rule it protects: exit code 0 is necessary and never sufficient. A run passes only on positive evidence, check by check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gates.evidence import Evidence
from gates.policy.records import CheckPolicy, GatePolicy, Waiver
from gates.run import CheckRecord, Outcome, Run

_PHASES = ("setup", "call", "teardown")


@dataclass(frozen=True, slots=True)
class Judged:
    """One check as the parent sees it: the outcome that counts, the sentence to print, and who accepted or waived a miss."""

    id: str
    outcome: Outcome
    counts: bool
    sentence: str
    evidence: tuple[Evidence, ...] = ()
    accepted: str = ""
    seconds: float = 0.0
    waived: str = ""

    @property
    def excuse(self) -> str:
        """Why it counts although it missed: who accepted it, or who waived it until when."""
        return f"accepted: {self.accepted}" if self.accepted else self.waived


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judgement of one gate. ``reasons`` is empty exactly when it passed.

    ``misconfigured`` when a check said that it was asked for something that makes no sense: it raised `pytest.UsageError`,
    or an exception whose ``misconfigured`` is true. ``disturbed`` when something made the whole run untrustworthy.
    """

    gate: str
    checks: tuple[Judged, ...]
    reasons: tuple[str, ...]
    could_judge: bool
    warnings: tuple[str, ...] = ()
    misconfigured: bool = False
    disturbed: bool = False

    @property
    def passed(self) -> bool:
        return not self.reasons


def judge(
    run: Run,
    policy: GatePolicy,
    conditions: Mapping[str, bool],
    accepted: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Judgement:
    """Hold a run to a policy.

    ``conditions`` are what the parent itself found true; ``accepted`` maps an acknowledgement (``drift``) to the reason a
    person gave for it. A waiver of the policy counts only at a ``now`` at which it is in force.
    """
    by_name: dict[str, list[CheckRecord]] = {}
    for record in run.checks:
        by_name.setdefault(record.name, []).append(record)
    judged: list[Judged] = []
    reasons = list(_disturbances(run))
    warnings: list[str] = []
    absent: list[str] = []
    refused: dict[tuple[Outcome, str], list[str]] = {}
    for name, check in policy.checks.items():
        records = by_name.pop(name, [])
        if not records:
            absent.append(name)
        waiver = policy.waivers.get(name)
        verdicts = [
            _waive(_check(record, check, conditions, accepted or {}), record, check, waiver, now) for record in records
        ]
        if waiver is not None and verdicts and not any(one.waived or not one.counts for one in verdicts):
            warnings.append(f"{_short(name)}: needs no waiver ({waiver}); take it out of the policy")
        missing = _missing_evidence(check, records, verdicts)
        if missing:
            reasons.append(missing)
        judged.extend(verdicts)
        for one in verdicts:
            if policy.inconclusive == "warn" and not one.counts and _too_few_rows(one, check):
                warnings.append(f"{_short(one.id)}: {one.sentence}")
            elif not one.counts:
                refused.setdefault((one.outcome, one.sentence), []).append(_short(one.id))
    reasons.extend(f"{_named(ids)}: {outcome}: {sentence}" for (outcome, sentence), ids in refused.items())
    if absent:
        reasons.append(f"{_named(absent)}: required, but did not run; restore the check or take it out of the policy")
    for name, records in by_name.items():
        judged.extend(Judged(r.id, r.outcome, False, r.message, r.evidence, "", r.seconds) for r in records)
        reasons.append(f"{name}: ran, but the policy does not know it; add it under [tool.gates.{run.gate}.checks]")
    misconfigured = any(record.misconfigured for record in run.checks)
    disturbed = next(_disturbances(run), None) is not None
    return Judgement(
        run.gate,
        tuple(judged),
        tuple(dict.fromkeys(reasons)),
        _could_judge(run),
        tuple(warnings),
        misconfigured,
        disturbed,
    )


def missed(check: Judged, policy: GatePolicy) -> bool:
    """Whether a real measurement of this check misses its bound; too few rows, a crash or a skip is no such thing."""
    bounds = policy.bounds(check.id.partition("[")[0])
    return check.outcome is Outcome.FAILED and any(
        one.measured and one.name in bounds and not bounds[one.name].holds(one.number) for one in check.evidence
    )


def _could_judge(run: Run) -> bool:
    return run.finished and bool(run.checks)


def _disturbances(run: Run) -> Iterator[str]:
    yield from run.disturbances
    if not run.finished:
        yield f"the {run.gate} gate's run did not finish (exit code {run.exit_code}); nothing it reported can be trusted"
    if strangers := [record.id for record in run.checks if record.id not in run.collected]:
        yield f"{_named(strangers)}: reported, but never collected"
    for check, times in Counter(record.id for record in run.checks).items():
        if times > 1:
            yield f"{check}: reported {times} times; give every check its own name"
    ran = {record.id for record in run.checks}
    if never := [id for id in dict.fromkeys(run.collected) if id not in ran]:
        yield f"{_named(never)}: collected, but never ran"
    for name, times in Counter(e.name for record in run.checks for e in record.evidence).items():
        if times > 1:
            yield f"evidence {name!r} was given {times} times; its name must be its own within the gate"


def _check(
    record: CheckRecord, policy: CheckPolicy, conditions: Mapping[str, bool], accepted: Mapping[str, str]
) -> Judged:
    outcome, counts, sentence, accepted_because = record.outcome, False, record.message, ""
    faults = tuple(_evidence_faults(record, policy))
    if outcome is Outcome.NOT_APPLICABLE:
        counts, doubt = _may_leave(record, policy, conditions)
        sentence = f"{record.message}{doubt}"
    elif outcome is Outcome.PASSED and record.phases != _PHASES:
        outcome, sentence = (
            Outcome.ERRORED,
            f"passed only in {', '.join(record.phases) or 'no phase'}; wanted setup, call and teardown",
        )
    elif outcome is Outcome.PASSED and faults:
        outcome, sentence = Outcome.FAILED, "; ".join(faults)
    elif outcome is Outcome.PASSED:
        counts, sentence = True, "; ".join(e.sentence(policy.bounds.get(e.name)) for e in record.evidence) or "holds"
    if not counts and accepted.get(policy.accept) and _only_missed(record, policy, outcome):
        counts, accepted_because = True, accepted[policy.accept]
    return Judged(record.id, outcome, counts, sentence, record.evidence, accepted_because, record.seconds)


def _waive(
    judged: Judged, record: CheckRecord, policy: CheckPolicy, waiver: Waiver | None, now: datetime | None
) -> Judged:
    """Let a real miss count where a waiver in force is for it. A crash, a skip or a measurement that is none stays what it is."""
    if judged.counts or waiver is None or not waiver.covers(record.id):
        return judged
    if judged.outcome not in (Outcome.FAILED, Outcome.INCONCLUSIVE) or record.misconfigured:
        fault = f"a waiver is for a check that failed or is inconclusive, not for one that is {judged.outcome}"
    elif not all(evidence.measured and evidence.name in policy.bounds for evidence in record.evidence):
        fault = "a waiver is for a measurement that misses its bound, not for one that is none"
    else:
        fault = "a waiver needs the time" if now is None else waiver.fault(now)
    if fault:
        return replace(judged, sentence=f"{judged.sentence}; {fault}")
    return replace(judged, counts=True, waived=str(waiver))


def _only_missed(record: CheckRecord, policy: CheckPolicy, outcome: Outcome) -> bool:
    """Whether real measurements missed their bounds, and nothing else went wrong: all that a person can accept."""
    return outcome in (Outcome.FAILED, Outcome.INCONCLUSIVE) and _misses(record.evidence, policy) > 0


def _too_few_rows(check: Judged, policy: CheckPolicy) -> bool:
    """Whether every miss of an inconclusive check says how many rows it needs; the child's word alone is not enough."""
    return (
        check.outcome is Outcome.INCONCLUSIVE
        and _misses(check.evidence, policy) > 0
        and all(e.needed_n is not None or policy.bounds[e.name].holds(e.number) for e in check.evidence)
    )


def _misses(evidence: tuple[Evidence, ...], policy: CheckPolicy) -> int:
    """How many measurements miss their bound; 0 where one of them is no measurement or has no bound."""
    if not all(e.measured and e.name in policy.bounds for e in evidence):
        return 0
    return sum(not policy.bounds[e.name].holds(e.number) for e in evidence)


def _may_leave(record: CheckRecord, policy: CheckPolicy, conditions: Mapping[str, bool]) -> tuple[bool, str]:
    """Whether a check may be left out: the policy names the condition, and the parent finds it true as well."""
    if record.condition not in policy.unless:
        return False, f"; the policy does not let this check be left out for {record.condition!r}"
    if conditions.get(record.condition) is not True:
        return False, f"; but {record.condition!r} is not true here"
    return True, ""


def _evidence_faults(record: CheckRecord, policy: CheckPolicy) -> Iterator[str]:
    for evidence in record.evidence:
        bound = policy.bounds.get(evidence.name)
        if bound is None:
            yield f"evidence {evidence.name!r} has no bound in the policy; add one under {policy.name!r}"
        elif fault := evidence.fault(bound):
            yield fault


def _missing_evidence(check: CheckPolicy, records: list[CheckRecord], judged: list[Judged]) -> str:
    """A bound that nobody gave evidence for, where a case of the check passed and none failed (which is told anyway)."""
    wrong = (Outcome.FAILED, Outcome.ERRORED, Outcome.SKIPPED)
    if not any(one.outcome is Outcome.PASSED for one in judged):
        return ""
    if any(one.outcome in wrong and (one.waived or not one.counts) for one in judged):
        return ""
    given = {evidence.name for record in records for evidence in record.evidence}
    missing = sorted(set(check.bounds) - given)
    return (
        f"{check.name}: passed without evidence for {', '.join(missing)}; a bound needs a measurement"
        if missing
        else ""
    )


def _named(checks: list[str]) -> str:
    """The checks by name, or the first three and how many more."""
    more = f" and {len(checks) - 3} more checks" if len(checks) > 4 else ""
    return ", ".join(checks[:3] if more else checks) + more


def _short(id: str) -> str:
    """``test_floors.py::test_it[accuracy]`` without its folder."""
    return id.rpartition("/")[2]
