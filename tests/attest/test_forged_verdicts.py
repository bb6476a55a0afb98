"""Promotion reads nothing that a trusted gate key did not sign: every way to slip another document in is a reason to refuse."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from promotion.small_home import NAME, SmallHome, make_small_home

from gates import documents
from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, KeyRefused, Keyring, sign
from gates.attest.decision import PREDICATE as SUMMARY
from gates.attest.envelope import LARGEST
from gates.attest.result import read_result, write_result
from gates.attest.statement import Statement, write_statement
from gates.errors import PromotionRefused
from gates.promotion.execute import promote
from gates.reason import Code, Reason
from gates.workflow.pipeline import RunRequest, run_pipeline


@pytest.fixture
def home(tmp_path) -> SmallHome:
    return make_small_home(tmp_path / "project")


@pytest.fixture
def version(home):
    return home.judged("A")


def newest(home: SmallHome, version, gate: str = "model") -> bytes:
    """The envelope of the newest verdict."""
    registry = home.session.registry
    kept = [verdict for verdict in registry.verdicts(NAME, version.digest) if verdict.gate == gate]
    return registry.verdict_document(kept[-1].digest)


def keep(home: SmallHome, version, document: bytes, gate: str = "model") -> None:
    home.session.registry.keep_verdict(NAME, gate, version.digest, document, True, home.clock())


def why(home: SmallHome, version) -> str:
    session = home.session
    with pytest.raises(PromotionRefused) as refused:
        promote(session, version)
    assert session.registry.champion(NAME) is None
    return "\n".join(map(str, refused.value.reasons))


def test_four_signed_verdicts_carry_a_promotion(home, version):
    assert promote(home.session, version).epoch == 1


def payload(envelope: bytes) -> bytes:
    return base64.b64decode(json.loads(envelope)["payload"])


def unsigned(home, envelope):
    return payload(envelope)


def cut(home, envelope):
    return envelope[: len(envelope) // 2]


def bloated(home, envelope):
    return envelope + b" " * LARGEST


def edited(home, envelope):
    content = json.loads(envelope)
    changed = payload(envelope).replace(b'"outcome":"passed"', b'"outcome":"failed"')
    assert changed != payload(envelope)
    return documents.dump({**content, "payload": base64.b64encode(changed).decode()})


def by_a_stranger(home, envelope):
    return sign(STATEMENT_TYPE, payload(envelope), Keyring(home.project.root / "strangers").signer(GATE))


def by_the_gatekeeper(home, envelope):
    return sign(STATEMENT_TYPE, payload(envelope), home.session.keys.signer(GATEKEEPER))


def under_a_borrowed_name(home, envelope):
    content = json.loads(by_a_stranger(home, envelope))
    content["signatures"][0]["keyid"] = home.session.keys.signer(GATE).public.id
    return documents.dump(content)


def of_another_kind(home, envelope):
    return sign("application/x", payload(envelope), home.session.keys.signer(GATE))


def of_another_predicate(home, envelope):
    statement = write_statement(Statement(NAME, home.session.policy.digest, {}), SUMMARY)
    return sign(STATEMENT_TYPE, statement, home.session.keys.signer(GATE))


def with_a_key_twice(home, envelope):
    twice = payload(envelope).replace(b'{"_type"', b'{"_type":"https://in-toto.io/Statement/v1","_type"')
    assert twice != payload(envelope)
    return sign(STATEMENT_TYPE, twice, home.session.keys.signer(GATE))


def with_nan(home, envelope):
    changed = payload(envelope).replace(b'"epoch":0', b'"epoch":NaN')
    assert changed != payload(envelope)
    return sign(STATEMENT_TYPE, changed, home.session.keys.signer(GATE))


def a_bomb(home, envelope):
    return sign(STATEMENT_TYPE, b"[" * 200_000, home.session.keys.signer(GATE))


FORGERIES = {
    "unsigned": (unsigned, "model gate: the verdict is not an envelope of ours: its fields are _type, predicate"),
    "truncated": (cut, "model gate: the verdict cannot be read: "),
    "oversized": (bloated, "model gate: the verdict is larger than 2 MiB"),
    "edited": (edited, "model gate: the verdict was not signed by the key that it names"),
    "signed by an unknown key": (by_a_stranger, "model gate: the verdict is signed by the unknown key"),
    "signed by the gatekeeper": (by_the_gatekeeper, "model gate: the verdict is signed by the unknown key"),
    "a spoofed key id": (under_a_borrowed_name, "model gate: the verdict was not signed by the key that it names"),
    "another payload type": (of_another_kind, "model gate: the verdict is not an envelope of ours: its payload type is"),
    "another predicate type": (of_another_predicate, f"model gate: the verdict cannot be read: its predicate type is '{SUMMARY}'"),
    "a key twice in signed JSON": (with_a_key_twice, "model gate: the verdict cannot be read: the key '_type' stands twice"),
    "NaN in signed JSON": (with_nan, "model gate: the verdict cannot be read: it holds NaN"),
    "a bomb in signed JSON": (a_bomb, "model gate: the verdict cannot be read: "),
}  # fmt: skip


@pytest.mark.parametrize(("forge", "sentence"), FORGERIES.values(), ids=list(FORGERIES))
def test_a_forged_verdict_carries_nothing(forge, sentence, home, version):
    keep(home, version, forge(home, newest(home, version)))
    reasons = why(home, version)
    assert reasons.startswith(sentence)
    assert reasons.count("\n") == 0, "and it is the only reason"


def test_the_verdict_of_one_gate_does_not_pass_for_anothers(home, version):
    bent = json.loads(newest(home, version, "data"))
    keep(home, version, json.dumps(bent, indent=1).encode(), "endpoint")
    assert why(home, version).splitlines() == [
        "data gate: 2 verdicts where one is wanted",
        "endpoint gate: no verdict; run gates check endpoint",
    ]


def test_the_verdict_about_another_model_does_not_carry_this_one(home, version):
    other = home.judged("B")
    bent = json.loads(newest(home, other))
    keep(home, version, json.dumps(bent, indent=1).encode())
    assert why(home, version) == "model gate: the verdict is about another model file"


def test_a_refusal_that_the_registry_lists_as_passed_does_not_carry(home, version):
    verdict = read_result(payload(newest(home, version)))
    refused = write_result(replace(verdict, passed=False, reasons=(Reason(Code.BOUND_MISSED, "rows = 3"),)))
    keep(home, version, sign(STATEMENT_TYPE, refused, home.session.keys.signer(GATE)))
    assert why(home, version) == "model gate: it refused: rows = 3"


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [(25, "the verdict is 1 day, 1:00:00 old, allowed 1 day, 0:00:00"), (-1, "the verdict is from the future")],
)
def test_a_stale_or_future_verdict_does_not_carry(hours, sentence, home, version):
    home.clock.now += timedelta(hours=hours)
    assert [line for line in why(home, version).splitlines() if sentence not in line] == []


def test_verdicts_are_used_once(home, version):
    promote(home.session, version)
    other = home.judged("B")
    promote(home.session, other)
    with pytest.raises(PromotionRefused) as refused:
        promote(home.session, version)
    assert refused.value.reasons[0].code is Code.VERDICT_MISSING
    spelt_otherwise = json.dumps(json.loads(newest(home, version)), indent=1).encode()
    keep(home, version, spelt_otherwise)
    with pytest.raises(PromotionRefused, match="the champion changed since the gate judged \\(epoch 0, now 2\\)"):
        promote(home.session, version)


def test_a_key_that_the_policy_does_not_name_neither_signs_nor_counts(home, version):
    mine = home.session.keys.signer(GATE).public.id
    home.gates(f'trust = {{ gate = ["{"0" * 64}"] }}')
    session = home.session
    with pytest.raises(PromotionRefused) as refused:
        promote(session, version)
    assert f"is signed by the unknown key '{mine[:12]}" in refused.value.reasons[0].text
    with pytest.raises(KeyRefused, match="is not among those that the policy trusts"):
        home.judge(version)
    home.project.edit("pyproject.toml", "0" * 64, mine)
    home.judge(version)
    assert promote(home.session, version).epoch == 1


def test_a_key_of_the_home_that_others_can_read_promotes_nothing(home, version):
    home.session.keys.signer(GATEKEEPER)
    (home.project.root / ".gates/keys/gatekeeper.pem").chmod(0o644)
    with pytest.raises(KeyRefused, match="is open to others"):
        promote(home.session, version)
    assert home.session.registry.champion(NAME) is None


@pytest.mark.parametrize("role", [GATE, GATEKEEPER])
def test_a_key_that_must_not_be_used_is_told_before_anything_is_judged(role, home, monkeypatch):
    home.session.keys.signer(role)
    (home.project.root / f".gates/keys/{role}.pem").chmod(0o640)
    monkeypatch.setattr("fakes.work.FakeWork.take", lambda *_: pytest.fail("the data were taken"))
    with pytest.raises(KeyRefused, match=f"{role}.pem is open to others \\(mode 0640, wanted 0600\\)"):
        run_pipeline(home.session, RunRequest())
