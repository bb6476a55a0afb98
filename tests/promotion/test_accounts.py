"""What a command tells of its gates, in the order in which a person reads them."""

from gates.judgement.decision import Decision, Ending
from gates.judgement.judge import Judgement
from gates.workflow.run_history import make_account


def test_gates_are_told_in_their_order_whichever_of_two_side_by_side_ended_first(small):
    session = small.session
    for gate in ("data", "drift", "model", "endpoint"):
        session.judgements.append(Judgement(gate, (), (), True))
    account = make_account(session, Decision(Ending.PASSED, "all passed"), "gates run")
    assert [judgement.gate for judgement in account.judgements] == ["data", "model", "drift", "endpoint"]
