"""A key file or folder that others can read or change, or that holds another kind of key, signs nothing and is not trusted."""

import os

import pytest
from attest.signing import pem_of, refusal, signer_of
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PublicFormat

from gates.attest import GATE, KeyRefused, Keyring

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
