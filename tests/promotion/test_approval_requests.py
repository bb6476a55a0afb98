"""A run that passed asks people, once, about exactly what was judged; nobody gets round them."""

from datetime import timedelta

import pytest
from promotion.asking import ask, say
from promotion.small_home import NAME

from gates.errors import PromotionRefused, SubjectError
from gates.judgement.decision import Ending
from gates.promotion.approvals.store import ApprovalStore
from gates.promotion.execute import AwaitingApproval, Promoted, promote
from gates.reason import Code, Reason
from gates.workflow.pipeline import RunRequest, run_pipeline


def test_a_run_that_passed_awaits_approval_and_says_how_to_decide(asking):
    session = asking.session
    decision = run_pipeline(session, RunRequest())
    assert (decision.ending, decision.exit_code) == (Ending.AWAITING_APPROVAL, 4)
    assert decision.sentence == "awaiting approval: papers version 1 passed every gate; 0 of 2 approvals"
    assert decision.notes == (
        "it takes 2 of: Ada, Bo, Cy; until 2026-11-25 12:00:00 UTC, then it is rejected",
        f"to decide: gates approve {session.id}, or gates reject {session.id} --reason TEXT",
    )
    assert session.champion() is None


def test_a_request_holds_what_is_to_be_promoted_and_what_was_measured(asking):
    version, asked = ask(asking)
    request = asked.request
    assert (request.name, request.version, request.digest, request.epoch, request.champion) == (
        NAME,
        1,
        version.digest,
        0,
        None,
    )
    assert set(request.verdicts) == {"data", "model", "drift", "endpoint"}
    assert request.authors == ("cy", "runner")
    assert request.until - request.at == timedelta(hours=24)
    assert request.summary[0] == "data gate: 1 passed; judged 2026-11-24 12:00:00 UTC"


def test_the_same_promotion_is_asked_for_once(asking):
    version, asked = ask(asking)
    again = promote(asking.session, version)
    assert isinstance(again, AwaitingApproval)
    assert again.kept == asked
    assert ApprovalStore.of(asking.session).all() == (asked,)


def test_new_verdicts_are_asked_about_anew(asking):
    version, first = ask(asking)
    asking.clock.forward(minutes=1)
    asking.judge(version)
    promote(asking.session, version)
    assert len(ApprovalStore.of(asking.session).all()) == 2
    with pytest.raises(PromotionRefused, match="is about other verdicts than the newest ones of papers version 1"):
        say(asking, "Ada", first)


def test_what_does_not_pass_is_not_asked_about(asking):
    version = asking.register()
    with pytest.raises(PromotionRefused, match="no verdict"):
        promote(asking.session, version)
    assert ApprovalStore.of(asking.session).all() == ()


def test_without_approvals_in_the_policy_nobody_is_asked(small):
    version = small.judged()
    assert promote(small.session, version) == Promoted(version, 1)


def test_a_promotion_that_awaits_approval_moves_nothing_and_says_why(asking):
    outcome = promote(asking.session, asking.judged())
    assert isinstance(outcome, AwaitingApproval)
    assert outcome.reason == Reason(Code.NOT_APPROVED, "0 of 2 approvals")
    assert asking.session.champion() is None
    assert asking.session.registry.log(NAME) == ()


def test_an_unknown_request_is_named_with_the_known_ones(asking):
    _, asked = ask(asking)
    with pytest.raises(SubjectError) as refusal:
        ApprovalStore.of(asking.session).find("nobody")
    assert refusal.value.message == f"no approval was requested under nobody (newest: {asked.request.id})"
