"""A rejection, a withdrawal and the end of the time close a request; the champion stays."""

from dataclasses import replace
from datetime import timedelta

import pytest
from promotion.asking import ask, refused, say, standing
from promotion.small_home import NOON

from gates.errors import PromotionRefused
from gates.judgement.decision import Ending
from gates.promotion.approvals.answers import approve, reject, withdraw
from gates.promotion.approvals.documents import AnswerKind, ApprovalAnswer
from gates.promotion.approvals.standing import RequestState
from gates.promotion.approvals.store import ApprovalStore
from gates.promotion.execute import promote


def test_a_rejection_closes_the_request_for_good(asking):
    version, asked = ask(asking)
    decision = say(asking, "Ada", asked, reject, "the data of Oslo are wrong")
    assert (decision.exit_code, decision.sentence) == (
        0,
        f"rejected by Ada: the data of Oslo are wrong; the request {asked.request.id} is closed",
    )
    for name in ("Bo", "Ada"):
        assert f"the request {asked.request.id} is closed: Ada rejected it: the data of Oslo are wrong" in refused(
            asking, name, asked
        )
    with pytest.raises(
        PromotionRefused, match="about these verdicts is closed: Ada rejected it: the data of Oslo are wrong"
    ):
        promote(asking.session, version)


def test_one_rejection_outweighs_every_approval(asking):
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    say(asking, "Cy", asked, reject, "my own mistake")
    assert "is closed: Cy rejected it: my own mistake" in refused(asking, "Bo", asked)


def test_a_rejection_needs_a_reason(asking):
    _, asked = ask(asking)
    assert refused(asking, "Ada", asked, reject, "  ") == "a rejection needs a reason"


def test_a_withdrawn_approval_does_not_count(asking):
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    decision = say(asking, "Ada", asked, withdraw, "too early")
    assert decision.sentence == f"Ada withdrew the approval of the request {asked.request.id}; 0 of 2 approvals"
    assert say(asking, "Bo", asked).ending is Ending.AWAITING_APPROVAL
    assert asking.session.champion() is None
    assert say(asking, "Ada", asked).ending is Ending.PROMOTED


def test_only_ones_own_approval_is_withdrawn(asking):
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    assert refused(asking, "Bo", asked, withdraw) == f"Bo has no approval of the request {asked.request.id} to withdraw"


def test_nothing_is_withdrawn_after_the_promotion(asking):
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    say(asking, "Bo", asked)
    for act in (withdraw, approve, reject):
        assert f"the request {asked.request.id} is closed: it was promoted" in refused(asking, "Ada", asked, act)


def test_a_time_out_rejects(asking):
    asking.gates('max_age = "7d"')
    version, asked = ask(asking)
    say(asking, "Ada", asked)
    asking.clock.forward(hours=24, seconds=1)
    over = "its time was over at 2026-11-25 12:00:00 UTC, which rejects it"
    assert f"is closed: {over}" in refused(asking, "Bo", asked)
    assert standing(asking, asked).state is RequestState.TIMED_OUT
    with pytest.raises(PromotionRefused, match="which rejects it"):
        promote(asking.session, version)


def test_approvals_that_are_complete_expire_too(asking):
    """Everybody approved, the promotion failed half-way, and then nobody came back in time."""
    asking.gates('max_age = "7d"')
    version, asked = ask(asking)
    for name in ("Ada", "Bo"):
        signer = asking.someone(name).signer
        ApprovalStore.of(asking.session).keep_answer(
            ApprovalAnswer(AnswerKind.APPROVE, asked.digest, name, "", NOON), signer
        )
    assert standing(asking, asked).state is RequestState.APPROVED
    asking.clock.forward(hours=25)
    with pytest.raises(PromotionRefused, match="which rejects it"):
        promote(asking.session, version)


def test_a_promotion_that_failed_after_the_last_approval_is_tried_again(asking):
    version, asked = ask(asking)
    for name in ("Ada", "Bo"):
        signer = asking.someone(name).signer
        ApprovalStore.of(asking.session).keep_answer(
            ApprovalAnswer(AnswerKind.APPROVE, asked.digest, name, "", NOON), signer
        )
    assert say(asking, "Bo", asked).ending is Ending.PROMOTED
    assert asking.session.champion().version == version


def test_a_clock_that_was_set_back_does_not_reopen_a_request(asking):
    _, asked = ask(asking)
    session = asking.session
    session.registry.keep_run("later", "started", b"{}")  # by the registry's own clock, which says today
    latest = max(run.at for run in session.registry.runs())
    asking.clock.now = latest - timedelta(hours=1)
    with pytest.raises(PromotionRefused) as refusal:
        say(asking, "Ada", replace(asked, request=replace(asked.request, until=latest, at=latest - timedelta(days=1))))
    assert any(reason.text.endswith("it was set back") for reason in refusal.value.reasons), refusal.value.reasons


def test_a_request_from_the_future_is_not_answered(asking):
    _, asked = ask(asking)
    asking.clock.forward(hours=-1)
    assert f"the request {asked.request.id} is from the future (2026-11-24 12:00:00 UTC)" in refused(
        asking, "Ada", asked
    )
