"""What a command tells of its gates, in the order in which a person reads them."""

from gates.judgement.decision import Decision, Ending
from gates.judgement.judge import Judgement


def test_gates_are_told_in_their_order_whichever_of_two_side_by_side_ended_first(small):
    engine = small.engine
    for gate in ("data", "drift", "model", "endpoint"):
        engine.judgements.append(Judgement(gate, (), (), True))
    account = engine.account(Decision(Ending.PASSED, "all passed"), "gates run")
    assert [judgement.gate for judgement in account.judgements] == ["data", "model", "drift", "endpoint"]
