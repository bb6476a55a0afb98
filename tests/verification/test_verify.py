"""`gates verify` finds what is not what was signed, even where the ledger agrees with itself."""

import json
import shutil
from dataclasses import replace

import pytest
from promotion.small_home import NAME, SmallHome

from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, Keyring, open_envelope, sign
from gates.attest.decision import read_decision, write_decision
from gates.attest.result import read_result, write_result
from gates.digest import Digest
from gates.promotion.execute import move_champion, promote
from gates.registry import Registry
from gates.verification.signatures import verify


def found(home: SmallHome) -> list[str]:
    session = home.session
    return [str(finding) for finding in verify(session.registry, session.keys, session.landmarks, NAME)]


def test_a_home_that_promoted_by_the_rules_is_sound(home):
    promote(home.session, home.judged("B"))
    assert found(home) == []


def test_a_verdict_that_nobody_signed_is_found(home):
    session = home.session
    version = session.registry.version(NAME, 1)
    digest = session.registry.keep_verdict(NAME, "model", version.digest, b'{"passed":true}', True, home.clock())
    (only,) = found(home)
    assert only.startswith(f"verdict {digest.short} of the model gate about {NAME}@1: it is not an envelope of ours")


def test_a_row_that_says_more_than_was_signed_is_found(home):
    session = home.session
    version = session.registry.version(NAME, 1)
    kept = session.registry.verdicts(NAME, version.digest)[0]
    spelt = json.dumps(json.loads(session.registry.verdict_document(kept.digest)), indent=2).encode()
    session.registry.keep_verdict(NAME, "endpoint", version.digest, spelt, True, kept.at)
    (only,) = found(home)
    assert "what was signed is not what the registry lists: the row was written by hand" in only


def promote_by_hand(home: SmallHome, decision: bytes) -> None:
    """What somebody with the library and no gatekeeper key can do: a sound chain, and no decision."""
    session = home.session
    version, champion = home.judged("B"), session.champion()
    kept = [verdict.digest for verdict in session.registry.verdicts(NAME, version.digest)]
    expected = (champion.epoch, champion.version.digest)
    session.registry.promote(NAME, version.version, expected=expected, verdicts=kept, decision=decision)


def last_decision(home: SmallHome) -> bytes:
    session = home.session
    return session.registry.blobs.read(session.registry.log(NAME)[-1].decision)


FAKES = {
    "no envelope": (lambda home: b"{}", "it is not an envelope of ours"),
    "an old decision again": (
        last_decision,
        "another version, model, epoch, champion before, verdicts than the log says",
    ),
    "a stranger's": (
        lambda home: sign(STATEMENT_TYPE, b"{}", Keyring(home.folder / "strangers").signer(GATEKEEPER)),
        "is signed by the unknown key",
    ),
    "the gate key's": (
        lambda home: sign(STATEMENT_TYPE, b"{}", home.session.keys.signer(GATE)),
        "is signed by the unknown",
    ),
}


@pytest.mark.parametrize(("fake", "sentence"), FAKES.values(), ids=list(FAKES))
def test_a_promotion_without_its_signed_decision_is_found(fake, sentence, home):
    promote_by_hand(home, fake(home))
    assert home.session.champion().epoch == 2
    assert any(f"decision of promotion {NAME} epoch 2: " in line and sentence in line for line in found(home))


def test_a_decision_signed_for_another_kind_of_move_is_found(home):
    session = home.session
    keys = session.keys
    payload = open_envelope(last_decision(home), STATEMENT_TYPE, keys.trusted(GATEKEEPER))
    version, champion = home.judged("B"), session.champion()
    kept = {verdict.gate: verdict.digest for verdict in session.registry.verdicts(NAME, version.digest)}
    decided = replace(
        read_decision(payload), version=2, digest=version.digest, epoch=2, before=champion.version.digest,
        verdicts=kept, kind="break-glass",
    )  # fmt: skip
    decision = sign(STATEMENT_TYPE, write_decision(decided), keys.signer(GATEKEEPER))
    expected = (1, champion.version.digest)
    session.registry.promote(NAME, 2, expected=expected, verdicts=list(kept.values()), decision=decision)
    assert found(home) == [
        f"decision of promotion {NAME} epoch 2: it was signed for another kind than the log says;"
        " restore the home from a backup; do not serve from it"
    ]


BENT = {"another policy": {"policy": Digest.of_bytes(b"x")}, "another epoch": {"champion_epoch": 7}}


@pytest.mark.parametrize("bound", BENT.values(), ids=list(BENT))
def test_a_promotion_whose_verdicts_never_carried_it_is_found_although_all_is_signed(bound, home):
    """Somebody with both keys and the library, who left out the rules."""
    session = home.session
    version, champion = home.judged("B"), session.champion()
    kept = {verdict.gate: verdict.digest for verdict in session.registry.verdicts(NAME, version.digest)}
    envelope = session.registry.verdict_document(kept["model"])
    verdict = read_result(open_envelope(envelope, STATEMENT_TYPE, session.keys.trusted(GATE)))
    bent = replace(verdict, binding=replace(verdict.binding, **bound))
    document = sign(STATEMENT_TYPE, write_result(bent), session.keys.signer(GATE))
    kept["model"] = session.registry.keep_verdict(NAME, "model", version.digest, document, True, bent.at)
    move_champion(session, version, champion, kept)
    (only,) = found(home)
    assert "epoch 2: the model gate's verdict is bound to another model, policy or champion; " in only


def test_a_promotion_on_fewer_verdicts_is_found(home):
    session = home.session
    version, champion = home.judged("B"), session.champion()
    kept = {verdict.gate: verdict.digest for verdict in session.registry.verdicts(NAME, version.digest)}
    move_champion(session, version, champion, {"data": kept["data"]})
    (only,) = found(home)
    assert "epoch 2: it stands on verdicts of data, wanted data, model, drift, endpoint; " in only


def test_a_promotion_while_verify_looks_is_no_finding(home, monkeypatch):
    """The log was read before it, the landmark after it."""
    session = home.session
    promoted: list[int] = []

    def meanwhile(name: str):
        log = Registry.log(session.registry, name)
        if not promoted:
            outcome = promote(home.session, home.judged("B"))
            promoted.append(outcome.epoch)
        return log

    monkeypatch.setattr(session.registry, "log", meanwhile)
    assert verify(session.registry, session.keys, session.landmarks, NAME) == ()
    assert promoted == [2]


def test_a_lost_public_key_is_found(home):
    shutil.rmtree(home.folder / "keys" / "public" / "gatekeeper")
    lines = "\n".join(found(home))
    assert "is signed by the unknown key" in lines
    assert "trusted here: none" in lines


def test_a_key_folder_that_others_can_change_is_found(home):
    (home.folder / "keys").chmod(0o777)
    assert any("signatures: the key folder" in line and "can be changed by others" in line for line in found(home))


@pytest.mark.parametrize("role", ["gate", "gatekeeper"])
def test_a_private_key_that_others_can_read_is_found(role, home):
    (home.folder / "keys" / f"{role}.pem").chmod(0o644)
    (only,) = found(home)
    assert only.startswith(
        f"keys: the key file {home.folder}/keys/{role}.pem is open to others (mode 0644, wanted 0600)"
    )
