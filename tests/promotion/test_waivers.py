"""A waiver lets one named check's real miss count for a while, is seen everywhere, and lets nothing else through."""

from datetime import UTC, date, datetime, timedelta

import pytest
from promotion.small_home import NOON, SmallHome

from gates.digest import Digest
from gates.errors import ConfigError, PromotionRefused
from gates.evidence import Bound, Evidence
from gates.judgement.judge import judge
from gates.policy.records import CheckPolicy, GatePolicy, Waiver
from gates.promotion.execute import promote
from gates.reason import Code, Reason, texts
from gates.run import CheckRecord, Outcome, Run
from gates.workflow.pipeline import RunRequest, run_pipeline
from gates.workflow.run_history import make_account

CHECK = "model_checks/test_floors.py::test_clears_the_floor"
DAY = date(2026, 12, 1)
PHASES = ("setup", "call", "teardown")
WAIVER = f"""
[[tool.gates.waivers]]
check = "{CHECK}"
owner = "Ada"
reason = "the sensor of Oslo is being replaced"
expires = 2026-12-01
"""


def waiver(**about) -> Waiver:
    return Waiver(
        **{"check": CHECK, "owner": "Ada", "reason": "why", "expires": DAY, "longest": timedelta(days=30)} | about
    )


def judged(record: CheckRecord, waivers=None, now=NOON, bounds=None, inconclusive="block"):
    """The judgement of one record under a waiver."""
    bounds = {"accuracy": Bound.parse(">= 0.8")} if bounds is None else bounds
    found = {CHECK: waiver()} if waivers is None else waivers
    policy = GatePolicy("model", (), {CHECK: CheckPolicy(CHECK, bounds)}, {}, timedelta(1), inconclusive, found)
    run = Run("model", Digest.of_bytes(b"s"), (record,), (record.id,), True, 1)
    return judge(run, policy, {}, None, now)


def missed(outcome=Outcome.FAILED, value="0.7", n=200, **about) -> CheckRecord:
    needed = {"needed_n": 900} if outcome is Outcome.INCONCLUSIVE else {}
    evidence = (Evidence("accuracy", value, n, **needed),)
    return CheckRecord(
        f"{CHECK}[a]", outcome, ("setup",), "accuracy = 0.7 (required >= 0.8, n = 200)", "", evidence, **about
    )


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.INCONCLUSIVE])
def test_a_miss_counts_under_a_waiver_and_says_so(outcome):
    judgement = judged(missed(outcome))
    (check,) = judgement.checks
    assert judgement.passed, judgement.reasons
    assert (check.counts, check.outcome, check.waived) == (True, outcome, "waived by Ada until 2026-12-01: why")
    assert judgement.warnings == ()


def test_a_failed_assertion_without_a_measurement_counts_under_a_waiver():
    record = CheckRecord(CHECK, Outcome.FAILED, ("setup",), "assert 3 == 4")
    assert judged(record, bounds={}).passed
    assert judged(record).passed


NO_MISS = {
    "errored": (missed(Outcome.ERRORED), "not for one that is errored"),
    "skipped": (missed(Outcome.SKIPPED), "not for one that is skipped"),
    "left out": (missed(Outcome.NOT_APPLICABLE), "not for one that is not_applicable"),
    "crashed on the way": (
        CheckRecord(CHECK, Outcome.PASSED, ("setup", "call"), "", "", (Evidence("accuracy", "0.9", 9),)),
        "not for one that is errored",
    ),
    "misconfigured": (missed(misconfigured=True), "a waiver is for a check that failed"),
    "NaN": (missed(value="nan"), "a waiver is for a measurement that misses its bound, not for one that is none"),
    "infinity": (missed(value="-inf"), "not for one that is none"),
    "no number": (missed(value="much"), "not for one that is none"),
    "no rows": (missed(n=0), "not for one that is none"),
    "a bound that is not there": (
        CheckRecord(CHECK, Outcome.FAILED, (), "", "", (Evidence("recall", "0.9", 9),)),
        "not for one that is none",
    ),
}


@pytest.mark.parametrize(("record", "sentence"), NO_MISS.values(), ids=list(NO_MISS))
def test_what_is_no_miss_is_not_waived(record, sentence):
    judgement = judged(record)
    assert not judgement.passed
    assert sentence in " ".join(map(str, judgement.reasons))
    assert not judgement.checks[0].waived


def test_a_check_that_did_not_run_is_not_waived():
    policy = GatePolicy("model", (), {CHECK: CheckPolicy(CHECK, {})}, {}, timedelta(1), "block", {CHECK: waiver()})
    judgement = judge(Run("model", Digest.of_bytes(b"s"), (), (), True, 0), policy, {}, None, NOON)
    text = f"{CHECK}: required, but did not run; restore the check or take it out of the policy"
    assert judgement.reasons == (Reason(Code.CHECK_ABSENT, text, CHECK),)


def test_a_pass_without_its_evidence_is_not_waived():
    record = CheckRecord(CHECK, Outcome.PASSED, PHASES)
    text = f"{CHECK}: passed without evidence for accuracy; a bound needs a measurement"
    assert judged(record).reasons == (Reason(Code.EVIDENCE_MISSING, text, CHECK, "accuracy"),)


OUT_OF_FORCE = {
    "the day after": (datetime(2026, 12, 2, tzinfo=UTC), "the waiver of Ada expired on 2026-12-01"),
    "a year later": (datetime(2027, 12, 1, tzinfo=UTC), "the waiver of Ada expired on 2026-12-01"),
    "longer than allowed": (
        datetime(2026, 10, 31, tzinfo=UTC),
        "the waiver of Ada would run until 2026-12-01, 31 days from now, and longest_waiver allows 30",
    ),
    "without a time": (None, "a waiver needs the time"),
}


@pytest.mark.parametrize(("now", "sentence"), OUT_OF_FORCE.values(), ids=list(OUT_OF_FORCE))
def test_a_waiver_out_of_force_blocks_with_a_sentence(now, sentence):
    judgement = judged(missed(), now=now)
    (reason,) = judgement.reasons
    assert reason.code is Code.BOUND_MISSED
    assert judgement.checks[0].reasons[-1].code in (Code.WAIVER_EXPIRED, Code.WAIVER_INVALID)
    assert (
        reason.text
        == f"test_floors.py::test_clears_the_floor[a]: failed: accuracy = 0.7 (required >= 0.8, n = 200); {sentence}"
    )


@pytest.mark.parametrize("now", [datetime(2026, 12, 1, 23, 59, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)])
def test_a_waiver_counts_through_its_last_day(now):
    assert judged(missed(), now=now).passed


@pytest.mark.parametrize(
    ("cases", "passed"), [((), True), (("a",), True), (("b", "a"), True), (("b",), False), (("",), False)]
)
def test_a_waiver_may_be_for_some_cases_only(cases, passed):
    assert judged(missed(), {CHECK: waiver(cases=cases)}).passed is passed


def test_a_waiver_is_for_no_other_check():
    assert not waiver().covers("model_checks/test_floors.py::test_clears_the_floor_too")
    assert not waiver().covers("model_checks/test_floors.py::test_clears")


def test_a_waiver_that_nobody_needs_is_a_warning():
    record = CheckRecord(CHECK, Outcome.PASSED, PHASES, "", "", (Evidence("accuracy", "0.9", 9),))
    judgement = judged(record)
    assert judgement.passed
    assert judgement.warnings == (
        "test_floors.py::test_clears_the_floor: needs no waiver (waived by Ada until 2026-12-01: why); take it out of the policy",
    )


# --- the policy file


@pytest.fixture
def waived(small: SmallHome) -> SmallHome:
    """The floor is above what the model reaches, and a waiver is for it."""
    small.project.edit("pyproject.toml", ">= 0.8", ">= 0.95")
    with small.config.open("a") as file:
        file.write(WAIVER)
    return small


def test_a_waiver_is_read(waived):
    policy = waived.project.policy
    assert policy.gates["data"].waivers == {}
    assert policy.gates["model"].waivers[CHECK] == waiver(reason="the sensor of Oslo is being replaced")


FAULTS = {
    "an unknown key": ('owner = "Ada"', 'owner = "Ada"\nuntil = 3', "[tool.gates.waivers 1] until is not a key that exists"),
    "no owner": ('owner = "Ada"\n', "", "[tool.gates.waivers 1] owner is missing, wanted a text"),
    "an empty reason": ("the sensor of Oslo is being replaced", "", "[tool.gates.waivers 1] reason is '', wanted a text"),
    "no last day": ("expires = 2026-12-01", "", "[tool.gates.waivers 1] expires is None, wanted the last day"),
    "a last day as a text": ("2026-12-01", '"2026-12-01"', "expires is '2026-12-01', wanted the last day on which it counts"),
    "a last day with a time": ("2026-12-01", "2026-12-01T00:00:00Z", "wanted the last day on which it counts, like 2026-12-24"),
    "a check that nobody requires": (f'"{CHECK}"', '"a.py::b"', "check is 'a.py::b', which no gate requires"),
    "a case as a check": (f'"{CHECK}"', f'"{CHECK}[a]"', "name a check of the policy without its cases"),
    "cases of another type": ('owner = "Ada"', 'owner = "Ada"\ncases = 3', "cases is 3, wanted a list of texts"),
    "a table instead of a list": ("[[tool.gates.waivers]]", "[tool.gates.waivers]", "waivers is no list of tables"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), FAULTS.values(), ids=list(FAULTS))
def test_a_bad_waiver_is_refused(old, new, sentence, waived):
    text = waived.config.read_text()
    at = text.index("[[tool.gates.waivers]]")
    assert old in text[at:]
    waived.config.write_text(text[:at] + text[at:].replace(old, new))
    with pytest.raises(ConfigError) as refused:
        _ = waived.project.policy
    assert sentence in refused.value.message


def test_two_waivers_for_one_check_are_refused(waived):
    with waived.config.open("a") as file:
        file.write(WAIVER)
    with pytest.raises(ConfigError, match="which another waiver is for"):
        _ = waived.project.policy


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("max_waivers = 0", "[tool.gates] waivers are 1, and max_waivers allows 0; repair what they excuse"),
        ("max_waivers = -1", "[tool.gates] max_waivers is -1, wanted a whole number of zero or more"),
        ("max_waivers = true", "[tool.gates] max_waivers is True, wanted a whole number of zero or more"),
        ('longest_waiver = "soon"', "[tool.gates] longest_waiver is 'soon', wanted a length of time"),
    ],
)
def test_waivers_have_a_maximum(setting, sentence, waived):
    waived.gates(setting)
    with pytest.raises(ConfigError) as refused:
        _ = waived.project.policy
    assert sentence in refused.value.message


# --- promotion


def test_a_waived_run_promotes_and_says_so_in_the_verdict_and_at_the_end(waived, capsys):
    from gates.reports.document import describe
    from gates.reports.ending import tell_ending
    from gates.reports.junit import as_junit
    from gates.reports.markdown import as_markdown
    from gates.reports.progress import Progress

    session = waived.session
    decision = run_pipeline(session, RunRequest())
    assert decision.exit_code == 0, decision.reasons
    told = "waived by Ada until 2026-12-01: the sensor of Oslo is being replaced"
    (kept,) = [v for v in session.registry.verdicts("papers", session.champion().version.digest) if v.gate == "model"]
    assert told in str(waived.verdict(kept.digest))
    account = make_account(session, decision, "gates run")
    assert told in str(describe(account))
    assert "waived by Ada until 2026-12-01" in as_junit(account).decode()
    assert "waived by Ada until 2026-12-01" in as_markdown(account)
    for judgement in account.judgements:
        Progress().gate(judgement, 1.0)
    tell_ending(Progress(), account)
    out = capsys.readouterr().out
    assert "  waived         floors: clears the floor\n" in out
    assert f"({told})" in out
    assert f"test_floors.py::test_clears_the_floor, model gate: {told}" in out


def test_a_run_after_the_last_day_is_refused(waived):
    waived.clock.now = datetime(2026, 12, 2, tzinfo=UTC)
    decision = run_pipeline(waived.session, RunRequest())
    assert decision.exit_code == 1
    assert decision.reasons[0].text.endswith("the waiver of Ada expired on 2026-12-01")


def test_a_waiver_that_expired_since_the_gate_judged_carries_no_promotion(waived):
    waived.clock.now = datetime(2026, 12, 1, 22, tzinfo=UTC)
    version = waived.register()
    waived.judge(version, misses={CHECK: str(waiver())})
    waived.clock.forward(hours=3)
    with pytest.raises(PromotionRefused) as refused:
        promote(waived.session, version)
    assert f"model gate: {CHECK} does not count (the waiver of Ada expired on 2026-12-01)" in texts(
        refused.value.reasons
    )


def test_a_verdict_that_claims_a_waiver_which_the_policy_does_not_have_carries_no_promotion(small):
    version = small.register()
    small.judge(version, misses={CHECK: "waived by Eve until 2026-12-01: because"})
    with pytest.raises(PromotionRefused) as refused:
        promote(small.session, version)
    assert f"model gate: {CHECK} does not count (it was waived, and the policy has no waiver for it)" in texts(
        refused.value.reasons
    )


def test_a_crash_that_claims_a_waiver_carries_no_promotion(waived):
    version = waived.register()
    waived.judge(version, misses={CHECK: str(waiver())}, outcome=Outcome.ERRORED)
    with pytest.raises(PromotionRefused) as refused:
        promote(waived.session, version)
    assert f"model gate: {CHECK} does not count (errored)" in texts(refused.value.reasons)


def test_the_status_lists_every_waiver(waived, capsys):
    from gates.cli import main

    promote(waived.session, waived.judged())
    waived.project.edit("pyproject.toml", "expires = 2026-12-01", "expires = 2020-01-01")
    assert main(["status", "--policy", str(waived.config), "--home", str(waived.folder)]) == 0
    out = capsys.readouterr().out
    assert f"waiver    {CHECK}" in out
    assert (
        "waived by Ada until 2020-01-01: the sensor of Oslo is being replaced (the waiver of Ada expired on 2020" in out
    )
