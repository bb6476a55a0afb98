"""The function answers from an environment that holds what infra/function/requirements.txt lists, and nothing else of ours.

Its marks lie in a blob container, opened with the identity of the function: both are stood in for by one https server.
"""

import json
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from subprocess import run
from urllib.parse import parse_qs, urlsplit

import pytest
from loopback import Answer, serve
from standin.tokens import make_token
from work.triggers.conftest import TOKEN

ROOT = Path(__file__).parents[3]
ABSENT = ("dns error", "failed to fetch", "connection refused", "error sending request", "network is unreachable")
HEADER = "planted-identity-header"
CALL = """
import json, sys
import azure.functions as func
import function_app
function = next(iter(function_app.app.get_functions())).get_user_function()
for body in json.load(sys.stdin):
    request = func.HttpRequest(method="POST", url="/api/training-data-changed", body=json.dumps(body).encode())
    answer = function(request)
    print(json.dumps([answer.status_code, json.loads(answer.get_body())]))
"""


class Blobs:
    """Blobs of one container as the service keeps them: a lease is held by one, and a blob under it is written by its holder."""

    def __init__(self):
        self.content, self.leases = {}, {}

    def respond(self, asked):
        path, query = urlsplit(asked.path).path, parse_qs(urlsplit(asked.path).query)
        if path == "/msi/token":
            right = asked.headers.get("x-identity-header") == HEADER
            token = {
                "access_token": make_token(query["resource"][0]),
                "expires_on": "4102444800",
                "token_type": "Bearer",
            }
            return Answer(200 if right else 401, json.dumps(token if right else {}).encode())
        if not asked.headers.get("authorization", "").startswith("Bearer "):
            return Answer(401)
        lease = asked.headers.get("x-ms-lease-id")
        if query.get("comp") == ["lease"]:
            return self._lease(path, asked.headers, lease)
        if asked.method == "PUT":
            if asked.headers.get("if-none-match") == "*" and path in self.content:
                return _refused(409, "BlobAlreadyExists")
            if self.leases.get(path) != lease:
                return _refused(412, "LeaseIdMissing")
            self.content[path] = asked.body
            return Answer(201, headers=_described(0))
        body = self.content.get(path)
        if body is None:
            return _refused(404, "BlobNotFound")
        size = len(body)
        return Answer(206, body, _described(size) | {"Content-Range": f"bytes 0-{size - 1}/{size}"})

    def _lease(self, path, headers, lease):
        if headers["x-ms-lease-action"] == "acquire":
            if path in self.leases:
                return _refused(409, "LeaseAlreadyPresent")
            self.leases[path] = headers["x-ms-proposed-lease-id"]
            return Answer(201, headers=_described(0) | {"x-ms-lease-id": self.leases[path]})
        assert self.leases.pop(path) == lease
        return Answer(200, headers=_described(0))


def _described(size):
    return {
        "ETag": '"0x1"',
        "Last-Modified": "Wed, 25 Nov 2026 03:27:05 GMT",
        "Content-Length": str(size),
        "x-ms-blob-type": "BlockBlob",
    }


def _refused(status, code):
    return Answer(status, headers={"x-ms-error-code": code})


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The folder that docs/azure-infrastructure.md publishes, and the interpreter of a new environment for it."""
    folder = tmp_path_factory.mktemp("published") / "site"
    shutil.copytree(ROOT / "infra" / "function", folder)
    shutil.copytree(ROOT / "gates", folder / "gates", ignore=shutil.ignore_patterns("__pycache__"))
    python, tools = folder.parent / "environment" / "bin" / "python", Path(sys.executable).parent
    uv = next((str(path) for path in (tools / "uv", shutil.which("uv")) if path and Path(path).exists()), None)
    venv = [uv, "venv", "--quiet", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
    pip = (
        [uv, "pip", "install", "--quiet", "--python", str(python)]
        if uv
        else [str(python), "-m", "pip", "install", "--quiet"]
    )
    run([*venv, str(folder.parent / "environment")], check=True, timeout=60)
    done = run([*pip, "-r", str(folder / "requirements.txt")], capture_output=True, text=True, timeout=300)
    if done.returncode and any(word in done.stderr.lower() for word in ABSENT):
        pytest.skip(f"no package index can be reached: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr
    return folder, python


@contextmanager
def answering(published, certificate, bodies):
    """What the published function answers to each body, with what GitHub was sent."""
    folder, python = published
    with serve(certificate) as azure, serve() as github:
        azure.respond = Blobs().respond
        settings = {
            "WATCHED_CONTAINER": "training", "WATCHED_PATH": "papers.csv", "GATES_MARKS": f"{azure.url}/account/gates-marks",
            "GITHUB_REPOSITORY": "octo-org/papers", "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": github.url,
            "IDENTITY_ENDPOINT": f"{azure.url}/msi/token", "IDENTITY_HEADER": HEADER,
            "REQUESTS_CA_BUNDLE": str(certificate[0]), "PATH": os.environ["PATH"],
            "HOME": str(folder.parent), "no_proxy": "127.0.0.1",
        }  # fmt: skip
        done = run(
            [str(python), "-c", CALL],
            input=json.dumps(bodies),
            cwd=folder,
            env=settings,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        yield [json.loads(line) for line in done.stdout.splitlines()], github.asked


@pytest.mark.slow
def test_what_is_published_answers_the_handshake_and_dispatches_once(published, certificate, event):
    validation = {
        "id": "1", "topic": "/subscriptions/x", "subject": "", "eventTime": "2026-11-25T03:27:05Z", "metadataVersion": "1",
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "dataVersion": "2", "data": {"validationCode": "512d38b6"},
    }  # fmt: skip
    bodies = [[validation], [event.as_json()], [event.as_json()]]
    with answering(published, certificate, bodies) as (answers, sent):
        assert answers == [
            [200, {"validationResponse": "512d38b6"}],
            [200, {"sent": 1, "repeated": 0, "ignored": 0}],
            [200, {"sent": 0, "repeated": 1, "ignored": 0}],
        ]
        assert [(asked.path, asked.json["client_payload"]["eTag"]) for asked in sent] == [
            ("/repos/octo-org/papers/dispatches", event.etag)
        ]
