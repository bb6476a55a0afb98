"""Judge a run: a pure function of facts and policy that gives EVERY reason, and recomputes each bound itself.

The rule it protects: exit code 0 is necessary and never sufficient. A run passes only on positive evidence, check by check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gates.evidence import Evidence, Kind
from gates.policy.records import CheckPolicy, GatePolicy, Waiver
from gates.reason import Code, Reason
from gates.run import CheckRecord, Outcome, Run

_PHASES = ("setup", "call", "teardown")
_CODES = {
    Outcome.FAILED: Code.CHECK_FAILED,
    Outcome.INCONCLUSIVE: Code.INCONCLUSIVE,
    Outcome.ERRORED: Code.CHECK_ERRORED,
    Outcome.SKIPPED: Code.CHECK_SKIPPED,
}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Hold one check as the parent process judged it: the outcome that counts, why it does not count, who accepted or waived a
    miss.

    ``reasons`` is empty exactly when the check counts. ``role`` is what the policy uses its evidence for besides; ``seconds``
    is its duration.
    """

    id: str
    outcome: Outcome
    counts: bool
    sentence: str
    evidence: tuple[Evidence, ...] = ()
    accepted: str = ""
    seconds: float = 0.0
    waived: str = ""
    reasons: tuple[Reason, ...] = ()
    role: str = ""

    @property
    def excuse(self) -> str:
        """Return why the check counts although it missed: who accepted it, or who waived it until when; else nothing."""
        return f"accepted: {self.accepted}" if self.accepted else self.waived


@dataclass(frozen=True, slots=True)
class Judgement:
    """Hold the judgement of one gate. ``reasons`` is empty exactly when it passed.

    ``misconfigured`` is true when a check reported that its configuration makes no sense: it raised `pytest.UsageError`, or an
    exception whose ``misconfigured`` is true. ``disturbed`` is true when something made the whole run untrustworthy.
    ``marks`` are sentences about the models that stand in the signed verdict too.
    """

    gate: str
    checks: tuple[CheckResult, ...]
    reasons: tuple[Reason, ...]
    could_judge: bool
    warnings: tuple[str, ...] = ()
    misconfigured: bool = False
    disturbed: bool = False
    marks: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Return whether there is no reason against it."""
        return not self.reasons


def judge(
    run: Run,
    policy: GatePolicy,
    conditions: Mapping[str, bool],
    accepted: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Judgement:
    """Judge a run under a policy, and return the judgement with every reason.

    ``conditions`` are those that the parent process itself found true or false; ``accepted`` maps an acknowledgement
    (``drift``) to the reason a person gave for it. A waiver counts only where it is in force at ``now``; without ``now`` none
    does.
    """
    by_name: dict[str, list[CheckRecord]] = {}
    for record in run.checks:
        by_name.setdefault(record.name, []).append(record)
    results: list[CheckResult] = []
    disturbances = tuple(_disturbances(run))
    reasons = list(disturbances)
    warnings: list[str] = []
    absent: list[str] = []
    refused: list[CheckResult] = []
    for name, check in policy.checks.items():
        records = by_name.pop(name, [])
        if not records:
            absent.append(name)
        waiver = policy.waivers.get(name)
        mine = [
            _waive(_check(record, check, conditions, accepted or {}), record, check, waiver, now) for record in records
        ]
        if waiver is not None and mine and not any(one.waived or not one.counts for one in mine):
            warnings.append(f"{_short(name)}: needs no waiver ({waiver}); take it out of the policy")
        reasons.extend(_missing_evidence(check, records, mine))
        results.extend(mine)
        for one in mine:
            if policy.inconclusive == "warn" and not one.counts and _too_few_rows(one, check):
                warnings.append(f"{_short(one.id)}: {one.sentence}")
            elif not one.counts:
                refused.append(one)
    reasons.extend(_together(refused))
    if absent:
        sentence = f"{_named(absent)}: required, but did not run; restore the check or take it out of the policy"
        reasons.append(Reason(Code.CHECK_ABSENT, sentence, absent[0]))
    for name, records in by_name.items():
        sentence = f"{name}: ran, but the policy does not know it; add it under [tool.gates.{run.gate}]"
        unknown = Reason(Code.CHECK_UNKNOWN, sentence, name)
        results.extend(_unknown(record, unknown) for record in records)
        reasons.append(unknown)
    return Judgement(
        run.gate,
        tuple(results),
        tuple(dict.fromkeys(reasons)),
        run.finished and bool(run.checks),
        tuple(warnings),
        misconfigured=any(record.misconfigured for record in run.checks),
        disturbed=bool(disturbances),
    )


def missed(check: CheckResult, policy: GatePolicy) -> bool:
    """Return whether a real measurement of this check misses its bound; too few rows, a crash or a skip is no such miss."""
    known = policy.checks.get(check.id.partition("[")[0])
    return (
        check.outcome is Outcome.FAILED and known is not None and any(_misses_bound(e, known) for e in check.evidence)
    )


def _disturbances(run: Run) -> Iterator[Reason]:
    yield from run.disturbances
    if not run.finished:
        sentence = (
            f"the {run.gate} gate's run did not finish (exit code {run.exit_code}); nothing it reported can be trusted"
        )
        yield Reason(Code.RUN_UNFINISHED, sentence)
    if strangers := [record.id for record in run.checks if record.id not in run.collected]:
        yield Reason(Code.NEVER_COLLECTED, f"{_named(strangers)}: reported, but never collected", strangers[0])
    for check, times in Counter(record.id for record in run.checks).items():
        if times > 1:
            yield Reason(Code.REPORTED_TWICE, f"{check}: reported {times} times; give every check its own name", check)
    ran = {record.id for record in run.checks}
    if never := [id for id in dict.fromkeys(run.collected) if id not in ran]:
        yield Reason(Code.NEVER_RAN, f"{_named(never)}: collected, but never ran", never[0])
    for record in run.checks:
        for id, times in Counter(evidence.id for evidence in record.evidence).items():
            if times > 1:
                sentence = (
                    f"{record.id}: gave the evidence {id!r} {times} times; its id must be its own within the check"
                )
                yield Reason(Code.EVIDENCE_REPEATED, sentence, record.id, id)


def _check(
    record: CheckRecord, policy: CheckPolicy, conditions: Mapping[str, bool], accepted: Mapping[str, str]
) -> CheckResult:
    outcome, sentence, accepted_because = record.outcome, record.message, ""
    faults = tuple(_evidence_faults(record, policy))
    reasons: tuple[Reason, ...] = ()
    if outcome is Outcome.NOT_APPLICABLE:
        reasons = tuple(_doubts(record, policy, conditions))
        sentence = "; ".join((record.message, *(reason.text for reason in reasons)))
    elif outcome is Outcome.PASSED and record.phases != _PHASES:
        outcome = Outcome.ERRORED
        sentence = f"passed only in {', '.join(record.phases) or 'no phase'}; wanted setup, call and teardown"
        reasons = (Reason(Code.PHASES_MISSING, sentence, record.id),)
    elif outcome is Outcome.PASSED and faults:
        outcome, sentence, reasons = Outcome.FAILED, "; ".join(fault.text for fault in faults), faults
    elif outcome is Outcome.PASSED:
        sentence = "; ".join(e.sentence(policy.bound(e)) for e in record.evidence) or "holds"
    elif outcome is Outcome.INCONCLUSIVE:
        broken = next((e.id for e in record.evidence if _breaks_assumption(e, policy)), "")
        code = Code.ROWS_NOT_EXCHANGEABLE if broken else Code.INCONCLUSIVE
        reasons = (Reason(code, sentence, record.id, broken or (faults[0].evidence if faults else "")),)
    elif outcome is Outcome.FAILED and faults:
        reasons = faults
    else:
        reasons = (Reason(_CODES[outcome], sentence, record.id),)
    if reasons and accepted.get(policy.accept) and _only_missed(record, policy, outcome):
        reasons, accepted_because = (), accepted[policy.accept]
    return CheckResult(
        record.id,
        outcome,
        not reasons,
        sentence,
        record.evidence,
        accepted_because,
        record.seconds,
        reasons=reasons,
        role=policy.role,
    )


def _unknown(record: CheckRecord, reason: Reason) -> CheckResult:
    """Return the result of a check that the policy does not know: whatever its outcome, it does not count."""
    sentence = "; ".join(filter(None, (record.message, reason.text)))
    return CheckResult(
        record.id, record.outcome, False, sentence, record.evidence, "", record.seconds, reasons=(reason,)
    )


def _waive(
    result: CheckResult, record: CheckRecord, policy: CheckPolicy, waiver: Waiver | None, now: datetime | None
) -> CheckResult:
    """Let a real miss count where a waiver in force covers it. A crash, a skip or an invalid measurement stays what it is."""
    if result.counts or waiver is None or not waiver.covers(record.id):
        return result
    code = Code.WAIVER_INVALID
    if result.outcome not in (Outcome.FAILED, Outcome.INCONCLUSIVE) or record.misconfigured:
        fault = f"a waiver is for a check that failed or is inconclusive, not for one that is {result.outcome}"
    elif not all(evidence.measured and policy.bound(evidence) for evidence in record.evidence):
        fault = "a waiver is for a measurement that misses its bound, not for one that is none"
    else:
        fault = "a waiver needs the time" if now is None else waiver.fault(now)
        if now is not None and now.astimezone(UTC).date() > waiver.expires:
            code = Code.WAIVER_EXPIRED
    if fault:
        reasons = (*result.reasons, Reason(code, fault, record.id))
        return replace(result, sentence=f"{result.sentence}; {fault}", reasons=reasons)
    return replace(result, counts=True, waived=str(waiver), reasons=())


def _together(refused: Sequence[CheckResult]) -> Iterator[Reason]:
    """Yield the reasons of checks that do not count; checks with the same outcome and sentence share one reason."""
    alike: dict[tuple[Outcome, str], list[CheckResult]] = {}
    for one in refused:
        alike.setdefault((one.outcome, one.sentence), []).append(one)
    for (outcome, sentence), checks in alike.items():
        named = _named([_short(check.id) for check in checks])
        first = checks[0].reasons[0]
        yield Reason(first.code, f"{named}: {outcome}: {sentence}", checks[0].id, first.evidence)


def _only_missed(record: CheckRecord, policy: CheckPolicy, outcome: Outcome) -> bool:
    """Return whether measurements missed their bounds and nothing else went wrong: only that can a person accept."""
    return outcome in (Outcome.FAILED, Outcome.INCONCLUSIVE) and _misses(record.evidence, policy) > 0


def _too_few_rows(check: CheckResult, policy: CheckPolicy) -> bool:
    """Return whether every miss of an inconclusive check gives how many rows it needs; the outcome alone is not enough, and
    a broken assumption is no lack of rows.
    """
    return (
        check.outcome is Outcome.INCONCLUSIVE
        and not any(_breaks_assumption(e, policy) for e in check.evidence)
        and _misses(check.evidence, policy) > 0
        and all(e.needed_n is not None or not _misses_bound(e, policy) for e in check.evidence)
    )


def _misses(evidence: tuple[Evidence, ...], policy: CheckPolicy) -> int:
    """Return how many measurements miss their bound; 0 where one of them is invalid or has no bound."""
    if not all(e.measured and policy.bound(e) for e in evidence):
        return 0
    return sum(_misses_bound(e, policy) for e in evidence)


def _misses_bound(evidence: Evidence, policy: CheckPolicy) -> bool:
    bound = policy.bound(evidence)
    return evidence.measured and bound is not None and not bound.holds(evidence.number)


def _breaks_assumption(evidence: Evidence, policy: CheckPolicy) -> bool:
    """Return whether a count of violations makes the check inconclusive: what breaks an assumption of the check, not its rule."""
    return evidence.kind is Kind.VIOLATIONS and evidence.needed_n is not None and _misses_bound(evidence, policy)


def _doubts(record: CheckRecord, policy: CheckPolicy, conditions: Mapping[str, bool]) -> Iterator[Reason]:
    """Yield why a check may not be left out: the policy has to name the condition, and the parent has to find it true as well."""
    if record.condition not in policy.unless:
        sentence = f"the policy does not let this check be left out for {record.condition!r}"
        yield Reason(Code.CONDITION_NOT_ALLOWED, sentence, record.id)
    elif conditions.get(record.condition) is not True:
        yield Reason(Code.CONDITION_FALSE, f"but {record.condition!r} is not true here", record.id)


def _evidence_faults(record: CheckRecord, policy: CheckPolicy) -> Iterator[Reason]:
    for evidence in record.evidence:
        bound = policy.bound(evidence)
        if bound is None:
            sentence = f"evidence {evidence.id!r} has no bound in the policy; add one under {policy.name!r}"
            yield Reason(Code.EVIDENCE_UNBOUND, sentence, record.id, evidence.id)
        elif fault := evidence.fault(bound):
            code = Code.BOUND_MISSED if evidence.measured else Code.EVIDENCE_INVALID
            yield Reason(code, fault, record.id, evidence.id)


def _missing_evidence(
    check: CheckPolicy, records: Sequence[CheckRecord], results: Sequence[CheckResult]
) -> Iterator[Reason]:
    """Yield each bound without evidence, where a case of the check passed and none failed (which is a reason anyway).

    An invariant that counted no violations is such a case too: a check that looks at nothing finds no violation.
    """
    wrong = (Outcome.FAILED, Outcome.ERRORED, Outcome.SKIPPED)
    if not any(one.outcome is Outcome.PASSED for one in results):
        return
    if any(one.outcome in wrong and (one.waived or not one.counts) for one in results):
        return
    given = {evidence.id for record in records for evidence in record.evidence}
    for id in sorted(set(check.bounds) - given):
        sentence = f"{check.name}: passed without evidence for {id}; a bound needs a measurement"
        yield Reason(Code.EVIDENCE_MISSING, sentence, check.name, id)
    silent = [
        record.id
        for record in records
        if record.outcome is Outcome.PASSED and not any(e.kind is Kind.VIOLATIONS for e in record.evidence)
    ]
    if check.invariant and silent:
        sentence = f"{_named(silent)}: passed without counting violations; an invariant needs evidence.violations(...)"
        yield Reason(Code.EVIDENCE_MISSING, sentence, silent[0])


def _named(checks: list[str]) -> str:
    """Return the checks by name, or the first three and how many more."""
    more = f" and {len(checks) - 3} more checks" if len(checks) > 4 else ""
    return ", ".join(checks[:3] if more else checks) + more


def _short(id: str) -> str:
    """Return ``test_floors.py::test_it[accuracy]`` of an id: without its folder."""
    return id.rpartition("/")[2]
