"""An envelope opens to exactly the bytes that a trusted key signed as this kind of payload, or it does not open."""

import base64
import json

import pytest

from gates import documents
from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, EnvelopeRefused, Keyring, open_envelope, sign
from gates.attest.envelope import LARGEST, encode
from gates.errors import SubjectError

PAYLOAD = b'{"a":1}'


@pytest.fixture
def envelope(keyring) -> bytes:
    return sign(STATEMENT_TYPE, PAYLOAD, keyring.signer(GATE))


def why(envelope: bytes, keys, payload_type: str = STATEMENT_TYPE) -> str:
    with pytest.raises(SubjectError) as refused:
        open_envelope(envelope, payload_type, keys, "the verdict")
    assert refused.value.remedy
    return refused.value.message


def edit(envelope: bytes, **fields) -> bytes:
    return documents.dump({**json.loads(envelope), **fields})


def test_nothing_opens_without_a_trusted_key(envelope):
    assert "is signed by the unknown key" in why(envelope, {})
    assert "trusted here: none" in why(envelope, {})


def test_an_envelope_opens_to_the_bytes_that_were_signed(keyring, envelope):
    assert open_envelope(envelope, STATEMENT_TYPE, keyring.trusted(GATE)) == PAYLOAD


def test_what_is_signed_is_the_encoding_that_dsse_defines():
    assert encode("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_the_key_of_another_kind_of_document_is_not_trusted(keyring):
    decision = sign(STATEMENT_TYPE, PAYLOAD, keyring.signer(GATEKEEPER))
    keyring.signer(GATE)
    assert "is signed by the unknown key" in why(decision, keyring.trusted(GATE))


def test_a_payload_does_not_pass_for_another_kind(keyring, envelope):
    keys = keyring.trusted(GATE)
    assert "its payload type is 'application/vnd.in-toto+json', wanted 'application/x'" in why(
        envelope, keys, "application/x"
    )
    assert "was not signed by the key that it names" in why(
        edit(envelope, payloadType="application/x"), keys, "application/x"
    )


def test_a_borrowed_key_id_is_refused(keyring, envelope, tmp_path):
    other = Keyring(tmp_path / "others")
    forged = json.loads(sign(STATEMENT_TYPE, PAYLOAD, other.signer(GATE)))
    forged["signatures"][0]["keyid"] = keyring.signer(GATE).public.id
    assert "was not signed by the key that it names" in why(documents.dump(forged), keyring.trusted(GATE))


def signatures(envelope: bytes) -> list:
    return json.loads(envelope)["signatures"]


EDITS = {
    "another payload": (lambda e: edit(e, payload=base64.b64encode(b'{"a":2}').decode()), "not signed by the key"),
    "another signature": (
        lambda e: edit(e, signatures=[{**signatures(e)[0], "sig": base64.b64encode(bytes(64)).decode()}]),
        "not signed by the key that it names",
    ),
    "a signature cut short": (
        lambda e: edit(e, signatures=[{**signatures(e)[0], "sig": base64.b64encode(b"x").decode()}]),
        "not signed by the key that it names",
    ),
    "a field more": (lambda e: edit(e, trust="me"), "its fields are payload, payloadType, signatures, trust, wanted"),
    "a field less": (lambda e: b'{"payload":"e30="}', "its fields are payload, wanted"),
    "no fields": (lambda e: b"{}", "its fields are none, wanted"),
    "no signature": (lambda e: edit(e, signatures=[]), "it carries 0 signatures, wanted exactly one"),
    "two signatures": (lambda e: edit(e, signatures=signatures(e) * 2), "it carries 2 signatures, wanted exactly one"),
    "signatures as a table": (lambda e: edit(e, signatures={}), "it carries no list of signatures"),
    "a signature that is text": (lambda e: edit(e, signatures=["x"]), "its signature is no table of keyid and sig"),
    "a signature with a field more": (
        lambda e: edit(e, signatures=[{**signatures(e)[0], "cert": "x"}]),
        "its signature is no table of keyid and sig",
    ),
    "a key id that is a number": (lambda e: edit(e, signatures=[{**signatures(e)[0], "keyid": 3}]), "unknown key 3"),
    "a key id that is a list": (lambda e: edit(e, signatures=[{**signatures(e)[0], "keyid": []}]), "unknown key []"),
    "a payload type that is a list": (lambda e: edit(e, payloadType=[]), "its payload type is []"),
    "a payload that is a number": (lambda e: edit(e, payload=3), "not both plain base64"),
    "an empty payload": (lambda e: edit(e, payload=""), "not both plain base64"),
    "base64 with a line break": (lambda e: edit(e, payload="eyJh\nIjoxfQ=="), "not both plain base64"),
    "base64 without padding": (lambda e: edit(e, payload="eyJhIjoxfQ"), "not both plain base64"),
    "base64 with loose last bits": (lambda e: edit(e, payload="eyJhIjoxfR=="), "not both plain base64"),
    "base64 of the web's alphabet": (lambda e: edit(e, payload="_-8="), "not both plain base64"),
    "base64 with a letter of another script": (lambda e: edit(e, payload="еyJh"), "not both plain base64"),
    "a key twice": (lambda e: e[:-1] + b',"payload":"e30="}', "the key 'payload' stands twice"),
    "NaN": (lambda e: e[:-1] + b',"x":NaN}', "it holds NaN"),
    "a number without end": (lambda e: e[:-1] + b',"x":1e999}', "it holds 1e999, which is too large"),
    "a JSON bomb": (lambda e: b'{"payload":' + b"[" * 500_000, "cannot be read"),
    "a list": (lambda e: b"[" + e + b"]", "is not an object"),
    "two documents": (lambda e: e + e, "cannot be read: Extra data"),
    "nothing": (lambda e: b"", "cannot be read"),
    "bytes that are no text": (lambda e: b"\xff" + e, "cannot be read"),
    "more than an envelope may have": (lambda e: b" " * LARGEST + e, "the verdict is larger than 2 MiB"),
}


@pytest.mark.parametrize(("bend", "sentence"), EDITS.values(), ids=list(EDITS))
def test_an_envelope_that_was_bent_does_not_open(bend, sentence, keyring, envelope):
    bent = bend(envelope)
    assert bent != envelope
    assert sentence in why(bent, keyring.trusted(GATE))


def test_an_envelope_that_was_cut_does_not_open(keyring, envelope):
    keys = keyring.trusted(GATE)
    for length in range(len(envelope)):
        why(envelope[:length], keys)


def test_no_single_changed_byte_goes_unseen(keyring, envelope):
    keys = keyring.trusted(GATE)
    for place in range(len(envelope)):
        bent = bytearray(envelope)
        bent[place] ^= 1
        why(bytes(bent), keys)


def test_what_is_too_large_to_be_opened_is_not_signed(keyring):
    with pytest.raises(EnvelopeRefused) as refused:
        sign(STATEMENT_TYPE, b"x" * LARGEST, keyring.signer(GATE))
    assert "is too large to be signed" in refused.value.message
