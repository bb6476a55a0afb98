"""What the engine tells a model gate about the past: the anchor, and how often the holdout was used."""

from dataclasses import replace

import pytest
from promotion.small_home import NAME, make_small_home

from gates.digest import Digest
from gates.evidence import Evidence
from gates.history.anchor import anchor_of as anchor_of_registry
from gates.history.holdout import use_holdout
from gates.judgement.judge import CheckResult, Judgement
from gates.judging import Case, find_conditions, judge_gate, keep_verdict, make_bindings
from gates.policy.records import GATES
from gates.promotion.execute import promote as promote_version
from gates.registry import Move
from gates.run import Outcome


@pytest.fixture
def home(tmp_path):
    return make_small_home(tmp_path)


def promote(home, words, **limits):
    """Promote a model whose model gate compared it with champion and anchor: ``accuracy_against_anchor=0.01``."""
    version, session = home.register(words), home.session
    case = Case(
        batch_digest=Digest.parse(version.facts["data"]),
        challenger=session.model_file(version),
        champion=session.champion(),
    )
    for gate, binding in make_bindings(session, case).items():
        checks = [CheckResult(name, Outcome.PASSED, True, "holds") for name in session.policy.gates[gate].checks]
        for name, value in limits.items() if gate == "model" else ():
            metric, _, other = name.partition("_against_")
            evidence, role = (Evidence(metric, repr(value), 10),), f"{other}_comparison"
            checks.append(replace(checks[0], id=f"a.py::test_{name}", evidence=evidence, role=role))
        keep_verdict(session, Judgement(gate, tuple(checks), (), True), binding)
    promote_version(session, version)
    return version


def anchor_of(home):
    session = home.session
    found = session.anchor(session.champion())
    return found and found.version


def test_without_a_champion_there_is_no_anchor(home):
    assert anchor_of(home) is None
    assert find_conditions(home.session, Case())["no_anchor"] is True


def test_champions_that_are_only_no_worse_leave_the_anchor_where_it_was(home):
    promote(home, "A")
    assert anchor_of(home) is None  # the champion itself
    for words in "BCD":
        promote(home, words, accuracy_against_champion=-0.01)
        assert anchor_of(home) == 1
    session = home.session
    assert find_conditions(session, Case(champion=session.champion()))["no_anchor"] is False


def test_a_champion_that_was_proved_better_than_the_anchor_takes_its_place(home):
    promote(home, "A")
    promote(home, "B", accuracy_against_champion=-0.01)
    promote(home, "C", accuracy_against_champion=0.02, accuracy_against_anchor=-0.01)
    assert anchor_of(home) == 1
    promote(home, "D", accuracy_against_champion=0.02, accuracy_against_anchor=0.01)
    assert anchor_of(home) is None  # version 4 is champion and anchor
    promote(home, "E", accuracy_against_champion=0.0, accuracy_against_anchor=0.0)
    assert anchor_of(home) == 4


def test_a_rollback_brings_back_the_anchor_of_then(home):
    promote(home, "A")
    promote(home, "B", accuracy_against_champion=-0.01)
    promote(home, "C", accuracy_against_champion=0.02, accuracy_against_anchor=0.02)
    session = home.session
    entry = session.registry.log(NAME)[1]
    session.registry.promote(
        NAME,
        2,
        expected=(3, session.champion().version.digest),
        verdicts=entry.verdicts,
        decision=b"{}",
        kind=Move.ROLLBACK,
    )
    assert anchor_of(home) == 1


def test_a_verdict_that_nobody_trusted_signed_moves_nothing(home):
    promote(home, "A")
    promote(home, "B", accuracy_against_champion=0.01)
    promote(home, "C", accuracy_against_champion=0.0)
    session = home.session
    champion = session.champion()
    assert anchor_of(home) == 2
    assert anchor_of_registry(session.registry, champion, {}).version == 1


def uses(home, case):
    return use_holdout(home.session.registry, NAME, case.batch_digest, case.challenger.digest, home.clock())


def case_of(home, words):
    session = home.session
    version = home.register(words)
    return Case(batch_digest=Digest.parse(version.facts["data"]), challenger=session.model_file(version))


def test_each_challenger_is_one_use_of_a_holdout_however_often_it_is_judged(home):
    first, second = case_of(home, "A"), case_of(home, "B")
    assert [uses(home, case) for case in (first, second, first, second)] == [1, 2, 2, 2]
    other = replace(first, batch_digest=Digest.of_bytes(b"other rows"))
    assert uses(home, other) == 1
    assert home.session.registry.audit() == ()


def test_the_model_gate_is_told_of_both_and_no_other_gate_counts(home):
    promote(home, "A")
    promote(home, "B", accuracy_against_champion=-0.01)
    case = replace(case_of(home, "C"), champion=home.session.champion())
    told = {}
    for gate in GATES:
        session = home.session
        judge_gate(session, gate, case)
        text = (session.folder / f"{gate}.context.json").read_text(encoding="utf-8")
        told[gate] = '"version": 1,' in text, '"holdout_uses": 1' in text
    assert told == {"data": (False, False), "model": (True, True), "drift": (False, False), "endpoint": (False, False)}
