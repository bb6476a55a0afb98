"""Bytes that the ledger names and somebody edited, be it a model, a verdict, a decision or a note, are found and carry nothing."""

from __future__ import annotations

import pytest
from registry.ledger_acts import NAME, NOON, crown, judge, promote, register
from registry.ledger_files import kept, overwrite

from gates.errors import DigestMismatch, SubjectError


def edit(path):
    overwrite(path, b"model Z")


def grow(path):
    overwrite(path, path.read_bytes() + b" ")


def remove(path):
    path.unlink()


def link(path):
    aside = path.with_name("aside")
    path.rename(aside)
    path.symlink_to(aside)


def hard_link(path):
    path.with_name("aside").hardlink_to(path)


def make_folder(path):
    path.unlink()
    path.mkdir()


def link_folder(path):
    aside = path.parent.with_name("aside")
    path.parent.rename(aside)
    path.parent.symlink_to(aside)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (edit, "no longer holds the bytes that were judged"),
        (grow, "no longer holds the bytes that were judged"),
        (remove, "is missing"),
        (link, "is a symbolic link"),
        (hard_link, "has a second name (a hard link)"),
        (make_folder, "is not a regular file"),
        (link_folder, "is a symbolic link"),
    ],
)
def test_a_model_whose_bytes_were_touched_is_not_promoted(ledger, home, damage, sentence):
    crown(ledger, "A")
    version = register(ledger, "B")
    verdict = judge(ledger, version)
    damage(kept(version.digest, home))
    with pytest.raises(SubjectError) as refusal:
        promote(ledger, version, verdict)
    assert sentence in refusal.value.message
    assert refusal.value.remedy
    assert (ledger.champion(NAME).epoch, ledger.used(verdict)) == (1, False)
    assert "papers@2" in [finding.where for finding in ledger.audit()]


def test_a_touched_verdict_carries_nothing(ledger, home):
    version = register(ledger)
    verdict = judge(ledger, version)
    edit(kept(verdict, home))
    with pytest.raises(DigestMismatch):
        promote(ledger, version, verdict)
    with pytest.raises(DigestMismatch):
        ledger.verdict_document(verdict)
    assert "verdict of the model gate about papers" in str(ledger.audit())


def test_a_touched_decision_is_found(ledger, home, champions):
    edit(kept(ledger.log(NAME)[0].decision, home))
    assert "decision of promotion papers epoch 1" in str(ledger.audit())


@pytest.mark.parametrize("role", ["data", "golden"])
def test_missing_data_of_a_version_is_found(ledger, home, role):
    rows = ledger.blobs.put_bytes(b"rows")
    ledger.register(NAME, ledger.blobs.put_bytes(b"model"), {role: str(rows)})
    assert ledger.audit() == ()
    kept(rows, home).unlink()
    (finding,) = ledger.audit()
    assert str(finding).startswith(
        f"{role} of papers@1: its blob {rows.short} is missing; restore the home from a backup"
    )


def test_a_note_whose_document_was_replaced_is_named(ledger, home):
    note = ledger.keep_note(NAME, "approval", b"yes", NOON)
    overwrite(kept(note.digest, home), b"no")
    assert [finding.where for finding in ledger.audit()] == [f"approval note of {NAME}"]
