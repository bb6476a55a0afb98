"""What every ledger must do. A class of tests for each kind of ledger inherits this and gives `open_ledger`.

``open_ledger()`` opens the same, at first empty, ledger each time; its clock says `NOON`.
"""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from pathlib import Path
from threading import Thread

import pytest
from registry.ledger_acts import NAME, NOON, break_glass, crown, go_back, judge, promote, register, standing

from gates.digest import Digest
from gates.errors import BackendError, ConfigError, PromotionRefused, SubjectError
from gates.registry import Move

NOWHERE = Digest.of_bytes(b"never kept")
BAD_NAMES = ["../up", "a/b", "", ".hidden", "a b", "a\0b", "x" * 65, "/etc/passwd", "a\n", "..", "ä"]


class LedgerContract:
    @pytest.fixture
    def ledger(self, open_ledger):
        return open_ledger()

    # --- versions

    def test_an_empty_ledger_knows_nobody(self, ledger):
        assert (ledger.names(), ledger.versions(NAME), ledger.latest(NAME), ledger.champion(NAME)) == (
            (),
            (),
            None,
            None,
        )
        assert (ledger.log(NAME), ledger.runs(), ledger.audit()) == ((), (), ())

    def test_a_version_says_what_was_registered(self, ledger):
        version = register(ledger)
        assert (version.name, version.version, version.size, version.created) == (NAME, 1, len(b"model A"), NOON)
        assert version.digest == Digest.of_bytes(b"model A")
        assert dict(version.facts) == {"recipe": "A"}
        assert ledger.version(NAME, 1) == version

    def test_registering_the_same_bytes_again_gives_the_same_version(self, ledger):
        first = register(ledger)
        again = ledger.register(NAME, first.digest, {"recipe": "told otherwise"})
        assert again == first
        assert ledger.versions(NAME) == (first,)

    def test_versions_are_numbered_for_each_name(self, ledger):
        register(ledger, "A")
        second, other = register(ledger, "B"), register(ledger, "A", name="diabetes")
        assert (second.version, other.version) == (2, 1)
        assert ledger.latest(NAME) == second
        assert ledger.names() == ("diabetes", NAME)

    def test_facts_cannot_be_changed_in_place(self, ledger):
        with pytest.raises(TypeError):
            register(ledger).facts["recipe"] = "B"

    def test_bytes_that_are_not_in_the_store_are_not_registered(self, ledger):
        with pytest.raises(SubjectError, match="is missing"):
            ledger.register(NAME, NOWHERE, {})
        assert ledger.names() == ()

    def test_facts_that_are_not_text_are_refused(self, ledger):
        with pytest.raises(ConfigError, match="not all text"):
            ledger.register(NAME, ledger.blobs.put_bytes(b"A"), {"rows": 3})

    @pytest.mark.parametrize("number", [0, -1, 2, 2**70])
    def test_an_unknown_version_is_named_with_the_known_ones(self, ledger, number):
        register(ledger)
        with pytest.raises(SubjectError, match=rf"papers has no version {number} \(registered: 1\)"):
            ledger.version(NAME, number)

    @pytest.mark.parametrize("name", BAD_NAMES)
    def test_a_name_that_is_no_plain_name_is_refused_everywhere(self, ledger, name):
        digest = ledger.blobs.put_bytes(b"A")
        acts = (
            lambda: ledger.register(name, digest, {}),
            lambda: ledger.version(name, 1),
            lambda: ledger.versions(name),
            lambda: ledger.champion(name),
            lambda: ledger.log(name),
            lambda: ledger.verdicts(name, digest),
            lambda: ledger.keep_verdict(name, "model", digest, b"{}", True, NOON),
            lambda: ledger.keep_verdict(NAME, name, digest, b"{}", True, NOON),
            lambda: ledger.promote(name, 1, expected=(0, None), verdicts=[digest], decision=b"d"),
            lambda: ledger.keep_note(name, "night", b"{}", NOON),
            lambda: ledger.keep_note(NAME, name, b"{}", NOON),
            lambda: ledger.notes(name, "night"),
            lambda: ledger.keep_run(name, "started", b"{}"),
            lambda: ledger.run(name),
        )
        for act in acts:
            with pytest.raises(ConfigError, match="is not"):
                act()
        assert ledger.names() == ()

    # --- verdicts

    def test_a_verdict_is_kept_with_what_it_is_about(self, ledger):
        version = register(ledger)
        digest = ledger.keep_verdict(NAME, "model", version.digest, b"the verdict", False, NOON)
        (kept,) = ledger.verdicts(NAME, version.digest)
        assert (kept.digest, kept.gate, kept.subject, kept.passed, kept.at) == (
            digest,
            "model",
            version.digest,
            False,
            NOON,
        )
        assert ledger.verdict_document(digest) == b"the verdict"
        assert not ledger.used(digest)

    def test_verdicts_come_oldest_first_and_only_of_that_model(self, ledger):
        version, other = register(ledger, "A"), register(ledger, "B")
        kept = [judge(ledger, version, words) for words in ("first", "second", "third")]
        judge(ledger, other)
        assert [verdict.digest for verdict in ledger.verdicts(NAME, version.digest)] == kept

    def test_keeping_a_verdict_twice_keeps_it_once(self, ledger):
        version = register(ledger)
        assert judge(ledger, version) == judge(ledger, version)
        assert len(ledger.verdicts(NAME, version.digest)) == 1

    def test_a_refusal_cannot_be_kept_again_as_a_pass(self, ledger):
        version = register(ledger)
        ledger.keep_verdict(NAME, "model", version.digest, b"no", False, NOON)
        with pytest.raises(BackendError, match="kept before, as one of the model gate about papers that refused"):
            ledger.keep_verdict(NAME, "model", version.digest, b"no", True, NOON)
        assert not ledger.verdicts(NAME, version.digest)[0].passed

    def test_an_empty_verdict_is_refused(self, ledger):
        with pytest.raises(SubjectError, match="the verdict is empty"):
            ledger.keep_verdict(NAME, "model", register(ledger).digest, b"", True, NOON)

    def test_a_time_without_a_zone_is_refused(self, ledger):
        with pytest.raises(BackendError, match="has no zone"):
            ledger.keep_verdict(NAME, "model", register(ledger).digest, b"v", True, NOON.replace(tzinfo=None))

    def test_times_are_given_back_in_utc(self, ledger):
        version, far = register(ledger), NOON.astimezone(timezone(timedelta(hours=9)))
        ledger.keep_verdict(NAME, "model", version.digest, b"v", True, far)
        (kept,) = ledger.verdicts(NAME, version.digest)
        assert (kept.at, kept.at.tzinfo) == (NOON, UTC)

    def test_a_document_that_is_no_verdict_is_not_given_as_one(self, ledger):
        version = register(ledger)
        with pytest.raises(SubjectError, match="no verdict"):
            ledger.verdict_document(version.digest)

    # --- promotion

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

    def refused(self, ledger, because, act):
        """``act`` is refused with the sentence, and nothing has changed."""
        before = (standing(ledger), ledger.log(NAME))
        with pytest.raises(PromotionRefused) as refusal:
            act()
        assert any(because in reason for reason in refusal.value.reasons), refusal.value.reasons
        assert (standing(ledger), ledger.log(NAME)) == before
        assert ledger.audit() == ()
        return refusal.value.reasons

    def test_a_stale_epoch_is_refused(self, ledger):
        crown(ledger, "A")
        crown(ledger, "B")
        late = register(ledger, "C")
        expected = (1, Digest.of_bytes(b"model A"))
        self.refused(ledger, "the champion changed", lambda: promote(ledger, late, expected=expected))

    def test_a_champion_that_came_first_is_not_overlooked(self, ledger):
        crown(ledger, "A")
        late = register(ledger, "B")
        (reason,) = self.refused(ledger, "the champion changed", lambda: promote(ledger, late, expected=(0, None)))
        assert reason.endswith(f"found epoch 1 of {Digest.of_bytes(b'model A').short}, wanted no champion")

    def test_a_champion_that_was_never_there_is_not_replaced(self, ledger):
        version = register(ledger)
        self.refused(ledger, "found no champion", lambda: promote(ledger, version, expected=(1, version.digest)))

    def test_the_right_epoch_with_the_wrong_champion_is_refused(self, ledger):
        crown(ledger, "A")
        late = register(ledger, "B")
        self.refused(ledger, "the champion changed", lambda: promote(ledger, late, expected=(1, late.digest)))

    def test_a_champion_that_moved_away_and_came_back_is_another_one(self, ledger):
        first = crown(ledger, "A")
        judged_against = standing(ledger)
        crown(ledger, "B")
        promote(ledger, first)
        late = register(ledger, "C")
        assert standing(ledger)[1] == judged_against[1]
        self.refused(ledger, "the champion changed", lambda: promote(ledger, late, expected=judged_against))

    def test_a_verdict_cannot_be_used_twice(self, ledger):
        version = register(ledger)
        verdict = judge(ledger, version)
        promote(ledger, version, verdict)
        self.refused(ledger, "was already used", lambda: promote(ledger, version, verdict))

    def test_a_verdict_of_an_earlier_reign_cannot_bring_it_back(self, ledger):
        first = register(ledger, "A")
        verdict = judge(ledger, first)
        promote(ledger, first, verdict)
        crown(ledger, "B")
        self.refused(ledger, "was already used", lambda: promote(ledger, first, verdict))

    def test_a_verdict_about_another_model_is_refused(self, ledger):
        version, other = register(ledger, "A"), register(ledger, "B")
        verdict = judge(ledger, other)
        self.refused(ledger, "about another model", lambda: promote(ledger, version, verdict))
        assert not ledger.used(verdict)

    def test_a_verdict_about_the_same_bytes_under_another_name_is_refused(self, ledger):
        version, other = register(ledger, "A"), register(ledger, "A", name="diabetes")
        verdict = judge(ledger, other)
        self.refused(ledger, "about another model", lambda: promote(ledger, version, verdict))

    def test_a_verdict_that_refused_carries_nothing(self, ledger):
        version = register(ledger)
        verdict = judge(ledger, version, passed=False)
        self.refused(ledger, "did not pass", lambda: promote(ledger, version, verdict))

    def test_a_verdict_that_was_never_kept_is_refused(self, ledger):
        version = register(ledger)
        self.refused(ledger, "was never kept here", lambda: promote(ledger, version, NOWHERE))

    def test_a_verdict_given_twice_is_refused(self, ledger):
        version = register(ledger)
        verdict = judge(ledger, version)
        self.refused(ledger, "was given 2 times", lambda: promote(ledger, version, verdict, verdict))

    def test_no_verdict_promotes_nobody(self, ledger):
        version = register(ledger)

        def act():
            ledger.promote(NAME, version.version, expected=(0, None), verdicts=[], decision=b"d")

        self.refused(ledger, "no verdict was given", act)

    def test_every_reason_is_given_at_once(self, ledger):
        crown(ledger, "A")
        version, other = register(ledger, "B"), register(ledger, "C")
        bad = (judge(ledger, version, passed=False), judge(ledger, other), NOWHERE)
        reasons = self.refused(ledger, "did not pass", lambda: promote(ledger, version, *bad, expected=(0, None)))
        told = " ".join(reasons)
        assert len(reasons) == 4
        assert all(part in told for part in ("champion changed", "another model", "never kept"))

    def test_one_bad_verdict_leaves_the_good_one_unused(self, ledger):
        version = register(ledger)
        good, bad = judge(ledger, version), judge(ledger, version, gate="drift", passed=False)
        self.refused(ledger, "did not pass", lambda: promote(ledger, version, good, bad))
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

    # --- rollback and break-glass

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
        self.refused(ledger, "was never promoted on verdicts", lambda: go_back(ledger, version, verdict))

    def test_a_rollback_to_what_came_by_break_glass_is_refused(self, ledger):
        forced = register(ledger, "A")
        break_glass(ledger, forced)
        crown(ledger, "B")
        verdict = judge(ledger, forced)
        self.refused(ledger, "was never promoted on verdicts", lambda: go_back(ledger, forced, verdict))

    def test_a_rollback_on_other_verdicts_is_refused(self, ledger):
        first = crown(ledger, "A")
        crown(ledger, "B")
        other = judge(ledger, first, "another")
        self.refused(ledger, "the verdicts are not those on which", lambda: go_back(ledger, first, other))
        assert not ledger.used(other)

    def test_a_rollback_against_a_stale_champion_is_refused(self, ledger):
        first, second = crown(ledger, "A"), crown(ledger, "B")
        crown(ledger, "C")
        expected = (2, second.digest)
        self.refused(ledger, "the champion changed", lambda: go_back(ledger, first, expected=expected))

    @pytest.mark.parametrize("act", [go_back, break_glass])
    def test_the_champion_is_not_moved_to_itself(self, ledger, act):
        first = crown(ledger, "A")
        self.refused(ledger, "papers version 1 is the champion already", lambda: act(ledger, first))

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
        self.refused(ledger, "stands on no verdict, and 1 were given", lambda: break_glass(ledger, version, verdict))

    def test_a_break_glass_move_against_a_stale_champion_is_refused(self, ledger):
        crown(ledger, "A")
        version = register(ledger, "B")
        self.refused(ledger, "the champion changed", lambda: break_glass(ledger, version, expected=(0, None)))

    def test_another_opening_sees_what_was_promoted(self, ledger, open_ledger):
        version = crown(ledger)
        other = open_ledger()
        assert standing(other) == (1, version.digest)
        assert other.log(NAME) == ledger.log(NAME)

    def test_of_several_openings_one_wins(self, ledger, open_ledger):
        versions = [register(ledger, words) for words in "ABCD"]
        verdicts = [judge(ledger, version) for version in versions]
        ended: list[object] = []

        def race(version, verdict):
            try:
                ended.append(promote(open_ledger(), version, verdict, expected=(0, None)))
            except PromotionRefused as refused:
                ended.append(refused)

        runners = [Thread(target=race, args=pair) for pair in zip(versions, verdicts, strict=True)]
        for runner in runners:
            runner.start()
        for runner in runners:
            runner.join(60)
        assert len(ended) == 4
        assert ended.count(1) == 1
        assert len(ledger.log(NAME)) == 1
        assert ledger.audit() == ()

    def test_one_opening_can_be_used_by_several_threads(self, ledger):
        runners = [Thread(target=register, args=(ledger, str(number))) for number in range(8)]
        for runner in runners:
            runner.start()
        for runner in runners:
            runner.join(60)
        assert [version.version for version in ledger.versions(NAME)] == list(range(1, 9))

    # --- notes

    def test_notes_are_kept_in_order_by_name_and_kind(self, ledger):
        first = ledger.keep_note(NAME, "night", b"calm", NOON)
        second = ledger.keep_note(NAME, "night", b"alarm", NOON)
        ledger.keep_note(NAME, "approval", b"yes", NOON)
        ledger.keep_note("diabetes", "night", b"calm", NOON)
        assert ledger.notes(NAME, "night") == (first, second)
        assert [ledger.blobs.read(note.digest) for note in ledger.notes(NAME, "night")] == [b"calm", b"alarm"]
        assert ledger.audit() == ()

    def test_the_same_note_twice_is_two_notes(self, ledger):
        ledger.keep_note(NAME, "night", b"calm", NOON)
        ledger.keep_note(NAME, "night", b"calm", NOON)
        assert len(ledger.notes(NAME, "night")) == 2

    def test_an_empty_note_is_refused(self, ledger):
        with pytest.raises(SubjectError, match="the note is empty"):
            ledger.keep_note(NAME, "night", b"", NOON)
        assert ledger.notes(NAME, "night") == ()

    # --- runs

    @pytest.mark.parametrize("state", ["passed", "awaiting", "refused", "failed", "promoted"])
    def test_a_run_starts_and_ends(self, ledger, state):
        ledger.keep_run("run-1", "started", b"{}")
        assert ledger.run("run-1").state == "started"
        ledger.keep_run("run-1", state, b'{"schema":1}')
        (kept,) = ledger.runs()
        assert (kept.id, kept.state, kept.at, kept.document) == ("run-1", state, NOON, b'{"schema":1}')

    def test_runs_come_oldest_first(self, ledger):
        for id in ("b", "a", "c"):
            ledger.keep_run(id, "started", b"{}")
        assert [run.id for run in ledger.runs()] == ["b", "a", "c"]

    @pytest.mark.parametrize(
        "states", [("passed",), ("started", "started"), ("started", "refused", "promoted"), ("started", "won")]
    )
    def test_a_run_in_any_other_order_is_refused(self, ledger, states):
        *before, last = states
        for state in before:
            ledger.keep_run("run-1", state, b"{}")
        with pytest.raises(BackendError, match=f"cannot become '{last}'"):
            ledger.keep_run("run-1", last, b"{}")
        assert [run.state for run in ledger.runs()] == list(before)[-1:]

    def test_an_unknown_run_is_refused(self, ledger):
        with pytest.raises(SubjectError, match="no run run-9 is kept"):
            ledger.run("run-9")

    # --- the store

    def test_a_file_is_put_and_given_back(self, ledger, tmp_path: Path):
        source = tmp_path / "model.skops"
        source.write_bytes(b"bytes" * 1000)
        digest = ledger.blobs.put(source)
        assert digest == Digest.of(source)
        assert ledger.blobs.path(digest).read_bytes() == ledger.blobs.read(digest) == source.read_bytes()

    def test_a_missing_blob_is_named(self, ledger):
        for act in (ledger.blobs.path, ledger.blobs.read):
            with pytest.raises(SubjectError, match=f"the blob {NOWHERE.short} is missing"):
                act(NOWHERE)
