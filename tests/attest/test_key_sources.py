"""A key may come from a variable: as PEM, as a file, or from a vault; it is taken out of the environment and never told."""

import os
from types import SimpleNamespace

import pytest
from attest.signing import refusal, signer_of
from cryptography.hazmat.primitives.asymmetric import ec
from pem import pem_around
from promotion.small_home import make_small_home

from gates.attest import GATE, GATEKEEPER, KeyRefused, Keyring, take_sources
from gates.attest.keys import PrivateKey
from gates.errors import BackendError, ConfigError
from gates.nightly.retrain import Cause


def test_a_key_may_come_as_pem_or_as_a_file(key_file, tmp_path):
    by_text = signer_of(tmp_path, key_file.read_text(encoding="ascii"))
    by_file = signer_of(tmp_path, f"file://{key_file}")
    assert by_text.public.id == by_file.public.id == PrivateKey.from_file(key_file).public.id
    assert not (tmp_path / "keys" / "gate.pem").exists()
    assert set(Keyring(tmp_path / "keys").trusted(GATE)) == {by_text.public.id}


SECRET = "MC4CAQAwBQYDK2VwBCIEIK8f3kXq"


SOURCES = {
    "empty": ("", "GATES_KEY is empty"),
    "blank": (" \n", "GATES_KEY is empty"),
    "a key without its first line": (pem_around(SECRET).partition("\n")[2], "GATES_KEY is no key"),
    "a path without file:": ("/secrets/gate.pem", "GATES_KEY is no key"),
    "another scheme": ("awskms:alias/x", "GATES_KEY is no key"),
    "a host": ("file://elsewhere/key.pem", "GATES_KEY is a file: URI with a host"),
    "PEM that is damaged": (
        pem_around(SECRET),
        "GATES_KEY is not a private",
    ),
    "a vault elsewhere": ("azurekms://x.example.com/keys/a/1", "GATES_KEY names no key of a vault"),
    "a vault without a key": ("azurekms://x.vault.azure.net/secrets/a", "GATES_KEY names no key of a vault"),
}


@pytest.mark.parametrize(("source", "sentence"), SOURCES.values(), ids=list(SOURCES))
def test_a_variable_that_names_no_key_is_refused_without_telling_it(source, sentence, tmp_path):
    error = refusal(lambda: signer_of(tmp_path, source))
    assert sentence in error.message
    assert SECRET not in error.message + error.remedy
    assert isinstance(error, ConfigError | KeyRefused)
    assert not (tmp_path / "keys").exists()


def test_the_variables_are_taken_out_of_the_environment():
    environment = {"GATES_KEY": "a", "GATES_GATEKEEPER_KEY": "b", "PATH": "/bin"}
    assert take_sources(environment) == {GATE: "a", GATEKEEPER: "b"}
    assert environment == {"PATH": "/bin"}
    assert take_sources(environment) == {}


VAULT = "azurekms://safe.vault.azure.net/keys/gate/7"


def test_a_vault_without_its_packages_is_a_missing_extra(tmp_path, monkeypatch):
    from securesystemslib.exceptions import UnsupportedLibraryError
    from securesystemslib.signer import AzureSigner

    def without(*_: object) -> None:
        raise UnsupportedLibraryError("no azure")

    monkeypatch.setattr(AzureSigner, "import_", without)
    error = refusal(lambda: signer_of(tmp_path, VAULT))
    assert isinstance(error, BackendError)
    assert error.message == "signing with a key in Azure Key Vault needs azure-keyvault-keys, which is not installed"
    assert error.remedy == "pip install 'gates[kms]'"


class Vault:
    """securesystemslib's Azure signer, with a key of this process in the place of the vault."""

    def __init__(self, curve=None) -> None:
        from securesystemslib.signer import CryptoSigner

        self.signer = CryptoSigner(ec.generate_private_key(curve or ec.SECP256R1()))

    def import_(self, vault: str, name: str):
        assert (vault, name) == ("safe", "gate")
        return VAULT, self.signer.public_key

    def from_priv_key_uri(self, uri: str, key):
        assert (uri, key) == (VAULT, self.signer.public_key)
        return self.signer


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_a_key_in_a_vault_signs(curve, tmp_path, monkeypatch):
    monkeypatch.setattr("securesystemslib.signer.AzureSigner", Vault(curve), raising=False)
    keys = Keyring(tmp_path / "keys", {GATE: VAULT})
    signature = keys.signer(GATE).sign(b"message")
    (key,) = keys.trusted(GATE).values()
    assert key.accepts(signature, b"message")
    assert not key.accepts(signature, b"another")


def test_another_version_than_the_vaults_current_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("securesystemslib.signer.AzureSigner", Vault(), raising=False)
    error = refusal(lambda: signer_of(tmp_path, VAULT.replace("/7", "/6")))
    assert "names another version than the vault's current one" in error.message


def test_a_vault_that_does_not_answer_or_sign_is_no_signature(tmp_path, monkeypatch):
    vault = Vault()
    monkeypatch.setattr("securesystemslib.signer.AzureSigner", vault, raising=False)
    signer = signer_of(tmp_path, VAULT)

    def fail(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(vault.signer, "sign", fail)
    error = refusal(lambda: signer.sign(b"message"))
    assert error.message == "the vault of GATES_KEY did not sign: RuntimeError; nothing was kept"
    monkeypatch.setattr(vault, "import_", fail)
    error = refusal(lambda: signer_of(tmp_path, VAULT))
    assert error.message == "the vault of GATES_KEY did not give the key: RuntimeError"


def test_a_session_takes_the_keys_out_of_the_environment_and_signs_with_them(key_file, tmp_path, monkeypatch):
    home = make_small_home(tmp_path / "project")
    monkeypatch.setenv("GATES_KEY", f"file://{key_file}")
    session = home.session
    assert "GATES_KEY" not in os.environ
    assert session.keys.signer(GATE).public == PrivateKey.from_file(key_file).public


def test_a_retraining_signs_with_the_key_of_the_night(key_file, tmp_path, monkeypatch):
    home = make_small_home(tmp_path / "project")
    monkeypatch.setenv("GATES_KEY", f"file://{key_file}")
    watching = home.session
    assert Cause(SimpleNamespace(id="n"), "x").session_for(watching).keys is watching.keys
