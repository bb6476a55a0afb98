"""Ask people for an approval and answer in their names; what is refused changes nothing."""

import pytest
from promotion.small_home import SmallHome

from gates.errors import PromotionRefused
from gates.judgement.decision import Ending
from gates.promotion.approvals.answers import approve
from gates.promotion.approvals.store import ApprovalStore
from gates.promotion.execute import conclude, promote


def ask(small: SmallHome, words: str = "A"):
    """A judged version, and what was asked about it."""
    version = small.judged(words)
    session = small.session
    decision = conclude(session, promote(session, version))
    assert decision.ending is Ending.AWAITING_APPROVAL, decision
    return version, ApprovalStore.of(session).find(session.id)


def say(small: SmallHome, name: str, asked, act=approve, reason: str = ""):
    return act(small.session, asked, small.someone(name).signer, reason)


def refused(small: SmallHome, name: str, asked, act=approve, reason: str = "because") -> str:
    """Why it was refused; nothing has then changed."""
    before = (small.session.champion(), ApprovalStore.of(small.session).answers())
    with pytest.raises(PromotionRefused) as refusal:
        say(small, name, asked, act, reason)
    assert (small.session.champion(), ApprovalStore.of(small.session).answers()) == before
    return "\n".join(map(str, refusal.value.reasons))


def standing(small: SmallHome, asked):
    session = small.session
    return ApprovalStore.of(session).standing(asked, session.clock())
