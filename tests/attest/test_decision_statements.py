"""A decision is read as it was signed; one that says something else anywhere is not read."""

import json
from dataclasses import replace

import pytest

from gates import documents
from gates.attest.decision import FACTS, PREDICATE, read_decision, write_decision
from gates.digest import Digest
from gates.errors import SubjectError

OTHER = Digest.of_bytes(b"other").hex


def test_a_decision_is_read_as_it_was_written(decided):
    assert read_decision(write_decision(decided)) == decided
    first = replace(decided, epoch=1, before=None)
    assert read_decision(write_decision(first)) == first
    broken = replace(decided, kind="break-glass", verdicts={}, notes={"reason": "fire", "ticket": "T-1"})
    assert read_decision(write_decision(broken)) == broken


def test_a_decision_is_a_verification_summary(decided):
    content = json.loads(write_decision(decided))
    predicate = content["predicate"]
    assert content["predicateType"] == "https://slsa.dev/verification_summary/v1"
    assert content["subject"] == [{"name": "m", "digest": {"sha256": decided.digest.hex}}]
    assert predicate["verifier"]["id"] == "urn:gates:gatekeeper:v1"
    assert predicate["resourceUri"] == "urn:gates:champion:m"
    assert predicate["verificationResult"] == "PASSED"
    assert predicate["verifiedLevels"] == ["GATES_DATA", "GATES_MODEL"]
    assert [entry["digest"]["sha256"] for entry in predicate["inputAttestations"]] == [
        decided.verdicts["data"].hex,
        decided.verdicts["model"].hex,
    ]


def edit(*path: object, to: object = None):
    def change(content: dict) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = to

    return change


OF = "predicate"
EDITS = {
    "another predicate type": (edit("predicateType", to="https://slsa.dev/provenance/v1"), f"wanted {PREDICATE}"),
    "a verdict's predicate type": (
        edit("predicateType", to="https://in-toto.io/attestation/test-result/v0.1"),
        f"wanted {PREDICATE}",
    ),
    "a field more": (edit(OF, "trust", to="me"), "its fields are"),
    "no facts": (lambda content: content[OF].pop(FACTS), "its fields are"),
    "another schema": (edit(OF, FACTS, "schema", to=2), "it has schema 2, wanted 1"),
    "another verifier": (edit(OF, "verifier", "id", to="urn:x"), "its verifier is"),
    "a verifier without a version": (edit(OF, "verifier", to={"id": "urn:gates:gatekeeper:v1"}), "its verifier is"),
    "a failure": (edit(OF, "verificationResult", to="FAILED"), "do not follow from its facts"),
    "another resource": (edit(OF, "resourceUri", to="urn:gates:champion:n"), "do not follow from its facts"),
    "a level more": (edit(OF, "verifiedLevels", to=["SLSA_BUILD_LEVEL_3"]), "do not follow from its facts"),
    "an attestation less": (lambda content: content[OF]["inputAttestations"].pop(), "do not follow from its facts"),
    "an attestation that is text": (edit(OF, "inputAttestations", 0, to="x"), "do not follow from its facts"),
    "another policy's address": (edit(OF, "policy", "uri", to="urn:x"), "do not follow from its facts"),
    "no policy": (edit(OF, "policy", to={"uri": "urn:x"}), "it names no policy"),
    "an epoch that is text": (edit(OF, FACTS, "epoch", to="4"), "epoch has another type"),
    "a version that is true": (edit(OF, FACTS, "version", to=True), "version has another type"),
    "a champion before that is no digest": (edit(OF, FACTS, "before", to="old"), "is not a digest"),
    "a note that is no text": (edit(OF, FACTS, "notes", to={"a": 1}), "a note is no text"),
    "a time without a zone": (edit(OF, "timeVerified", to="2026-11-24T12:00:00"), "has no zone"),
    "two subjects": (lambda content: content["subject"].append(content["subject"][0]), "it is about 2 subjects"),
}


@pytest.mark.parametrize(("change", "sentence"), EDITS.values(), ids=list(EDITS))
def test_an_edited_decision_is_not_read(change, sentence, decided):
    written = write_decision(decided)
    content = json.loads(written)
    change(content)
    edited = documents.dump(content)
    assert edited != written
    with pytest.raises(SubjectError) as refused:
        read_decision(edited)
    assert sentence in refused.value.message
