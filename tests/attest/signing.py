"""Ask for a key that signs, and what is said when there is none."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gates.attest import GATE, Keyring
from gates.errors import GatesError


def pem_of(key, encryption=None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


def signer_of(tmp_path, source: str, role: str = GATE):
    return Keyring(tmp_path / "keys", {role: source}).signer(role)


def refusal(call) -> GatesError:
    with pytest.raises(GatesError) as refused:
        call()
    assert refused.value.remedy
    return refused.value
