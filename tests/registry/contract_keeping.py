"""What every ledger keeps: versions, verdicts, notes, runs and bytes. `registry_contract` says how it is given a ledger."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest
from registry.ledger_acts import NAME, NOON, judge, register

from gates.digest import Digest
from gates.errors import BackendError, ConfigError, SubjectError

NOWHERE = Digest.of_bytes(b"never kept")
BAD_NAMES = ["../up", "a/b", "", ".hidden", "a b", "a\0b", "x" * 65, "/etc/passwd", "a\n", "..", "ä"]


class KeepsVersions:
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


class KeepsVerdicts:
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


class KeepsNotesAndRuns:
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


class KeepsBytes:
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
