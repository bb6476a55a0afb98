"""A key is made once, for this user alone; who is trusted to sign what, and who is not."""

import os
import subprocess
import sys
import threading

from attest.signing import refusal

from gates.attest import GATE, GATEKEEPER, Keyring, PublicKey
from gates.attest.keys import PrivateKey


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


def test_a_home_without_space_or_leave_for_keys_is_refused(tmp_path):
    (tmp_path / "keys").write_text("a file where the folder should be")
    assert (
        "cannot be made: File exists; nothing was signed"
        in refusal(lambda: Keyring(tmp_path / "keys").signer(GATE)).message
    )


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


def test_a_public_key_is_named_by_its_content(key_file):
    key = PrivateKey.from_file(key_file).public
    assert PublicKey.from_pem(key.pem, "it") == key


def test_a_command_that_signs_nothing_does_not_import_the_cryptography():
    code = "import sys, gates.cli; gates.cli.build_parser(); sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
