"""Each reason code of a run, a judgement, a promotion and the ledger: the smallest thing that makes it happen, and no other code.

Wording is not asserted here: `docs/faults.md` holds it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from faults import held_examples
from registry.ledger_acts import NOON, break_glass, crown, go_back, promote, register
from registry.ledger_acts import judge as keep
from small_project import make_project

from gates import documents
from gates.attest import Binding, bind
from gates.digest import Digest
from gates.errors import PromotionRefused
from gates.evidence import Bound, Evidence, Kind
from gates.execution import run_record
from gates.execution.run_record import Facts
from gates.judgement.judge import CheckResult, Judgement, judge
from gates.policy.records import GATES, CheckPolicy, GatePolicy, Waiver
from gates.promotion.rules import refusals
from gates.reason import Code, Reason
from gates.registry import Registry
from gates.run import CheckRecord, Outcome, Run


@pytest.fixture(autouse=True)
def examples(request):
    """Hold the examples of docs/faults.md that name this test to the reasons that it makes."""
    yield from held_examples(request.node.nodeid)


PHASES = ("setup", "call", "teardown")
A, B = "checks/test_x.py::test_a", "checks/test_x.py::test_b"
GOOD, LOW = Evidence("accuracy", "0.9", 300), Evidence("accuracy", "0.7", 300)
WAIVED = Waiver(A, "Ada", "a reason", date(2026, 12, 1), timedelta(days=30))
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
POLICY = GatePolicy(
    "model",
    ("checks",),
    {
        A: CheckPolicy(A, {"accuracy": Bound(">=", 0.8)}, ("no_champion",), "drift"),
        B: CheckPolicy(B, {}, invariant=True),
    },
    {},
    timedelta(minutes=1),
)


def record(id: str, outcome: Outcome = Outcome.PASSED, *evidence: Evidence, **facts) -> CheckRecord:
    return CheckRecord(id, outcome, **{"phases": PHASES, "evidence": evidence, **facts})


def run(*records: CheckRecord, **facts) -> Run:
    content = {"collected": tuple(r.id for r in records), "finished": True, "exit_code": 0, **facts}
    return Run("model", Digest.of_bytes(b""), records, **content)


CLEAN_A = record(A, Outcome.PASSED, GOOD)
CLEAN_B = record(B, Outcome.PASSED, Evidence("violations", "0", 300, kind=Kind.VIOLATIONS))
SOUND = run(CLEAN_A, CLEAN_B)


def with_a(outcome: Outcome = Outcome.PASSED, *evidence: Evidence, **facts) -> Run:
    """Return the sound run with another record of the first check."""
    return run(record(A, outcome, *evidence, **facts), CLEAN_B)


JUDGED: dict[Code, tuple[Run, GatePolicy]] = {
    Code.BOUND_MISSED: (with_a(Outcome.PASSED, LOW), POLICY),
    Code.INCONCLUSIVE: (with_a(Outcome.INCONCLUSIVE, replace(LOW, needed_n=900)), POLICY),
    Code.ROWS_NOT_EXCHANGEABLE: (
        with_a(
            Outcome.INCONCLUSIVE,
            Evidence("dependent_order", "2", 300, needed_n=900, kind=Kind.VIOLATIONS),
            message="rows are not exchangeable",
        ),
        POLICY,
    ),
    Code.CHECK_FAILED: (with_a(Outcome.FAILED, GOOD, message="no"), POLICY),
    Code.CHECK_ERRORED: (with_a(Outcome.ERRORED, message="no"), POLICY),
    Code.CHECK_SKIPPED: (with_a(Outcome.SKIPPED, message="later"), POLICY),
    Code.CHECK_ABSENT: (run(CLEAN_A), POLICY),
    Code.CHECK_UNKNOWN: (run(CLEAN_A, CLEAN_B, record("c.py::d")), POLICY),
    Code.PHASES_MISSING: (with_a(Outcome.PASSED, GOOD, phases=("setup", "call")), POLICY),
    Code.EVIDENCE_INVALID: (with_a(Outcome.PASSED, replace(GOOD, value="nan")), POLICY),
    Code.EVIDENCE_UNBOUND: (with_a(Outcome.PASSED, GOOD, Evidence("speed", "1", 9)), POLICY),
    Code.EVIDENCE_MISSING: (run(CLEAN_A, record(B)), POLICY),
    Code.EVIDENCE_REPEATED: (with_a(Outcome.PASSED, GOOD, GOOD), POLICY),
    Code.CONDITION_NOT_ALLOWED: (with_a(Outcome.NOT_APPLICABLE, condition="no_slices"), POLICY),
    Code.CONDITION_FALSE: (with_a(Outcome.NOT_APPLICABLE, condition="no_champion"), POLICY),
    Code.RUN_UNFINISHED: (replace(SOUND, finished=False, exit_code=9), POLICY),
    Code.NEVER_COLLECTED: (replace(SOUND, collected=(A,)), POLICY),
    Code.NEVER_RAN: (replace(SOUND, collected=(A, B, "c.py::d")), POLICY),
    Code.REPORTED_TWICE: (run(CLEAN_A, CLEAN_B, CLEAN_B), POLICY),
}


def test_a_sound_run_has_no_reason():
    assert judge(SOUND, POLICY, {}, now=NOW).reasons == ()


@pytest.mark.parametrize("code", JUDGED)
def test_the_judge_gives_this_code_and_no_other(code, examples):
    facts, policy = JUDGED[code]
    examples += judge(facts, policy, {}, now=NOW).reasons
    assert {reason.code for reason in examples} == {code}


@pytest.mark.parametrize(
    ("code", "outcome", "waiver"),
    [
        (Code.WAIVER_INVALID, Outcome.ERRORED, WAIVED),
        (Code.WAIVER_INVALID, Outcome.FAILED, replace(WAIVED, expires=date(2027, 6, 1))),
        (Code.WAIVER_EXPIRED, Outcome.FAILED, replace(WAIVED, expires=date(2026, 11, 23))),
    ],
)
def test_a_waiver_that_does_not_hold_is_a_reason_of_its_own(code, outcome, waiver, examples):
    policy = replace(POLICY, waivers={A: waiver})
    (result,) = [one for one in judge(with_a(outcome, LOW), policy, {}, now=NOW).checks if one.id == A]
    examples += result.reasons
    assert examples[-1].code is code
    assert not result.counts


# What the child reports, a line each; the record reader makes a run of it.
COLLECTED = {"kind": "collected", "seen": [A], "kept": [A]}
FINISH = {
    "kind": "finish",
    "exit": 0,
    "options": {},
    "optimize": 0,
    "asserts": "rewrite",
    "code": [],
    "read": {},
    "policy": "",
}


def report(when: str, **facts) -> dict[str, object]:
    blank = {"outcome": "passed", "xfail": False, "subtest": False, "why": "", "evidence": [], "not_applicable": ""}
    flags = {
        "inconclusive": False,
        "crashed": False,
        "misconfigured": False,
        "raised": "",
        "attempts": 1,
        "seconds": 0.1,
    }
    return {"kind": "report", "id": A, "when": when, **blank, **flags, **facts}


REPORTS = [report(when) for when in PHASES]


def read(*lines: dict[str, object] | bytes, code: int = 0, open_end: bool = False) -> tuple[Reason, ...]:
    """Return what the record reader has against these lines of a child that ended with ``code``."""
    reading, writing = os.pipe()
    ended, facts = threading.Event(), Facts(lambda fact: None)
    reader = threading.Thread(target=facts.read, args=(reading, ended))
    reader.start()
    for line in lines:
        content = line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"
        while content:
            content = content[os.write(writing, content) :]
    ended.set()  # only now: a reader that gives up on a slow machine would leave the writer waiting for ever
    if not open_end:
        os.close(writing)
    reader.join(30)
    if open_end:
        os.close(writing)
    os.close(reading)
    return facts.run("model", Digest.of_bytes(b""), code, 0.1, "").disturbances


WHOLE = (COLLECTED, *REPORTS, FINISH)
RECORDED: dict[Code, tuple[tuple[dict[str, object] | bytes, ...], dict[str, object]]] = {
    Code.RECORD_DAMAGED: ((*WHOLE, b"not json\n"), {}),
    Code.RECORD_TOO_LARGE: ((*WHOLE, b"x" * (documents.LARGEST + (1 << 20))), {}),
    Code.RUN_OUTLIVED: (WHOLE, {"open_end": True}),
    Code.RUN_FINISHED_TWICE: ((*WHOLE, FINISH), {}),
    Code.RUN_STOPPED: ((*WHOLE, {"kind": "interrupt", "why": "enough"}), {}),
    Code.RUN_EXIT_STATUS: ((COLLECTED, *REPORTS, {**FINISH, "exit": 5}), {"code": 5}),
    Code.COLLECTED_TWICE: ((COLLECTED, *WHOLE), {}),
    Code.DROPPED: (({**COLLECTED, "seen": [A, B]}, *WHOLE[1:]), {}),
    Code.DESELECTED: ((*WHOLE, {"kind": "deselected", "ids": [B]}), {}),
    Code.NOT_COLLECTED: ((*WHOLE, {"kind": "uncollected", "id": "x.py", "outcome": "failed", "why": "no"}), {}),
    Code.NO_GATE_MARK: ((*WHOLE, {"kind": "unmarked", "id": B}), {}),
    Code.FIXTURE_OVERRIDDEN: ((*WHOLE, {"kind": "overridden", "id": A, "fixture": "evidence", "by": "conftest"}), {}),
    Code.REPORTED_TWICE: ((COLLECTED, *REPORTS, REPORTS[-1], FINISH), {}),
    Code.RETRIED: ((COLLECTED, *REPORTS[:2], report("teardown", attempts=2), FINISH), {}),
    Code.OPTION_FORBIDDEN: ((COLLECTED, *REPORTS, {**FINISH, "options": {"keyword": "x"}}), {}),
    Code.ASSERTIONS_STRIPPED: ((COLLECTED, *REPORTS, {**FINISH, "optimize": 2}), {}),
}


def test_a_whole_record_has_no_reason():
    assert read(*WHOLE) == ()


@pytest.mark.parametrize("code", RECORDED)
def test_the_record_reader_gives_this_code_and_no_other(code, examples, monkeypatch):
    lines, how = RECORDED[code]
    if how.get("open_end"):
        monkeypatch.setattr(run_record, "_PATIENCE", 0.2)  # nobody will write any more
    examples += read(*lines, **how)
    assert {reason.code for reason in examples} == {code}


# A promotion: what its verdicts are held to.
BINDING = Binding(
    "m", *(Digest.of_bytes(part) for part in (b"model", b"data", b"policy", b"suite", b"env")), 3, Digest.of_bytes(b"old")
)  # fmt: skip
OTHER = Digest.of_bytes(b"other")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("project")).policy


@pytest.fixture
def verdicts(project):
    """Return four verdicts that carry a promotion."""
    judgements = [
        Judgement(gate, tuple(CheckResult(name, Outcome.PASSED, True, "holds") for name in project.gates[gate].checks), (), True)
        for gate in GATES
    ]  # fmt: skip
    return [bind(judgement, BINDING, at=NOW, run="r") for judgement in judgements]


def with_check(verdict, **facts):
    """Return a verdict whose first check is another one."""
    return replace(verdict, checks=({**verdict.checks[0], **facts}, *verdict.checks[1:]))


def with_binding(verdict, **fields):
    return replace(verdict, binding=replace(verdict.binding, **fields))


FIRST = {
    Code.VERDICT_REFUSED: lambda v: replace(v, passed=False, reasons=(Reason(Code.CHECK_FAILED, "no"),)),
    Code.VERDICT_TOO_OLD: lambda v: replace(v, at=NOW - timedelta(days=3)),
    Code.VERDICT_FROM_FUTURE: lambda v: replace(v, at=NOW + timedelta(hours=1)),
    Code.OTHER_NAME: lambda v: with_binding(v, name="n"),
    Code.OTHER_MODEL: lambda v: with_binding(v, model=OTHER),
    Code.OTHER_DATA: lambda v: with_binding(v, data=OTHER),
    Code.OTHER_POLICY: lambda v: with_binding(v, policy=OTHER),
    Code.OTHER_SUITE: lambda v: with_binding(v, suite=OTHER),
    Code.OTHER_ENVIRONMENT: lambda v: with_binding(v, environment=OTHER),
    Code.OTHER_CHAMPION: lambda v: with_binding(v, champion_epoch=2),
}


@pytest.mark.parametrize("code", FIRST)
def test_a_verdict_is_refused_with_this_code_and_no_other(code, verdicts, project, examples):
    examples += refusals([FIRST[code](verdicts[0]), *verdicts[1:]], project, dict.fromkeys(GATES, BINDING), NOW)
    assert [(reason.code, reason.gate) for reason in examples] == [(code, "data")]


def test_a_check_that_does_not_count_is_a_reason_and_so_is_its_absence(verdicts, project, examples):
    def codes(verdict, unreadable=()):
        reasons = refusals([verdict, *verdicts[1:]], project, dict.fromkeys(GATES, BINDING), NOW, dict(unreadable))
        examples.extend(reasons)
        return [reason.code for reason in reasons]

    assert codes(with_check(verdicts[0], outcome="skipped")) == [Code.CHECK_ABSENT, Code.CHECK_NOT_COUNTED]
    waived = with_check(verdicts[0], outcome="failed", waived="waived by Ada")
    assert codes(waived) == [Code.CHECK_ABSENT, Code.WAIVER_INVALID]
    assert codes(verdicts[0], {"data": "no envelope"}) == [Code.VERDICT_UNREADABLE]
    assert codes(replace(verdicts[0], gate="praise")) == [Code.VERDICT_MISSING, Code.VERDICT_OF_UNKNOWN_GATE]
    assert codes(verdicts[1]) == [Code.VERDICT_MISSING, Code.VERDICT_REPEATED]


def test_a_promotion_wants_all_four_gates(verdicts, project, examples):
    three = replace(project, gates={gate: one for gate, one in project.gates.items() if gate != "drift"})
    reasons = refusals(verdicts, three, dict.fromkeys(GATES, BINDING), NOW, {})
    examples.extend(reasons)
    assert [(reason.code, reason.gate) for reason in reasons] == [(Code.GATE_NOT_CONFIGURED, "drift")]


# The ledger's own transaction.
@pytest.fixture
def ledger(tmp_path):
    registry = Registry(tmp_path / "home", lambda: NOON)
    yield registry
    registry.close()


@pytest.fixture
def codes_of(examples):
    """Return a function that gives the codes with which the ledger refuses a move."""

    def refuse(act, *arguments, **options) -> list[Code]:
        with pytest.raises(PromotionRefused) as refused:
            act(*arguments, **options)
        examples.extend(refused.value.reasons)
        return [reason.code for reason in refused.value.reasons]

    return refuse


def test_the_ledger_refuses_verdicts_with_a_code_for_each_fault(ledger, codes_of):
    first, second = crown(ledger, "A"), register(ledger, "B")
    used = ledger.log(first.name)[-1].verdicts
    good = keep(ledger, second)
    assert codes_of(promote, ledger, second, keep(ledger, first, "again")) == [Code.OTHER_MODEL]
    assert codes_of(promote, ledger, second, keep(ledger, second, passed=False)) == [Code.VERDICT_REFUSED]
    assert codes_of(promote, ledger, first, *used) == [Code.VERDICT_USED]
    assert codes_of(promote, ledger, second, good, good) == [Code.VERDICT_REPEATED]
    assert codes_of(promote, ledger, second, Digest.of_bytes(b"never kept")) == [Code.VERDICT_NOT_KEPT]
    assert codes_of(promote, ledger, second, good, expected=(0, None)) == [Code.OTHER_CHAMPION]
    assert codes_of(
        ledger.promote, second.name, second.version, expected=(1, first.digest), verdicts=(), decision=b"x"
    ) == [Code.VERDICT_MISSING]


def test_the_ledger_refuses_moves_without_fresh_verdicts_with_a_code_for_each_fault(ledger, codes_of):
    first, second = crown(ledger, "A"), crown(ledger, "B")
    third = register(ledger, "C")
    stranger = keep(ledger, first, "a stranger")
    assert codes_of(go_back, ledger, third, keep(ledger, third)) == [Code.NEVER_PROMOTED]
    assert codes_of(go_back, ledger, first, stranger) == [Code.OTHER_VERDICTS]
    assert codes_of(go_back, ledger, second) == [Code.ALREADY_CHAMPION]
    assert codes_of(break_glass, ledger, third, stranger) == [Code.VERDICT_NOT_WANTED]


def test_the_ledger_moves_nothing_while_its_alias_does_not_follow_the_log(ledger, tmp_path, codes_of):
    first, second = crown(ledger, "A"), register(ledger, "B")
    good = keep(ledger, second)
    with contextlib.closing(sqlite3.connect(tmp_path / "home" / "registry.db")) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        file.execute(f"UPDATE alias SET version = {second.version}")
        file.commit()
    assert codes_of(promote, ledger, second, good, expected=(1, first.digest)) == [Code.ALIAS_MOVED_BY_HAND]


def test_a_reason_reads_back_as_it_was_and_a_bare_sentence_has_the_code_of_an_old_document(examples):
    reason = Reason(Code.BOUND_MISSED, "accuracy = 0.7", A, "accuracy", "model")
    assert Reason.from_json(reason.as_json()) == reason
    examples.append(Reason.from_json("accuracy = 0.7"))
    assert examples == [Reason(Code.UNCODED, "accuracy = 0.7")]
    for broken in ({**reason.as_json(), "code": "praise"}, {"code": "error"}, {**reason.as_json(), "text": 1}, None):
        with pytest.raises(ValueError, match=r"reason|praise"):
            Reason.from_json(broken)
