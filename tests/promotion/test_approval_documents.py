"""Requests and answers are documents: signed by whom they name, about one digest, of one form, and never edited."""

from dataclasses import replace
from datetime import timedelta

import pytest
from promotion.asking import ask, say, standing
from promotion.small_home import NAME, NOON

from gates import documents
from gates.attest import sign
from gates.errors import DigestMismatch, SubjectError
from gates.promotion.approvals.documents import (
    ANSWER_TYPE,
    REQUEST_TYPE,
    AnswerKind,
    ApprovalAnswer,
    read_answer,
    read_request,
    write_answer,
    write_request,
)
from gates.promotion.approvals.store import ANSWER, REQUEST, ApprovalStore


def test_an_approval_of_another_digest_does_not_count(asking):
    _, asked = ask(asking, "A")
    _, other = ask(asking, "B")
    say(asking, "Ada", other)
    assert standing(asking, asked).approved == ()
    assert standing(asking, other).approved == ("Ada",)


def test_an_answer_in_somebody_elses_name_does_not_count(asking):
    _, asked = ask(asking)
    signer = asking.someone("Ada").signer
    ApprovalStore.of(asking.session).keep_answer(
        ApprovalAnswer(AnswerKind.APPROVE, asked.digest, "Bo", "", NOON), signer
    )
    assert standing(asking, asked).approved == ()


def test_an_answer_of_a_key_that_the_policy_does_not_name_any_more_does_not_count(asking):
    _, asked = ask(asking)
    signer = asking.someone("Eve").signer
    ApprovalStore.of(asking.session).keep_answer(
        ApprovalAnswer(AnswerKind.APPROVE, asked.digest, "Ada", "", NOON), signer
    )
    assert ApprovalStore.of(asking.session).answers() == ()


@pytest.mark.parametrize("hours", [-1, 25])
def test_an_answer_from_before_the_request_or_after_its_end_does_not_count(hours, asking):
    _, asked = ask(asking)
    signer = asking.someone("Ada").signer
    answer = ApprovalAnswer(AnswerKind.APPROVE, asked.digest, "Ada", "", NOON + timedelta(hours=hours))
    ApprovalStore.of(asking.session).keep_answer(answer, signer)
    assert standing(asking, asked).approved == ()


def test_an_answer_with_a_borrowed_key_id_is_refused(asking):
    """Eve signs, and writes Ada's key id beside it."""
    _, asked = ask(asking)
    payload = write_answer(ApprovalAnswer(AnswerKind.APPROVE, asked.digest, "Ada", "", NOON))
    envelope = documents.load(sign(ANSWER_TYPE, payload, asking.someone("Eve").signer), "it")
    envelope["signatures"][0]["keyid"] = asking.someone("Ada").signer.public.id
    asking.session.registry.keep_note(NAME, ANSWER, documents.dump(envelope), NOON)
    with pytest.raises(SubjectError, match="was not signed by the key that it names"):
        say(asking, "Bo", asked)
    (finding,) = asking.findings()
    assert (finding.where, "was not signed by the key that it names" in finding.what) == ("approval of papers", True)


def test_an_answer_of_another_kind_of_document_is_refused(asking):
    _, asked = ask(asking)
    payload = write_answer(ApprovalAnswer(AnswerKind.APPROVE, asked.digest, "Ada", "", NOON))
    asking.session.registry.keep_note(NAME, ANSWER, sign(REQUEST_TYPE, payload, asking.someone("Ada").signer), NOON)
    with pytest.raises(SubjectError, match="its payload type is"):
        say(asking, "Bo", asked)


def test_an_answer_without_a_single_signature_is_refused(asking):
    _, asked = ask(asking)
    asking.session.registry.keep_note(NAME, ANSWER, b'{"signatures":[]}', NOON)
    with pytest.raises(SubjectError, match="carries no single signature"):
        say(asking, "Ada", asked)


def test_a_request_that_the_gatekeeper_did_not_sign_is_refused(asking):
    _, asked = ask(asking)
    forged = sign(REQUEST_TYPE, write_request(replace(asked.request, authors=())), asking.someone("Eve").signer)
    asking.session.registry.keep_note(NAME, REQUEST, forged, NOON)
    with pytest.raises(SubjectError, match="is signed by the unknown key"):
        ApprovalStore.of(asking.session).all()
    (finding,) = asking.findings()
    assert (finding.where, "is signed by the unknown key" in finding.what) == ("approval-request of papers", True)


@pytest.mark.parametrize("kind", [REQUEST, ANSWER])
def test_a_kept_document_that_was_edited_is_refused(kind, asking):
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    registry = asking.session.registry
    (note,) = registry.notes(NAME, kind)
    path = registry.blobs.path(note.digest)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"A", b"B", 1))
    with pytest.raises(DigestMismatch, match="no longer holds the bytes"):
        say(asking, "Bo", asked)
    assert asking.session.champion() is None
    assert any(kind in finding.where for finding in registry.audit())


REQUEST_EDITS = {
    "another schema": ({"schema": 2}, "it has schema 2, wanted 1"),
    "a field more": ({"trust": "me"}, "its fields are"),
    "an author that is no text": ({"authors": [3]}, "one of its lists holds what is no text"),
    "a version that is true": ({"version": True}, "version has another type"),
    "a time without a zone": ({"until": "2026-11-24T12:00:00"}, "has no zone"),
    "a digest that is none": ({"digest": "md5:0"}, "is not a digest"),
    "verdicts of another kind": ({"verdicts": []}, "verdicts has another type"),
}


@pytest.mark.parametrize(("edit", "sentence"), REQUEST_EDITS.values(), ids=list(REQUEST_EDITS))
def test_a_request_of_another_form_is_not_read(edit, sentence, asking):
    _, asked = ask(asking)
    payload = write_request(asked.request)
    assert read_request(payload) == asked.request
    with pytest.raises(SubjectError) as refusal:
        read_request(documents.dump({**documents.load(payload, "it"), **edit}))
    assert sentence in refusal.value.message


ANSWER_EDITS = {
    "another schema": ({"schema": 2}, "it has schema 2, wanted 1"),
    "another act": ({"act": "applaud"}, "its act is 'applaud', wanted approve, reject, withdraw"),
    "a field more": ({"trust": "me"}, "its fields are"),
    "no time": ({"at": "soon"}, "which is no ISO 8601 time"),
}


@pytest.mark.parametrize(("edit", "sentence"), ANSWER_EDITS.values(), ids=list(ANSWER_EDITS))
def test_an_answer_of_another_form_is_not_read(edit, sentence, asking):
    answer = ApprovalAnswer(AnswerKind.REJECT, ask(asking)[1].digest, "Ada", "no", NOON, "k")
    payload = write_answer(answer)
    assert read_answer(payload, "k") == answer
    with pytest.raises(SubjectError) as refusal:
        read_answer(documents.dump({**documents.load(payload, "it"), **edit}), "k")
    assert sentence in refusal.value.message
