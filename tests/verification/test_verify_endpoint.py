"""`gates verify` asks what serves: another model than the champion, or no answer, is a finding."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from fakes.work import FakeServingWork, FakeWork
from promotion.small_home import NAME, NOON

from gates.digest import Digest
from gates.errors import ConfigError
from gates.registry import Registry
from gates.verification import endpoint_identity
from gates.verification.endpoint_identity import ask_champion
from gates.work.backends.azure.work import AzureWork
from gates.work.backends.local.work import LocalWork
from gates.work.errors import EndpointError
from gates.work.serving.identity import ask_identity


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
    monkeypatch.setattr(endpoint_identity, "_SETTLES", 0.0)
    registry = Registry(tmp_path / "served")
    model = registry.blobs.put_bytes(b"model")
    golden = registry.blobs.put_bytes(json.dumps(GOLDEN).encode())
    registry.register(NAME, model, {"golden": str(golden)})
    verdict = registry.keep_verdict(NAME, "model", model, b"v", True, NOON)
    registry.promote(NAME, 1, expected=(0, None), verdicts=[verdict], decision=b"d")

    def ask(url: str = "", key: str = "", **answer: object) -> str:
        answers.update(answer)
        findings, said = ask_champion(
            FakeServingWork(address=answers["url"], ask=ask_identity), registry, tmp_path, url, key
        )
        return "\n".join(map(str, findings)) or said

    ask.digest = str(model)
    return ask


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
    monkeypatch.setattr(endpoint_identity, "_SETTLES", 0.0)
    registry = Registry(tmp_path / "served")
    (finding,), _ = ask_champion(FakeServingWork(address=answers["url"], ask=ask_identity), registry, tmp_path, "", "")
    assert "no version of papers is registered, so nothing can serve" in str(finding)
    golden = registry.blobs.put_bytes(json.dumps(GOLDEN).encode())
    registry.register(NAME, registry.blobs.put_bytes(b"model"), {"golden": str(golden)})
    answers["body"] = names(digest=str(golden))
    (finding,), _ = ask_champion(FakeServingWork(address=answers["url"], ask=ask_identity), registry, tmp_path, "", "")
    assert "it serves papers version 1" in str(finding)
    assert "but nobody is champion" in str(finding)


def test_work_that_cannot_ask_is_not_asked(home, tmp_path):
    registry = home.session.registry
    assert ask_champion(FakeWork(), registry, tmp_path, "", "") == ((), "no endpoint was compared")
    assert ask_champion(FakeServingWork(), registry, tmp_path, "", "") == (
        (),
        "no endpoint serves the champion from here",
    )
    with pytest.raises(ConfigError, match="this work cannot ask an endpoint"):
        ask_champion(FakeWork(), registry, tmp_path, "http://127.0.0.1:9", "")


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
