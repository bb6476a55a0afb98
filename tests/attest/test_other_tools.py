"""What we sign, other people's tools verify; what they sign, we verify."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, EnvelopeRefused, PublicKey, open_envelope, sign
from gates.attest.result import read_result, write_result


@pytest.fixture
def envelope(keyring, verdict) -> bytes:
    return sign(STATEMENT_TYPE, write_result(verdict), keyring.signer(GATE))


def key_of(public: PublicKey) -> SSlibKey:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    return SSlibKey.from_crypto(load_pem_public_key(public.pem), keyid=public.id)


def test_securesystemslib_verifies_our_envelope(keyring, envelope, verdict):
    theirs = Envelope.from_dict(json.loads(envelope))
    assert theirs.verify([key_of(keyring.signer(GATE).public)], 1)
    assert theirs.payload == write_result(verdict)
    theirs.payload = theirs.payload.replace(b"PASSED", b"FAILED")
    with pytest.raises(VerificationError):
        theirs.verify([key_of(keyring.signer(GATE).public)], 1)


def their_envelope(payload: bytes) -> tuple[bytes, PublicKey]:
    signer = CryptoSigner.generate_ed25519()
    envelope = Envelope(payload, STATEMENT_TYPE, {})
    envelope.sign(signer)
    return json.dumps(envelope.to_dict()).encode(), public_of(signer)


def public_of(signer: CryptoSigner) -> PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    raw = bytes.fromhex(signer.public_key.keyval["public"])
    return PublicKey.of(Ed25519PublicKey.from_public_bytes(raw), "theirs")


def test_our_verifier_takes_an_envelope_of_securesystemslib(verdict):
    envelope, key = their_envelope(write_result(verdict))
    id = json.loads(envelope)["signatures"][0]["keyid"]
    assert read_result(open_envelope(envelope, STATEMENT_TYPE, {id: key})) == verdict


def test_our_verifier_refuses_an_envelope_of_theirs_that_was_edited(verdict):
    envelope, key = their_envelope(write_result(verdict))
    content = json.loads(envelope)
    content["payload"] = base64.b64encode(write_result(verdict).replace(b"PASSED", b"FAILED")).decode()
    with pytest.raises(EnvelopeRefused, match="was not signed by the key that it names"):
        open_envelope(json.dumps(content).encode(), STATEMENT_TYPE, {content["signatures"][0]["keyid"]: key})


def blocks(language: str) -> list[str]:
    """The examples of the documentation in one language."""
    page = (Path(__file__).parents[2] / "docs" / "attestations.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


@pytest.mark.parametrize("language", ["python", "sh"])
def test_the_examples_of_the_documentation_verify_our_envelope(language, keyring, envelope, tmp_path):
    (example,) = blocks(language)
    command = {"python": [sys.executable, "-c", example], "sh": ["sh", "-e", "-c", example]}[language]
    (tmp_path / "envelope.json").write_bytes(envelope)
    (tmp_path / "key.pem").write_bytes(keyring.signer(GATE).public.pem)
    good = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert good.returncode == 0, good.stderr
    assert good.stdout in ("PASSED\n", "Signature Verified Successfully\n")
    (tmp_path / "key.pem").write_bytes(keyring.signer(GATEKEEPER).public.pem)
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode != 0


def test_openssl_verifies_our_envelope(keyring, envelope, tmp_path):
    content = json.loads(envelope)
    payload, kind = base64.b64decode(content["payload"]), content["payloadType"].encode()
    (tmp_path / "message").write_bytes(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload))
    (tmp_path / "signature").write_bytes(base64.b64decode(content["signatures"][0]["sig"]))
    (tmp_path / "key.pem").write_bytes(keyring.signer(GATE).public.pem)
    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "key.pem",
        "-rawin",
        "-in",
        "message",
        "-sigfile",
        "signature",
    ]
    good = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert good.returncode == 0, good.stderr
    assert "Signature Verified Successfully" in good.stdout
    (tmp_path / "message").write_bytes(b"something else")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode != 0
