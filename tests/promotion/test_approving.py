"""People approve exactly what they were shown, each with a key of their own; the last approval checks everything again."""

import base64

import pytest
from promotion.asking import ask, refused, say
from promotion.small_home import NAME, NOON

from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, open_envelope
from gates.attest.decision import read_decision
from gates.errors import PromotionRefused
from gates.judgement.decision import Ending
from gates.judgement.judge import Judgement
from gates.judging import Case, keep_verdict, make_bindings
from gates.promotion.approvals.answers import approve, reject, withdraw
from gates.promotion.approvals.documents import AnswerKind, ApprovalAnswer
from gates.promotion.approvals.store import ApprovalStore
from gates.promotion.execute import promote
from gates.reason import Code, Reason
from gates.workflow.pipeline import RunRequest, run_pipeline
from gates.workflow.run_history import recorded


def test_the_last_approval_promotes_and_the_decision_names_who_approved(asking):
    version, asked = ask(asking)
    first = say(asking, "Ada", asked, reason="looks right")
    assert (first.ending, first.exit_code) == (Ending.AWAITING_APPROVAL, 4)
    assert first.sentence.endswith("passed every gate; 1 of 2 approvals by Ada")
    assert asking.session.champion() is None
    assert say(asking, "Bo", asked).ending is Ending.PROMOTED
    session = asking.session
    assert session.champion().version == version
    (entry,) = session.registry.log(NAME)
    envelope = session.registry.blobs.read(entry.decision)
    decided = read_decision(open_envelope(envelope, STATEMENT_TYPE, session.keys.trusted(GATEKEEPER)))
    assert decided.notes == {"approval request": str(asked.digest), "approved by": "Ada, Bo"}
    assert session.registry.audit() == ()
    assert ApprovalStore.of(session).describe(asked, session.clock()) == "promoted"


def test_the_same_person_twice_is_one_approval(asking):
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    assert refused(asking, "Ada", asked) == (
        f"Ada has approved the request {asked.request.id} already; it waits for somebody else"
    )


def test_a_stranger_does_not_approve(asking):
    _, asked = ask(asking)
    assert "is of none of the approvers (Ada, Bo, Cy)" in refused(asking, "Eve", asked)


@pytest.mark.parametrize("act", [reject, withdraw])
def test_a_stranger_neither_rejects_nor_withdraws(act, asking):
    _, asked = ask(asking)
    assert "is of none of the approvers (Ada, Bo, Cy)" in refused(asking, "Eve", asked, act)


def test_whoever_started_the_run_does_not_approve_it(asking):
    _, asked = ask(asking)
    assert refused(asking, "Cy", asked) == (
        f"Cy started the run {asked.request.id}, and whoever started a run does not approve it"
    )


def test_an_approvers_other_accounts_are_theirs_too(asking):
    ada = asking.someone("Ada")
    asking.project.edit("pyproject.toml", ada.entry(), ada.entry(', accounts = ["Runner"]'))
    _, asked = ask(asking)
    assert "Ada started the run" in refused(asking, "Ada", asked)


def test_who_trained_the_model_does_not_approve_it_though_another_asked(asking, monkeypatch):
    session = asking.session
    recorded(session, "run", lambda: run_pipeline(session, RunRequest()))
    monkeypatch.setattr("gates.promotion.approvals.requests.find_initiators", lambda: ("somebody else",))
    version = asking.session.registry.version(NAME, 1)
    asking.clock.forward(minutes=1)
    asking.judge(version)
    session = asking.session
    promote(session, version)
    asked = ApprovalStore.of(session).find(session.id)
    assert asked.request.authors == ("somebody else", "cy", "runner")
    assert "Cy started the run" in refused(asking, "Cy", asked)


def test_a_policy_may_allow_own_runs(asking):
    asking.project.edit("pyproject.toml", "approvals = 2", "approvals = 2\nown_runs = true")
    _, asked = ask(asking)
    say(asking, "Cy", asked)
    assert say(asking, "Ada", asked).ending is Ending.PROMOTED


def test_a_key_that_signs_verdicts_here_approves_nothing(asking):
    signer = asking.session.keys.signer(GATE)
    key = base64.b64encode(signer.public.der).decode()
    asking.project.edit("pyproject.toml", asking.someone("Ada").entry(), f'{{ name = "Ada", key = "{key}" }}')
    _, asked = ask(asking)
    with pytest.raises(
        PromotionRefused, match="the key of Ada signs verdicts or decisions here; an approver signs with a key"
    ):
        approve(asking.session, asked, signer)
    ApprovalStore.of(asking.session).keep_answer(
        ApprovalAnswer(AnswerKind.APPROVE, asked.digest, "Ada", "", NOON), signer
    )
    assert ApprovalStore.of(asking.session).answers() == ()


def test_a_champion_that_moved_meanwhile_stays(asking):
    _, asked = ask(asking, "A")
    _, other = ask(asking, "B")
    for name in ("Ada", "Bo"):
        say(asking, name, other)
    with pytest.raises(PromotionRefused, match=r"the champion changed since the gate judged \(epoch 0, now 1\)"):
        say(asking, "Ada", asked)
    assert asking.session.champion().version.version == 2


CHANGES = {
    "the policy": (
        lambda s: s.project.edit("pyproject.toml", ">= 100", ">= 1"),
        "the policy changed since the gate judged",
    ),
    "the suite": (lambda s: s.project.edit("conftest.py", "200", "300"), "the suite changed since the gate judged"),
    "the time": (lambda s: s.clock.forward(hours=24, seconds=1), "old, allowed 1 day, 0:00:00; judge again"),
}


@pytest.mark.parametrize(("change", "sentence"), CHANGES.values(), ids=list(CHANGES))
def test_what_changed_before_the_last_approval_is_refused(change, sentence, asking):
    asking.project.edit("pyproject.toml", "approvals = 2", 'approvals = 2\ntimeout = "7d"')
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    change(asking)
    with pytest.raises(PromotionRefused) as refusal:
        say(asking, "Bo", asked)
    assert any(sentence in reason.text for reason in refusal.value.reasons), refusal.value.reasons
    assert asking.session.champion() is None


def test_a_verdict_that_was_made_since_and_refused_is_not_overlooked(asking):
    version, asked = ask(asking)
    say(asking, "Ada", asked)
    session = asking.session
    batch = asked.request.data
    bindings = make_bindings(session, Case(batch_digest=batch, challenger=session.model_file(version)))
    keep_verdict(
        session, Judgement("model", (), (Reason(Code.BOUND_MISSED, "accuracy = 0.1"),), True), bindings["model"]
    )
    with pytest.raises(PromotionRefused, match=r"model gate: it refused: accuracy = 0\.1"):
        say(asking, "Bo", asked)
