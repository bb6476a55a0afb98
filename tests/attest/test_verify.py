"""`gates verify` finds what is not what was signed, even where the ledger agrees with itself."""

import json
import shutil
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from promotion.small_home import NAME, SmallHome, SmallWork, make_small_home

from gates import asking
from gates.asking import ask_champion
from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, Keyring, open_envelope, sign
from gates.attest.decision import read_decision, write_decision
from gates.attest.result import read_result, write_result
from gates.cli import main
from gates.digest import Digest
from gates.errors import ConfigError, PromotionRefused
from gates.promoting import decide, promote_version
from gates.registry import Registry
from gates.verifying import verify
from ml.asking import ask_identity
from ml.backends.azure.work import AzureWork
from ml.backends.local.work import LocalWork
from ml.errors import EndpointError


@pytest.fixture
def home(tmp_path) -> SmallHome:
    home = make_small_home(tmp_path / "project")
    promote_version(home.engine, home.judged("A"))
    return home


def found(home: SmallHome) -> list[str]:
    engine = home.engine
    return [str(finding) for finding in verify(engine.registry, engine.keys, engine.landmarks, NAME)]


def folder(home: SmallHome) -> Path:
    return home.project.root / ".gates"


def test_a_home_that_promoted_by_the_rules_is_sound(home):
    promote_version(home.engine, home.judged("B"))
    assert found(home) == []


def test_verify_writes_nothing_beside_sqlites_own_file(home):
    def listing() -> dict[str, bytes]:
        files = (path for path in folder(home).rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files if not path.name.startswith("registry.db")}

    home.engine.registry.close()
    before = listing()
    assert main(["verify", "--home", str(folder(home)), "--policy", str(home.config)]) == 0
    assert listing() == before


def test_a_verdict_that_nobody_signed_is_found(home):
    engine = home.engine
    version = engine.registry.version(NAME, 1)
    digest = engine.registry.keep_verdict(NAME, "model", version.digest, b'{"passed":true}', True, home.clock())
    (only,) = found(home)
    assert only.startswith(f"verdict {digest.short} of the model gate about {NAME}@1: it is not an envelope of ours")


def test_a_row_that_says_more_than_was_signed_is_found(home):
    engine = home.engine
    version = engine.registry.version(NAME, 1)
    kept = engine.registry.verdicts(NAME, version.digest)[0]
    spelt = json.dumps(json.loads(engine.registry.verdict_document(kept.digest)), indent=2).encode()
    engine.registry.keep_verdict(NAME, "endpoint", version.digest, spelt, True, kept.at)
    (only,) = found(home)
    assert "what was signed is not what the registry lists: the row was written by hand" in only


def promote_by_hand(home: SmallHome, decision: bytes) -> None:
    """What somebody with the library and no gatekeeper key can do: a sound chain, and no decision."""
    engine = home.engine
    version, champion = home.judged("B"), engine.champion()
    kept = [verdict.digest for verdict in engine.registry.verdicts(NAME, version.digest)]
    expected = (champion.epoch, champion.version.digest)
    engine.registry.promote(NAME, version.version, expected=expected, verdicts=kept, decision=decision)


def last_decision(home: SmallHome) -> bytes:
    engine = home.engine
    return engine.registry.blobs.read(engine.registry.log(NAME)[-1].decision)


FAKES = {
    "no envelope": (lambda home: b"{}", "it is not an envelope of ours"),
    "an old decision again": (
        last_decision,
        "another version, model, epoch, champion before, verdicts than the log says",
    ),
    "a stranger's": (
        lambda home: sign(STATEMENT_TYPE, b"{}", Keyring(folder(home) / "strangers").signer(GATEKEEPER)),
        "is signed by the unknown key",
    ),
    "the gate key's": (
        lambda home: sign(STATEMENT_TYPE, b"{}", home.engine.keys.signer(GATE)),
        "is signed by the unknown",
    ),
}


@pytest.mark.parametrize(("fake", "sentence"), FAKES.values(), ids=list(FAKES))
def test_a_promotion_without_its_signed_decision_is_found(fake, sentence, home):
    promote_by_hand(home, fake(home))
    assert home.engine.champion().epoch == 2
    assert any(f"decision of promotion {NAME} epoch 2: " in line and sentence in line for line in found(home))


def test_a_decision_signed_for_another_kind_of_move_is_found(home):
    engine = home.engine
    keys = engine.keys
    payload = open_envelope(last_decision(home), STATEMENT_TYPE, keys.trusted(GATEKEEPER))
    version, champion = home.judged("B"), engine.champion()
    kept = {verdict.gate: verdict.digest for verdict in engine.registry.verdicts(NAME, version.digest)}
    decided = replace(
        read_decision(payload), version=2, digest=version.digest, epoch=2, before=champion.version.digest,
        verdicts=kept, kind="break-glass",
    )  # fmt: skip
    decision = sign(STATEMENT_TYPE, write_decision(decided), keys.signer(GATEKEEPER))
    expected = (1, champion.version.digest)
    engine.registry.promote(NAME, 2, expected=expected, verdicts=list(kept.values()), decision=decision)
    assert found(home) == [
        f"decision of promotion {NAME} epoch 2: it was signed for another kind than the log says;"
        " restore the home from a backup; do not serve from it"
    ]


BENT = {"another policy": {"policy": Digest.of_bytes(b"x")}, "another epoch": {"champion_epoch": 7}}


@pytest.mark.parametrize("bound", BENT.values(), ids=list(BENT))
def test_a_promotion_whose_verdicts_never_carried_it_is_found_although_all_is_signed(bound, home):
    """Somebody with both keys and the library, who left out the rules."""
    engine = home.engine
    version, champion = home.judged("B"), engine.champion()
    kept = {verdict.gate: verdict.digest for verdict in engine.registry.verdicts(NAME, version.digest)}
    envelope = engine.registry.verdict_document(kept["model"])
    verdict = read_result(open_envelope(envelope, STATEMENT_TYPE, engine.keys.trusted(GATE)))
    bent = replace(verdict, binding=replace(verdict.binding, **bound))
    document = sign(STATEMENT_TYPE, write_result(bent), engine.keys.signer(GATE))
    kept["model"] = engine.registry.keep_verdict(NAME, "model", version.digest, document, True, bent.at)
    decide(engine, version, champion, kept)
    (only,) = found(home)
    assert "epoch 2: the model gate's verdict is bound to another model, policy or champion; " in only


def test_a_promotion_on_fewer_verdicts_is_found(home):
    engine = home.engine
    version, champion = home.judged("B"), engine.champion()
    kept = {verdict.gate: verdict.digest for verdict in engine.registry.verdicts(NAME, version.digest)}
    decide(engine, version, champion, {"data": kept["data"]})
    (only,) = found(home)
    assert "epoch 2: it stands on verdicts of data, wanted data, model, drift, endpoint; " in only


def test_a_promotion_while_verify_looks_is_no_finding(home, monkeypatch):
    """The log was read before it, the landmark after it."""
    engine = home.engine
    promoted: list[int] = []

    def meanwhile(name: str):
        log = Registry.log(engine.registry, name)
        if not promoted:
            promoted.append(promote_version(home.engine, home.judged("B")))
        return log

    monkeypatch.setattr(engine.registry, "log", meanwhile)
    assert verify(engine.registry, engine.keys, engine.landmarks, NAME) == ()
    assert promoted == [2]


def test_a_lost_public_key_is_found(home):
    shutil.rmtree(folder(home) / "keys" / "public" / "gatekeeper")
    lines = "\n".join(found(home))
    assert "is signed by the unknown key" in lines
    assert "trusted here: none" in lines


def test_a_key_folder_that_others_can_change_is_found(home):
    (folder(home) / "keys").chmod(0o777)
    assert any("signatures: the key folder" in line and "can be changed by others" in line for line in found(home))


@pytest.mark.parametrize("role", ["gate", "gatekeeper"])
def test_a_private_key_that_others_can_read_is_found(role, home):
    (folder(home) / "keys" / f"{role}.pem").chmod(0o644)
    (only,) = found(home)
    assert only.startswith(
        f"keys: the key file {folder(home)}/keys/{role}.pem is open to others (mode 0644, wanted 0600)"
    )


def told(home: SmallHome, *arguments: str, capsys) -> tuple[int, str]:
    code = main(["verify", "--home", str(folder(home)), "--policy", str(home.config), *arguments])
    return code, capsys.readouterr().out


def test_a_replaced_blob_is_found_and_named(home, capsys):
    model = folder(home) / "blobs" / home.engine.registry.version(NAME, 1).digest.hex[:2]
    (blob,) = model.iterdir()
    blob.chmod(0o644)
    blob.write_bytes(b"another model")
    code, out = told(home, capsys=capsys)
    assert code == 1
    assert f"{NAME}@1: {blob.name} no longer holds the bytes that were judged" in out


def test_a_hand_moved_alias_is_found_and_named(home, capsys):
    import sqlite3

    home.judged("B")
    connection = sqlite3.connect(folder(home) / "registry.db", isolation_level=None)
    (rule,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'alias_is_moved_by_promotion'").fetchone()
    connection.execute("DROP TRIGGER alias_is_moved_by_promotion")
    connection.execute("UPDATE alias SET version = 2")
    connection.execute(rule)
    connection.close()
    code, out = told(home, capsys=capsys)
    assert code == 1
    assert f"champion of {NAME}: the alias says version 2 at epoch 1, the log says version 1 at epoch 1" in out
    engine = home.engine
    with pytest.raises(PromotionRefused, match="was moved by hand"):
        engine.registry.promote(NAME, 2, expected=(1, None), verdicts=[], decision=b"x")


def test_an_emptied_home_is_found_by_its_landmark(home, capsys):
    for path in folder(home).glob("registry.db*"):
        path.unlink()
    shutil.rmtree(folder(home) / "blobs")
    code, out = told(home, capsys=capsys)
    assert code == 1
    assert "this registry knows of none: it was lost or emptied" in out


def test_a_sound_home_is_told_as_sound(home, capsys):
    assert told(home, capsys=capsys) == (
        0,
        "sound: every byte is what was recorded and signed; no endpoint was asked\n",
    )


def test_watching_ends_at_the_first_finding(home, capsys, monkeypatch):
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 2:
            shutil.rmtree(folder(home) / "keys" / "public" / "gate")

    monkeypatch.setattr("gates.cli.verify.time.sleep", sleep)
    code, out = told(home, "--watch", "--every", "2m", capsys=capsys)
    assert code == 1
    assert looks == [120.0, 120.0]
    assert out.count("sound: ") == 2
    assert "trusted here: none" in out


@pytest.mark.parametrize("every", ["0s", "soon", "5"])
def test_a_pause_that_is_none_is_refused(every, home, capsys):
    assert main(["verify", "--home", str(folder(home)), "--every", every]) == 2
    assert f"--every {every!r} is no length of time" in capsys.readouterr().err


class Answering(SmallWork):
    """Work that can be asked."""

    def __init__(self, url: str | None = None) -> None:
        super().__init__()
        object.__setattr__(self, "url", url)

    def serving(self, home: Path) -> str | None:
        return self.url

    def identify(self, url: str, golden: Path, key: str):
        return ask_identity(url, golden, key)


@pytest.fixture
def answers():
    """A server that says what it is told to; (status, body)."""
    said = {"status": 200, "body": b"{}", "asked": []}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said["asked"].append(
                (self.path, self.headers.get("Authorization"), self.rfile.read(int(self.headers["Content-Length"])))
            )
            self.send_response(said["status"])
            self.end_headers()
            self.wfile.write(said["body"])

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    said["url"] = f"http://127.0.0.1:{server.server_port}"
    yield said
    server.shutdown()
    thread.join()
    server.server_close()


GOLDEN = {"schema": 1, "rows": [{"x": 1.5}], "matrix": None, "predictions": [0], "probabilities": None}


@pytest.fixture
def served(tmp_path, answers, monkeypatch):
    """A champion with golden rows; a call asks what is served and gives the findings."""
    monkeypatch.setattr(asking, "_SETTLES", 0.0)
    registry = Registry(tmp_path / "served")
    model = registry.blobs.put_bytes(b"model")
    golden = registry.blobs.put_bytes(json.dumps(GOLDEN).encode())
    registry.register(NAME, model, {"golden": str(golden)})
    verdict = registry.keep_verdict(NAME, "model", model, b"v", True, home_time())
    registry.promote(NAME, 1, expected=(0, None), verdicts=[verdict], decision=b"d")

    def ask(url: str = "", key: str = "", **answer: object) -> str:
        answers.update(answer)
        findings, said = ask_champion(Answering(answers["url"]), registry, tmp_path, url, key)
        return "\n".join(map(str, findings)) or said

    ask.digest = str(model)
    return ask


def home_time():
    from promotion.small_home import NOON

    return NOON


def names(name: str = NAME, version: int = 1, digest: str = "") -> bytes:
    return json.dumps({"result": [0], "model": {"name": name, "version": version, "digest": digest}}).encode()


def test_an_endpoint_that_serves_the_champion_is_sound(served, answers):
    assert served(body=names(digest=served.digest)) == f"{answers['url']} serves the champion"
    assert answers["asked"] == [("/score", None, b'{"data": [{"x": 1.5}]}')]


def test_the_key_of_an_endpoint_goes_with_the_question(served, answers):
    served(answers["url"] + "/score", "secret", body=names(digest=served.digest))
    assert answers["asked"][0][:2] == ("/score", "Bearer secret")


WRONG = {
    "another model": (200, names(digest=str(Digest.of_bytes(b"other"))), "but the champion is papers version 1"),
    "another version": (200, names(version=2), "it serves papers version 2"),
    "another name": (200, names(name="letters"), "it serves letters version 1"),
    "no model": (200, b'{"result": [0]}', "does not say which model it serves: 'model'"),
    "an error with status 200": (200, b"<html>", "does not say which model it serves"),
    "an error": (500, b"", "does not say which model it serves: it answered with status 500"),
    "a redirect": (302, b"", "does not say which model it serves: it answered with status 302"),
    "a refusal": (401, b"", "does not say which model it serves: it answered with status 401"),
    "a key twice": (200, b'{"model": {}, "model": {}}', "does not say which model it serves"),
}


@pytest.mark.parametrize(("status", "body", "sentence"), WRONG.values(), ids=list(WRONG))
def test_an_endpoint_that_serves_something_else_is_found(status, body, sentence, served):
    assert sentence in served(status=status, body=body)


def test_an_endpoint_that_is_gone_is_found(served):
    assert "endpoint http://127.0.0.1:9: http://127.0.0.1:9 does not answer" in served("http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("url", "key", "sentence"),
    [
        ("ftp://x", "", "'ftp://x' is no address of an endpoint"),
        ("x", "", "'x' is no address of an endpoint"),
        ("http://example.com", "secret", "http://example.com would carry the key in clear text"),
    ],
)
def test_an_address_that_cannot_be_asked_safely_is_refused(url, key, sentence, tmp_path):
    (tmp_path / "golden.json").write_text(json.dumps(GOLDEN))
    with pytest.raises(EndpointError) as refused:
        ask_identity(url, tmp_path / "golden.json", key)
    assert refused.value.message == sentence


def test_an_endpoint_without_a_champion_is_found(answers, tmp_path, monkeypatch):
    monkeypatch.setattr(asking, "_SETTLES", 0.0)
    registry = Registry(tmp_path / "served")
    (finding,), _ = ask_champion(Answering(answers["url"]), registry, tmp_path, "", "")
    assert "no version of papers is registered, so nothing can serve" in str(finding)
    golden = registry.blobs.put_bytes(json.dumps(GOLDEN).encode())
    registry.register(NAME, registry.blobs.put_bytes(b"model"), {"golden": str(golden)})
    answers["body"] = names(digest=str(golden))
    (finding,), _ = ask_champion(Answering(answers["url"]), registry, tmp_path, "", "")
    assert "it serves papers version 1" in str(finding)
    assert "but nobody is champion" in str(finding)


def test_work_that_cannot_ask_is_not_asked(home, tmp_path):
    registry = home.engine.registry
    assert ask_champion(SmallWork(), registry, tmp_path, "", "") == ((), "no endpoint was asked")
    assert ask_champion(Answering(None), registry, tmp_path, "", "") == (
        (),
        "no endpoint serves the champion from here",
    )
    with pytest.raises(ConfigError, match="this work cannot ask an endpoint"):
        ask_champion(SmallWork(), registry, tmp_path, "http://127.0.0.1:9", "")


@pytest.mark.parametrize("place", ["local", "azure"])
def test_every_work_of_ours_can_be_asked(place, answers, tmp_path):
    (tmp_path / "golden.json").write_text(json.dumps(GOLDEN))
    answers["body"] = names(digest="sha256:x")
    local = LocalWork(tmp_path, None)
    work = local if place == "local" else AzureWork(tmp_path, None, None, local)
    found = work.identify(answers["url"], tmp_path / "golden.json", "secret")
    assert (found.name, found.version, found.digest) == (NAME, 1, "sha256:x")
    assert answers["asked"][0][1] == "Bearer secret"
    assert work.serving(tmp_path) is None
