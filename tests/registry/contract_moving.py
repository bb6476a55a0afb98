"""How every ledger moves a champion, and what it refuses to move. `registry_contract` says how it is given a ledger."""

from __future__ import annotations

import pytest
from registry.ledger_acts import NAME, NOON, break_glass, crown, go_back, judge, promote, register, standing

from gates.digest import Digest
from gates.errors import PromotionRefused, SubjectError
from gates.registry import Move

NOWHERE = Digest.of_bytes(b"never kept")


def refused(ledger, because, act):
    """``act`` is refused with the sentence, and nothing has changed."""
    before = (standing(ledger), ledger.log(NAME))
    with pytest.raises(PromotionRefused) as refusal:
        act()
    assert any(because in reason.text for reason in refusal.value.reasons), refusal.value.reasons
    assert (standing(ledger), ledger.log(NAME)) == before
    assert ledger.audit() == ()
    return refusal.value.reasons


class Promotes:
    def test_the_first_champion_follows_nobody(self, ledger):
        version = register(ledger)
        assert promote(ledger, version, expected=(0, None)) == 1
        champion = ledger.champion(NAME)
        assert (champion.version, champion.epoch, champion.since) == (version, 1, NOON)

    def test_each_promotion_is_a_new_epoch_and_an_entry_of_the_log(self, ledger):
        first, second = crown(ledger, "A"), crown(ledger, "B")
        assert standing(ledger) == (2, second.digest)
        log = ledger.log(NAME)
        assert [(entry.old_version, entry.new_version, entry.epoch) for entry in log] == [(None, 1, 1), (1, 2, 2)]
        assert [entry.digest for entry in log] == [first.digest, second.digest]
        assert log[1].previous == log[0].hash
        assert ledger.blobs.read(log[1].decision) == b"because all gates passed"
        assert ledger.audit() == ()

    def test_champions_of_two_names_do_not_meet(self, ledger):
        crown(ledger, "A")
        other = register(ledger, "A", name="diabetes")
        assert promote(ledger, other) == 1
        assert standing(ledger)[0] == 1
        assert ledger.audit() == ()

    def test_a_promotion_burns_its_verdicts(self, ledger):
        version = register(ledger)
        verdicts = [judge(ledger, version, gate=gate) for gate in ("data", "model")]
        promote(ledger, version, *verdicts)
        assert [ledger.used(verdict) for verdict in verdicts] == [True, True]
        assert ledger.log(NAME)[0].verdicts == tuple(verdicts)

    def test_a_stale_epoch_is_refused(self, ledger):
        crown(ledger, "A")
        crown(ledger, "B")
        late = register(ledger, "C")
        expected = (1, Digest.of_bytes(b"model A"))
        refused(ledger, "the champion changed", lambda: promote(ledger, late, expected=expected))

    def test_a_champion_that_came_first_is_not_overlooked(self, ledger):
        crown(ledger, "A")
        late = register(ledger, "B")
        (reason,) = refused(ledger, "the champion changed", lambda: promote(ledger, late, expected=(0, None)))
        assert reason.text.endswith(f"found epoch 1 of {Digest.of_bytes(b'model A').short}, wanted no champion")

    def test_a_champion_that_was_never_there_is_not_replaced(self, ledger):
        version = register(ledger)
        refused(ledger, "found no champion", lambda: promote(ledger, version, expected=(1, version.digest)))

    def test_the_right_epoch_with_the_wrong_champion_is_refused(self, ledger):
        crown(ledger, "A")
        late = register(ledger, "B")
        refused(ledger, "the champion changed", lambda: promote(ledger, late, expected=(1, late.digest)))

    def test_a_champion_that_moved_away_and_came_back_is_another_one(self, ledger):
        first = crown(ledger, "A")
        judged_against = standing(ledger)
        crown(ledger, "B")
        promote(ledger, first)
        late = register(ledger, "C")
        assert standing(ledger)[1] == judged_against[1]
        refused(ledger, "the champion changed", lambda: promote(ledger, late, expected=judged_against))

    def test_a_verdict_cannot_be_used_twice(self, ledger):
        version = register(ledger)
        verdict = judge(ledger, version)
        promote(ledger, version, verdict)
        refused(ledger, "was already used", lambda: promote(ledger, version, verdict))

    def test_a_verdict_of_an_earlier_reign_cannot_bring_it_back(self, ledger):
        first = register(ledger, "A")
        verdict = judge(ledger, first)
        promote(ledger, first, verdict)
        crown(ledger, "B")
        refused(ledger, "was already used", lambda: promote(ledger, first, verdict))

    def test_a_verdict_about_another_model_is_refused(self, ledger):
        version, other = register(ledger, "A"), register(ledger, "B")
        verdict = judge(ledger, other)
        refused(ledger, "about another model", lambda: promote(ledger, version, verdict))
        assert not ledger.used(verdict)

    def test_a_verdict_about_the_same_bytes_under_another_name_is_refused(self, ledger):
        version, other = register(ledger, "A"), register(ledger, "A", name="diabetes")
        verdict = judge(ledger, other)
        refused(ledger, "about another model", lambda: promote(ledger, version, verdict))

    def test_a_verdict_that_refused_carries_nothing(self, ledger):
        version = register(ledger)
        verdict = judge(ledger, version, passed=False)
        refused(ledger, "did not pass", lambda: promote(ledger, version, verdict))

    def test_a_verdict_that_was_never_kept_is_refused(self, ledger):
        version = register(ledger)
        refused(ledger, "was never kept here", lambda: promote(ledger, version, NOWHERE))

    def test_a_verdict_given_twice_is_refused(self, ledger):
        version = register(ledger)
        verdict = judge(ledger, version)
        refused(ledger, "was given 2 times", lambda: promote(ledger, version, verdict, verdict))

    def test_no_verdict_promotes_nobody(self, ledger):
        version = register(ledger)

        def act():
            ledger.promote(NAME, version.version, expected=(0, None), verdicts=[], decision=b"d")

        refused(ledger, "no verdict was given", act)

    def test_every_reason_is_given_at_once(self, ledger):
        crown(ledger, "A")
        version, other = register(ledger, "B"), register(ledger, "C")
        bad = (judge(ledger, version, passed=False), judge(ledger, other), NOWHERE)
        reasons = refused(ledger, "did not pass", lambda: promote(ledger, version, *bad, expected=(0, None)))
        told = " ".join(map(str, reasons))
        assert len(reasons) == 4
        assert all(part in told for part in ("champion changed", "another model", "never kept"))

    def test_one_bad_verdict_leaves_the_good_one_unused(self, ledger):
        version = register(ledger)
        good, bad = judge(ledger, version), judge(ledger, version, gate="drift", passed=False)
        refused(ledger, "did not pass", lambda: promote(ledger, version, good, bad))
        assert not ledger.used(good)
        assert promote(ledger, version, good) == 1

    def test_a_version_that_is_not_registered_is_not_promoted(self, ledger):
        with pytest.raises(SubjectError, match="has no version 7"):
            ledger.promote(NAME, 7, expected=(0, None), verdicts=[NOWHERE], decision=b"d")
        assert ledger.champion(NAME) is None

    def test_a_promotion_without_a_decision_is_refused(self, ledger):
        version = register(ledger)
        verdict = judge(ledger, version)
        with pytest.raises(SubjectError, match="the decision is empty"):
            ledger.promote(NAME, version.version, expected=(0, None), verdicts=[verdict], decision=b"")
        assert (ledger.champion(NAME), ledger.used(verdict)) == (None, False)


class GoesBackAndBreaksGlass:
    def test_a_rollback_stands_on_the_verdicts_that_carried_its_target_and_is_a_new_epoch(self, ledger):
        first = crown(ledger, "A")
        crown(ledger, "B")
        (carried,) = ledger.log(NAME)[0].verdicts
        assert go_back(ledger, first) == 3
        assert standing(ledger) == (3, first.digest)
        entry = ledger.log(NAME)[-1]
        assert (entry.kind, entry.old_version, entry.new_version, entry.verdicts) == (Move.ROLLBACK, 2, 1, (carried,))
        assert ledger.used(carried)
        assert ledger.audit() == ()

    def test_a_rollback_leaves_fresh_verdicts_for_a_promotion(self, ledger):
        first, second = crown(ledger, "A"), crown(ledger, "B")
        fresh = judge(ledger, second, "again")
        go_back(ledger, first)
        assert not ledger.used(fresh)
        assert promote(ledger, second, fresh) == 4
        assert ledger.audit() == ()

    def test_a_version_can_be_gone_back_to_again(self, ledger):
        first, second = crown(ledger, "A"), crown(ledger, "B")
        assert [go_back(ledger, version) for version in (first, second, first)] == [3, 4, 5]
        assert ledger.audit() == ()

    def test_a_rollback_to_what_was_never_promoted_is_refused(self, ledger):
        crown(ledger, "A")
        version = register(ledger, "B")
        verdict = judge(ledger, version)
        refused(ledger, "was never promoted on verdicts", lambda: go_back(ledger, version, verdict))

    def test_a_rollback_to_what_came_by_break_glass_is_refused(self, ledger):
        forced = register(ledger, "A")
        break_glass(ledger, forced)
        crown(ledger, "B")
        verdict = judge(ledger, forced)
        refused(ledger, "was never promoted on verdicts", lambda: go_back(ledger, forced, verdict))

    def test_a_rollback_on_other_verdicts_is_refused(self, ledger):
        first = crown(ledger, "A")
        crown(ledger, "B")
        other = judge(ledger, first, "another")
        refused(ledger, "the verdicts are not those on which", lambda: go_back(ledger, first, other))
        assert not ledger.used(other)

    def test_a_rollback_against_a_stale_champion_is_refused(self, ledger):
        first, second = crown(ledger, "A"), crown(ledger, "B")
        crown(ledger, "C")
        expected = (2, second.digest)
        refused(ledger, "the champion changed", lambda: go_back(ledger, first, expected=expected))

    @pytest.mark.parametrize("act", [go_back, break_glass])
    def test_the_champion_is_not_moved_to_itself(self, ledger, act):
        first = crown(ledger, "A")
        refused(ledger, "papers version 1 is the champion already", lambda: act(ledger, first))

    def test_a_break_glass_move_is_in_the_log_as_what_it_is(self, ledger):
        crown(ledger, "A")
        version = register(ledger, "B")
        unused = judge(ledger, version)
        assert break_glass(ledger, version) == 2
        entry = ledger.log(NAME)[-1]
        assert (entry.kind, entry.verdicts) == (Move.BREAK_GLASS, ())
        assert ledger.blobs.read(entry.decision) == b"because everything burns"
        assert not ledger.used(unused)
        assert ledger.audit() == ()

    def test_a_break_glass_move_claims_no_verdict(self, ledger):
        version = register(ledger, "A")
        verdict = judge(ledger, version)
        refused(ledger, "stands on no verdict, and 1 were given", lambda: break_glass(ledger, version, verdict))

    def test_a_break_glass_move_against_a_stale_champion_is_refused(self, ledger):
        crown(ledger, "A")
        version = register(ledger, "B")
        refused(ledger, "the champion changed", lambda: break_glass(ledger, version, expected=(0, None)))
