"""`gates show` gives a verdict or decision as it was signed: opened for people, the envelope itself for other tools."""

import json

from promotion.small_home import NAME, SmallHome

from gates.attest import GATEKEEPER, STATEMENT_TYPE, open_envelope
from gates.attest.decision import read_decision
from gates.cli import main


def show(home: SmallHome, *arguments: str) -> int:
    return main(["show", *arguments, "--home", str(home.folder), "--policy", str(home.config)])


def test_a_version_lists_its_verdicts_and_decisions(home, capsys):
    assert show(home, f"{NAME}@1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [line.split()[:2] for line in told["verdicts"]] == [
        [gate, "passed"] for gate in ("data", "model", "drift", "endpoint")
    ]
    (decision,) = told["decisions"]
    kind, digest = decision.split()
    assert kind == "promotion"

    assert show(home, digest, "--json") == 0
    session = home.session
    envelope = capsys.readouterr().out.encode()
    decided = read_decision(open_envelope(envelope, STATEMENT_TYPE, session.keys.trusted(GATEKEEPER)))
    assert (decided.version, decided.epoch, decided.digest) == (1, 1, session.registry.version(NAME, 1).digest)


def test_verdict_and_decision_are_opened_for_people(home, capsys):
    session = home.session
    entry = session.registry.log(NAME)[0]
    assert show(home, str(entry.decision), "--full") == 0
    assert "verificationResult  PASSED" in capsys.readouterr().out
    assert show(home, str(entry.verdicts[0]), "--full") == 0
    assert "result  PASSED" in capsys.readouterr().out
    assert show(home, str(entry.decision)) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"promotion: {NAME} version 1 became champion, epoch 1\n")
    assert all(str(verdict) in out for verdict in entry.verdicts)
    assert show(home, str(entry.verdicts[0])) == 0
    version = session.registry.version(NAME, 1)
    assert capsys.readouterr().out.startswith(f"the data gate passed {NAME} {version.digest.short}: 1 passed\n")


def test_what_no_trusted_key_signed_is_not_opened(home, capsys):
    session = home.session
    digest = session.registry.log(NAME)[0].verdicts[0]
    (home.project.root / ".gates/keys/public/gate" / f"{session.keys.signer('gate').public.id}.pem").unlink()
    assert show(home, str(digest)) == 3
    assert "is signed by the unknown key" in capsys.readouterr().err
