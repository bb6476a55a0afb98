"""`judge` is pure, gives every reason, and holds evidence to its own copy of the bounds."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gates.digest import Digest
from gates.evidence import Bound, Evidence, Kind
from gates.judgement.judge import judge
from gates.policy.records import CheckPolicy, GatePolicy
from gates.reason import Code
from gates.run import CheckRecord, Outcome, Run

PHASES = ("setup", "call", "teardown")
A, B = "checks/test_x.py::test_a", "checks/test_x.py::test_b"
GOOD = Evidence("accuracy", "0.9", 300)
POLICY = GatePolicy(
    "model",
    ("checks",),
    {A: CheckPolicy(A, {"accuracy": Bound(">=", 0.8)}, ("no_champion",), "drift"), B: CheckPolicy(B, {}, (), "")},
    {},
    timedelta(minutes=1),
)


def record(id: str, outcome: Outcome = Outcome.PASSED, *evidence: Evidence, **facts) -> CheckRecord:
    return CheckRecord(id, outcome, **{"phases": PHASES, "evidence": evidence, **facts})


def run(*records: CheckRecord, **facts) -> Run:
    told = {"collected": tuple(r.id for r in records), "finished": True, "exit_code": 0, **facts}
    return Run("model", Digest.of_bytes(b""), records, **told)


SOUND = run(record(A, Outcome.PASSED, GOOD), record(B))


def reasons(facts: Run, policy: GatePolicy = POLICY, accepted: dict | None = None, **conditions: bool) -> str:
    return "\n".join(map(str, judge(facts, policy, conditions, accepted).reasons))


def test_a_run_without_anything_never_passes():
    judgement = judge(run(), POLICY, {})
    assert not judgement.passed
    assert not judgement.could_judge


def test_a_policy_without_checks_lets_no_check_pass():
    assert "the policy does not know it" in reasons(SOUND, replace(POLICY, checks={}))


def test_a_sound_run_passes_and_judging_it_twice_gives_the_same():
    judgement = judge(SOUND, POLICY, {})
    assert judgement.passed
    assert judgement == judge(SOUND, POLICY, {})
    assert judgement.checks[0].sentence == "accuracy = 0.9 (required >= 0.8, n = 300)"


BAD = {
    "not finished": (replace(SOUND, finished=False, exit_code=9), "the model gate's run did not finish (exit code 9)"),
    "a disturbance": (replace(SOUND, disturbances=("1 checks were deselected: x",)), "1 checks were deselected: x"),
    "a check missing": (run(record(A, Outcome.PASSED, GOOD)), f"{B}: required, but did not run"),
    "a check too many": (run(*SOUND.checks, record("c::d")), "c::d: ran, but the policy does not know it"),
    "never ran": (replace(SOUND, collected=(A, B, "c::d")), "c::d: collected, but never ran"),
    "never collected": (replace(SOUND, collected=(A,)), f"{B}: reported, but never collected"),
    "reported twice": (run(*SOUND.checks, record(B)), f"{B}: reported 2 times; give every check its own name"),
    "no teardown": (
        run(SOUND.checks[0], record(B, phases=("setup", "call"))),
        "passed only in setup, call; wanted setup, call and teardown",
    ),
    "no phase": (run(SOUND.checks[0], record(B, phases=())), "passed only in no phase"),
    "evidence missing": (run(record(A), record(B)), f"{A}: passed without evidence for accuracy"),
    "evidence twice": (run(record(A, Outcome.PASSED, GOOD, GOOD), record(B)), "gave the evidence 'accuracy' 2 times"),
    "evidence unbounded": (
        run(record(A, Outcome.PASSED, GOOD, Evidence("speed", "1", 9)), record(B)),
        "evidence 'speed' has no bound",
    ),
    "evidence below its bound": (
        run(record(A, Outcome.PASSED, Evidence("accuracy", "0.7", 300)), record(B)),
        "accuracy = 0.7 (required >= 0.8, n = 300)",
    ),
    "evidence NaN": (
        run(record(A, Outcome.PASSED, Evidence("accuracy", "nan", 300)), record(B)),
        "accuracy = nan, which is not a finite number",
    ),
    "evidence without rows": (
        run(record(A, Outcome.PASSED, Evidence("accuracy", "0.9", 0)), record(B)),
        "accuracy was measured on 0 rows",
    ),
    "skipped": (run(SOUND.checks[0], record(B, Outcome.SKIPPED, message="later")), "test_x.py::test_b: skipped: later"),
    "errored": (run(SOUND.checks[0], record(B, Outcome.ERRORED, message="gone")), "test_x.py::test_b: errored: gone"),
    "inconclusive": (
        run(record(A, Outcome.INCONCLUSIVE, message="too few"), record(B)),
        "test_a: inconclusive: too few",
    ),
    "left out for nothing": (
        run(SOUND.checks[0], record(B, Outcome.NOT_APPLICABLE, condition="no_champion", message="x")),
        "does not let this check be left out for 'no_champion'",
    ),
}


@pytest.mark.parametrize(("facts", "sentence"), BAD.values(), ids=list(BAD))
def test_a_bad_run_is_refused(facts, sentence):
    assert sentence in reasons(facts)


def test_every_reason_is_given_at_once():
    bad = run(
        record(A, Outcome.PASSED, Evidence("accuracy", "nan", 9)), record("c::d"),
        finished=False, exit_code=-9, disturbances=("torn",),
    )  # fmt: skip
    assert len(judge(bad, POLICY, {}).reasons) == 5


def test_a_condition_counts_only_where_the_parent_finds_it_true():
    facts = run(record(A, Outcome.NOT_APPLICABLE, condition="no_champion", message="nothing serves"), record(B))
    assert "but 'no_champion' is not true here" in reasons(facts)
    assert "but 'no_champion' is not true here" in reasons(facts, no_champion=False)
    assert reasons(facts, no_champion=True) == ""


def test_a_vacuous_case_is_not_covered_by_one_that_does_not_apply():
    cases = run(
        record(f"{A}[1]", Outcome.NOT_APPLICABLE, condition="no_champion"), record(f"{A}[2]"), record(B)
    )  # fmt: skip
    assert "passed without evidence for accuracy" in reasons(cases, no_champion=True)


MISSED = Evidence("accuracy", "0.7", 300, needed_n=900)
WARN = replace(POLICY, inconclusive="warn")


def test_rows_that_are_not_exchangeable_are_no_lack_of_rows_and_never_only_warned_of():
    """A difference was seen: a policy that lets too few rows pass does not let this pass."""
    broken = Evidence("dependent_order", "2", 300, needed_n=900, kind=Kind.VIOLATIONS)
    seen = run(record(A, Outcome.INCONCLUSIVE, broken, MISSED, message="not exchangeable"), record(B))
    judged = judge(seen, WARN, {})
    assert judged.warnings == ()
    assert [(reason.code, reason.evidence) for reason in judged.reasons] == [
        (Code.ROWS_NOT_EXCHANGEABLE, "dependent_order")
    ]


def test_inconclusive_warns_only_where_the_evidence_itself_says_how_many_rows_it_needs():
    told = run(record(A, Outcome.INCONCLUSIVE, MISSED, message="too few"), record(B))
    assert reasons(told, WARN) == ""
    assert judge(told, WARN, {}).warnings == ("test_x.py::test_a: too few",)
    for evidence in (replace(MISSED, needed_n=None), replace(MISSED, value="nan"), replace(MISSED, value="0.95")):
        assert "inconclusive" in reasons(run(record(A, Outcome.INCONCLUSIVE, evidence), record(B)), WARN)


def test_an_acknowledgement_covers_a_measured_miss_of_the_check_that_allows_it_and_nothing_else():
    why = {"drift": "a new sensor"}
    assert reasons(run(record(A, Outcome.FAILED, MISSED), record(B)), accepted=why) == ""
    for worse in (
        record(A, Outcome.FAILED, replace(MISSED, value="nan")),
        record(A, Outcome.FAILED, message="assert 1 == 2"),
        record(A, Outcome.ERRORED, MISSED),
        record(A, Outcome.SKIPPED),
    ):
        assert reasons(run(worse, record(B)), accepted=why) != ""
    assert reasons(run(SOUND.checks[0], record(B, Outcome.FAILED)), accepted=why) != ""
    assert reasons(run(record(A, Outcome.FAILED, MISSED), record(B)), accepted={"drift": ""}) != ""


def test_many_missing_checks_are_one_reason():
    names = [f"c.py::test_{i}" for i in range(9)]
    policy = replace(POLICY, checks={name: CheckPolicy(name, {}, (), "") for name in names})
    assert reasons(run(), policy).startswith("c.py::test_0, c.py::test_1, c.py::test_2 and 6 more checks: required")


COUNTED = Evidence("violations", "0", 300, kind=Kind.VIOLATIONS)
INVARIANT = replace(POLICY, checks={A: CheckPolicy(A, {}, invariant=True)})


def test_an_invariant_passes_on_a_count_of_no_violations_and_on_nothing_less():
    assert judge(run(record(A, Outcome.PASSED, COUNTED)), INVARIANT, {}).passed
    (silent,) = judge(run(record(A)), INVARIANT, {}).reasons
    assert (silent.code, silent.check) == (Code.EVIDENCE_MISSING, A)
    (broken,) = judge(run(record(A, Outcome.PASSED, replace(COUNTED, value="1"))), INVARIANT, {}).reasons
    assert (broken.code, broken.evidence) == (Code.BOUND_MISSED, "violations")


def test_every_case_of_an_invariant_counts_violations():
    cases = run(record(f"{A}[a]", Outcome.PASSED, COUNTED), record(f"{A}[b]"))
    (silent,) = judge(cases, INVARIANT, {}).reasons
    assert (silent.code, silent.check) == (Code.EVIDENCE_MISSING, f"{A}[b]")


def test_a_measurement_without_a_bound_is_refused_and_a_count_of_violations_is_held_to_none():
    other = replace(GOOD, id="speed")
    (unbound,) = judge(run(record(A, Outcome.PASSED, GOOD, other), record(B)), POLICY, {}).reasons
    assert (unbound.code, unbound.evidence) == (Code.EVIDENCE_UNBOUND, "speed")
    assert judge(run(record(A, Outcome.PASSED, GOOD, COUNTED), record(B)), POLICY, {}).passed
    assert not judge(run(record(A, Outcome.PASSED, GOOD, replace(COUNTED, value="2")), record(B)), POLICY, {}).passed


def test_the_name_of_an_evidence_decides_nothing():
    renamed = replace(GOOD, name="how often it is right")
    assert judge(run(record(A, Outcome.PASSED, renamed), record(B)), POLICY, {}).passed
    shared = {A: CheckPolicy(A, {"x": Bound(">=", 0)}), B: CheckPolicy(B, {"x": Bound("<", 0)})}
    both = run(record(A, Outcome.PASSED, Evidence("x", "1", 9)), record(B, Outcome.PASSED, Evidence("x", "-1", 9)))
    assert judge(both, replace(POLICY, checks=shared), {}).passed, "an id is the check's own"
