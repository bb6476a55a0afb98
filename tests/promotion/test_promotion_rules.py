"""Promotion is refused by default; each thing that could have changed since the gates judged is a reason of its own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from small_project import make_project

from gates.attest import Binding, Verdict, bind
from gates.digest import Digest
from gates.evidence import Evidence
from gates.judgement.judge import CheckResult, Judgement
from gates.policy.records import GATES
from gates.promotion.rules import is_nothing_new, refusals
from gates.reason import Code, Reason
from gates.run import Outcome

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BINDING = Binding(
    "m", *(Digest.of_bytes(part) for part in (b"model", b"data", b"policy", b"suite", b"env")), 3, Digest.of_bytes(b"old")
)  # fmt: skip
TODAY = dict.fromkeys(GATES, BINDING)
OTHER = Digest.of_bytes(b"other")


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("project")).policy


def check(id: str, outcome: Outcome = Outcome.PASSED, counts: bool = True, **facts) -> CheckResult:
    return CheckResult(id, outcome, counts, "holds", **facts)


@pytest.fixture
def verdicts(policy) -> list[Verdict]:
    found = []
    for gate in GATES:
        checks = tuple(check(name) for name in policy.gates[gate].checks)
        found.append(bind(Judgement(gate, checks, (), True), BINDING, at=NOW, run="r"))
    return found


def why(verdicts, policy, today=TODAY, now=NOW) -> str:
    return "\n".join(map(str, refusals(verdicts, policy, today, now)))


def test_no_verdicts_carry_nothing(policy):
    assert why([], policy).splitlines() == [f"{gate} gate: no verdict; run gates check {gate}" for gate in GATES]


def test_four_fresh_verdicts_carry_a_promotion(verdicts, policy):
    assert refusals(verdicts, policy, TODAY, NOW) == ()


@pytest.mark.parametrize("gate", GATES)
def test_a_missing_or_repeated_verdict_is_refused(gate, verdicts, policy):
    mine = [verdict for verdict in verdicts if verdict.gate == gate]
    assert why([v for v in verdicts if v.gate != gate], policy) == f"{gate} gate: no verdict; run gates check {gate}"
    assert why(verdicts + mine, policy) == f"{gate} gate: 2 verdicts where one is wanted"


def test_a_verdict_of_a_foreign_gate_is_refused(verdicts, policy):
    assert why([*verdicts, replace(verdicts[0], gate="praise")], policy) == "a verdict for the unknown gate 'praise'"


CHANGES = {
    "name": ("n", "the verdict is for the model name 'm', wanted 'n'"),
    "model": (OTHER, "the verdict is about another model file"),
    "data": (OTHER, "the verdict was made on other data"),
    "policy": (OTHER, "the policy changed since the gate judged"),
    "suite": (OTHER, "the suite changed since the gate judged"),
    "environment": (OTHER, "the installed packages changed since the gate judged"),
    "champion": (OTHER, "the champion changed since the gate judged (epoch 3, now 3)"),
    "champion_epoch": (5, "the champion changed since the gate judged (epoch 3, now 5)"),
}


@pytest.mark.parametrize("field", CHANGES)
def test_what_changed_since_the_gate_judged_is_named(field, verdicts, policy):
    value, sentence = CHANGES[field]
    today = {**TODAY, "drift": replace(BINDING, **{field: value})}
    assert why(verdicts, policy, today) == f"drift gate: {sentence}"


def test_every_field_of_a_binding_is_compared():
    assert set(CHANGES) == set(Binding.__slots__)


@pytest.mark.parametrize(
    ("age", "sentence"),
    [
        (timedelta(hours=24, seconds=1), "the verdict is 1 day, 0:00:01 old, allowed 1 day, 0:00:00; judge again"),
        (timedelta(minutes=-3), "the verdict is from the future (2026-11-24 12:03:00 UTC); correct the clock"),
        (timedelta(hours=24), ""),
        (timedelta(minutes=-1), ""),
    ],
)
def test_a_verdict_is_neither_old_nor_from_the_future(age, sentence, verdicts, policy):
    found = why([replace(verdicts[0], at=NOW - age), *verdicts[1:]], policy)
    assert sentence in found
    assert bool(sentence) == bool(found)


def test_the_zone_of_a_time_does_not_matter(verdicts, policy):
    east = timezone(timedelta(hours=9))
    assert why([replace(v, at=NOW.astimezone(east)) for v in verdicts], policy) == ""


def bent(verdicts, policy, **fields) -> str:
    """The reasons when the last gate's only check is not as it should be."""
    entry = {**verdicts[-1].checks[0], **fields}
    return why([*verdicts[:-1], replace(verdicts[-1], checks=(entry,))], policy)


def test_a_refused_verdict_is_refused_with_its_reasons(verdicts, policy):
    bad = replace(verdicts[0], passed=False, reasons=(Reason(Code.BOUND_MISSED, "rows = 3"),))
    assert why([bad, *verdicts[1:]], policy) == "data gate: it refused: rows = 3"
    assert "no reason kept" in why([replace(verdicts[0], passed=False), *verdicts[1:]], policy)
    assert "it refused: x" in why(
        [replace(verdicts[0], reasons=(Reason(Code.CHECK_FAILED, "x"),)), *verdicts[1:]], policy
    )


def test_a_check_that_does_not_count_is_refused(verdicts, policy):
    assert "does not count (skipped)" in bent(verdicts, policy, outcome="skipped", counts=False)
    assert "does not count (skipped)" in bent(verdicts, policy, outcome="skipped", counts=True)
    assert "does not count (inconclusive)" in bent(verdicts, policy, outcome="inconclusive", counts=False)
    assert "the required check endpoint_checks" in bent(verdicts, policy, id="endpoint_checks/test_other.py::test_x")


def test_an_accepted_or_not_applicable_check_counts(verdicts, policy):
    assert bent(verdicts, policy, outcome="failed", accepted="a new sensor") == ""
    assert bent(verdicts, policy, outcome="not_applicable") == ""


def test_a_required_check_that_is_not_in_the_verdict_is_named(verdicts, policy):
    empty = replace(verdicts[0], checks=())
    assert "the required check data_checks/test_rows.py::test_there_are_enough_rows is not among" in why(
        [empty, *verdicts[1:]], policy
    )


@pytest.mark.parametrize(("value", "expected"), [("0", True), ("0.0", True), ("3", False), ("nan", False)])
def test_a_challenger_that_predicts_like_the_champion_is_nothing_new(value, expected):
    evidence = (Evidence("rows_changed", value, 300),)
    asked = check("a::b", evidence=evidence, role="changed_predictions")
    assert is_nothing_new(Judgement("model", (asked,), (), True)) is expected
    assert not is_nothing_new(Judgement("model", (replace(asked, role=""),), (), True)), "a name decides nothing"
    assert not is_nothing_new(Judgement("model", (), (), True))


def test_a_verdict_that_cannot_be_trusted_is_a_reason(verdicts, policy):
    (reason,) = refusals(verdicts[1:], policy, TODAY, NOW, {"data": "the verdict was edited"})
    assert reason == Reason(Code.VERDICT_UNREADABLE, "data gate: the verdict was edited", gate="data")
    assert refusals(verdicts, policy, TODAY, NOW, {"data": "the verdict was edited"}) != ()
