"""A key that others can read, or that is of another kind, signs nothing; a key that was made stays."""

import os
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from promotion.small_home import make_small_home

from gates.attest import GATE, GATEKEEPER, KeyRefused, Keyring, PublicKey, take_sources
from gates.attest.keys import PrivateKey, make_key_file
from gates.errors import BackendError, ConfigError, GatesError
from gates.nightly.retrain import Cause


def pem_of(key, encryption=None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key.pem"
    make_key_file(path)
    return path


def signer_of(tmp_path, source: str, role: str = GATE):
    return Keyring(tmp_path / "keys", {role: source}).signer(role)


def refusal(call) -> GatesError:
    with pytest.raises(GatesError) as refused:
        call()
    assert refused.value.remedy
    return refused.value


def test_nobody_is_trusted_before_a_key_is_made(keyring):
    assert keyring.trusted(GATE) == keyring.trusted(GATEKEEPER) == {}


def test_two_keys_are_made_on_first_use_for_this_user_alone(keyring, tmp_path):
    gate, gatekeeper = keyring.signer(GATE), keyring.signer(GATEKEEPER)
    assert gate.public.id != gatekeeper.public.id
    folder = tmp_path / "keys"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.glob("*.pem")} == {
        "gate.pem": 0o600,
        "gatekeeper.pem": 0o600,
    }
    assert set(keyring.trusted(GATE)) == {gate.public.id}
    assert set(keyring.trusted(GATEKEEPER)) == {gatekeeper.public.id}


def test_the_mode_of_a_new_key_does_not_depend_on_the_mask(tmp_path):
    before = os.umask(0)
    try:
        Keyring(tmp_path / "keys").signer(GATE)
    finally:
        os.umask(before)
    assert (tmp_path / "keys" / "gate.pem").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_the_same_key_signs_next_time(keyring, tmp_path):
    assert Keyring(tmp_path / "keys").signer(GATE).public.id == keyring.signer(GATE).public.id


def test_several_who_make_the_first_key_end_with_the_same_one(tmp_path):
    found: list[str] = []
    makers = [
        threading.Thread(target=lambda: found.append(Keyring(tmp_path / "keys").signer(GATE).public.id))
        for _ in range(8)
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_what_an_earlier_key_signed_still_verifies(keyring, tmp_path):
    old = keyring.signer(GATE)
    signature = old.sign(b"message")
    (tmp_path / "keys" / "gate.pem").unlink()
    later = Keyring(tmp_path / "keys")
    new = later.signer(GATE)
    assert new.public.id != old.public.id
    assert later.trusted(GATE)[old.public.id].accepts(signature, b"message")
    assert not later.trusted(GATE)[new.public.id].accepts(signature, b"message")


def test_a_private_key_tells_nothing_of_itself(key_file):
    key = PrivateKey.from_file(key_file)
    assert str(key) == repr(key) == f"PrivateKey({key.public.id[:12]})"


FILES = {
    "open to the group": (lambda path: path.chmod(0o640), "is open to others (mode 0640, wanted 0600)"),
    "open to all": (lambda path: path.chmod(0o644), "is open to others (mode 0644, wanted 0600)"),
    "writable by others": (lambda path: path.chmod(0o602), "is open to others (mode 0602, wanted 0600)"),
    "absent": (lambda path: path.unlink(), "cannot be read: No such file or directory"),
    "a folder": (lambda path: (path.unlink(), path.mkdir(0o700)), "cannot be read: it is not a file"),
    "a pipe": (lambda path: (path.unlink(), os.mkfifo(path, 0o600)), "cannot be read: it is not a file"),
    "a link": (
        lambda path: (path.rename(path.with_name("real")), path.symlink_to(path.with_name("real"))),
        "is a symbolic link",
    ),
    "a dangling link": (lambda path: (path.unlink(), path.symlink_to("nowhere")), "is a symbolic link"),
    "empty": (lambda path: path.write_bytes(b""), "is not a private key in PEM form"),
    "no PEM": (lambda path: path.write_bytes(b"secret words"), "is not a private key in PEM form"),
    "cut short": (lambda path: path.write_bytes(path.read_bytes()[:60]), "is not a private key in PEM form"),
    "encrypted": (
        lambda path: path.write_bytes(pem_of(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"x"))),
        "is encrypted, and nobody is there to give its password",
    ),
    "RSA": (
        lambda path: path.write_bytes(pem_of(rsa.generate_private_key(public_exponent=65537, key_size=2048))),
        "is a key of another kind (RSAPrivateKey), wanted ed25519",
    ),
    "on another curve": (
        lambda path: path.write_bytes(pem_of(ec.generate_private_key(ec.SECP256R1()))),
        "is a key of another kind",
    ),
    "ed448": (lambda path: path.write_bytes(pem_of(Ed448PrivateKey.generate())), "is a key of another kind"),
}


@pytest.mark.parametrize(("bend", "sentence"), FILES.values(), ids=list(FILES))
def test_a_key_file_that_must_not_be_used_is_refused(bend, sentence, key_file, tmp_path):
    bend(key_file)
    error = refusal(lambda: signer_of(tmp_path, f"file://{key_file}"))
    assert isinstance(error, KeyRefused)
    assert sentence in error.message
    assert str(key_file) in error.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_key_file_that_cannot_be_read_is_refused(key_file, tmp_path):
    key_file.chmod(0o000)
    assert "cannot be read: Permission denied" in refusal(lambda: signer_of(tmp_path, f"file://{key_file}")).message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_file_of_another_user_is_refused(key_file, tmp_path, monkeypatch):
    os.chown(key_file, 12345, 12345)
    assert "belongs to another user" in refusal(lambda: signer_of(tmp_path, f"file://{key_file}")).message


def test_the_key_of_the_home_is_held_to_the_same(keyring, tmp_path):
    keyring.signer(GATE)
    (tmp_path / "keys" / "gate.pem").chmod(0o644)
    assert "is open to others (mode 0644" in refusal(lambda: Keyring(tmp_path / "keys").signer(GATE)).message


@pytest.mark.parametrize("folder", ["keys", "keys/public", "keys/public/gate"])
def test_a_key_folder_that_others_can_change_is_refused(folder, keyring, tmp_path):
    keyring.signer(GATE)
    (tmp_path / folder).chmod(0o777)
    sentence = "can be changed by others (mode 0777, wanted 0700)"
    assert sentence in refusal(lambda: Keyring(tmp_path / "keys").trusted(GATE)).message
    (tmp_path / "keys/public/gate" / f"{keyring.signer(GATE).public.id}.pem").unlink()
    assert sentence in refusal(lambda: Keyring(tmp_path / "keys").signer(GATE)).message


def test_a_key_folder_that_is_a_link_is_refused(keyring, tmp_path):
    keyring.signer(GATE)
    (tmp_path / "keys").rename(tmp_path / "elsewhere")
    (tmp_path / "keys").symlink_to("elsewhere")
    assert "is a symbolic link" in refusal(lambda: Keyring(tmp_path / "keys").trusted(GATE)).message


def test_a_home_without_space_or_leave_for_keys_is_refused(tmp_path):
    (tmp_path / "keys").write_text("a file where the folder should be")
    assert (
        "cannot be made: File exists; nothing was signed"
        in refusal(lambda: Keyring(tmp_path / "keys").signer(GATE)).message
    )


PUBLIC = {
    "under another name": (
        lambda path: path.rename(path.with_name(f"{'0' * 64}.pem")),
        "does not have the name that its content gives it",
    ),
    "no key": (lambda path: (path.unlink(), path.write_text("no")), "is not a public key in PEM form"),
    "a link": (
        lambda path: (path.rename(path.parents[1] / path.name), path.symlink_to(path.parents[1] / path.name)),
        "does not have the name that its content gives it",
    ),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "cannot be read: Is a directory"),
    "of another kind": (
        lambda path: (
            path.unlink(),
            path.write_bytes(
                rsa.generate_private_key(public_exponent=65537, key_size=2048)
                .public_key()
                .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            ),
        ),
        "is a key of another kind",
    ),
    "on an unknown curve": (
        lambda path: (
            path.unlink(),
            path.write_bytes(
                ec.generate_private_key(ec.SECP256K1())
                .public_key()
                .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            ),
        ),
        "is on the curve secp256k1, wanted",
    ),
}


@pytest.mark.parametrize(("bend", "sentence"), PUBLIC.values(), ids=list(PUBLIC))
def test_a_public_key_that_is_not_what_its_name_says_is_refused(bend, sentence, keyring, tmp_path):
    bend(tmp_path / "keys/public/gate" / f"{keyring.signer(GATE).public.id}.pem")
    assert sentence in refusal(lambda: Keyring(tmp_path / "keys").trusted(GATE)).message


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
    "a key without its first line": (f"{SECRET}\n-----END PRIVATE KEY-----", "GATES_KEY is no key"),
    "a path without file:": ("/secrets/gate.pem", "GATES_KEY is no key"),
    "another scheme": ("awskms:alias/x", "GATES_KEY is no key"),
    "a host": ("file://elsewhere/key.pem", "GATES_KEY is a file: URI with a host"),
    "PEM that is damaged": (
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n",
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


def test_one_key_for_both_kinds_of_document_is_refused(key_file, tmp_path):
    pem = key_file.read_text(encoding="ascii")
    both = Keyring(tmp_path / "keys", {GATE: pem, GATEKEEPER: pem})
    both.signer(GATE)
    assert refusal(lambda: both.signer(GATEKEEPER)).message == "GATES_KEY and GATES_GATEKEEPER_KEY are the same key"


def test_there_is_no_key_for_an_unknown_role(keyring):
    assert refusal(lambda: keyring.signer("owner")).message == "there is no key for 'owner'"


def test_a_policy_that_names_its_keys_trusts_no_other(keyring, tmp_path):
    mine = keyring.signer(GATE).public.id
    pinned = Keyring(tmp_path / "keys", pinned={GATE: ("0" * 64,)})
    assert pinned.trusted(GATE) == {}
    message = refusal(lambda: pinned.signer(GATE)).message
    assert f"the gate key {mine[:12]} is not among those that the policy trusts (000000000000)" in message
    assert set(Keyring(tmp_path / "keys", pinned={GATE: (mine,)}).trusted(GATE)) == {mine}


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
    assert error.remedy == "pip install '.[kms]'"


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


def test_a_public_key_is_named_by_its_content(key_file):
    key = PrivateKey.from_file(key_file).public
    assert PublicKey.from_pem(key.pem, "it") == key


def test_a_command_that_signs_nothing_does_not_import_the_cryptography():
    code = "import sys, gates.cli; gates.cli.build_parser(); sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_an_engine_takes_the_keys_out_of_the_environment_and_signs_with_them(key_file, tmp_path, monkeypatch):
    home = make_small_home(tmp_path / "project")
    monkeypatch.setenv("GATES_KEY", f"file://{key_file}")
    engine = home.engine
    assert "GATES_KEY" not in os.environ
    assert engine.keys.signer(GATE).public == PrivateKey.from_file(key_file).public


def test_a_retraining_signs_with_the_key_of_the_night(key_file, tmp_path, monkeypatch):
    home = make_small_home(tmp_path / "project")
    monkeypatch.setenv("GATES_KEY", f"file://{key_file}")
    watching = home.engine
    assert Cause(SimpleNamespace(id="n"), "x").engine_for(watching).keys is watching.keys
