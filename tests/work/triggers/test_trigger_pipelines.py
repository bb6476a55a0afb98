"""A run of Azure Pipelines is started with the event as its parameters, or the reason is told without the token."""

import base64
import json

import pytest
from loopback import Answer

from gates.errors import ConfigError
from gates.work.errors import TriggerError
from gates.work.triggers.pipelines import open_pipelines

SECRET = "PLANTEDpat0123456789"


def variables(url, **more):
    named = {"AZURE_DEVOPS_URL": f"{url}/acme", "AZURE_DEVOPS_PROJECT": "ML papers", "AZURE_DEVOPS_PIPELINE": "12"}
    return named | {"AZURE_DEVOPS_EXT_PAT": SECRET} | more


@pytest.fixture
def pipelines(server):
    return open_pipelines(variables(server.url), lambda _: None)


def test_a_run_is_started_with_the_event(pipelines, server, event):
    server.answers = [Answer(200, b'{"id": 77, "state": "inProgress"}')]
    assert pipelines.send(event) == "started run 77 of Azure Pipelines ML papers"
    (asked,) = server.asked
    assert asked.path == "/acme/ML%20papers/_apis/pipelines/12/runs?api-version=7.1"
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(f":{SECRET}".encode()).decode()
    assert asked.json == {
        "resources": {"repositories": {"self": {"refName": "refs/heads/main"}}},
        "templateParameters": {"dataUrl": event.url, "dataETag": event.etag},
    }


def test_the_token_of_a_job_is_a_bearer(server, event):
    server.answers = [Answer(200, b'{"id": 1}')]
    changed = {"AZURE_DEVOPS_EXT_PAT": "", "SYSTEM_ACCESSTOKEN": "jwt", "AZURE_DEVOPS_BRANCH": "next"}
    open_pipelines(variables(server.url, **changed)).send(event)
    assert server.asked[0].headers["authorization"] == "Bearer jwt"
    assert server.asked[0].json["resources"]["repositories"]["self"]["refName"] == "refs/heads/next"


@pytest.mark.parametrize(
    "answer", [Answer(203, b"<html>sign in"), Answer(200, b"<html>"), Answer(200, b"[]"), Answer(200, b"{}")]
)
def test_a_page_for_signing_in_is_no_run(pipelines, server, event, answer):
    server.answers = [answer]
    with pytest.raises(TriggerError, match="without a run") as caught:
        pipelines.send(event)
    assert "asks to sign in" in caught.value.remedy


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(302, "sign in"), (400, "dataUrl"), (401, "expired"), (403, "scope Build"), (404, "AZURE_DEVOPS_PROJECT")],
)
def test_an_answer_that_stays_is_told_with_what_to_do(pipelines, server, event, status, remedy):
    encoded = base64.b64encode(f":{SECRET}".encode()).decode()
    server.answers = [
        Answer(status, json.dumps({"message": f"no {SECRET} {encoded}"}).encode(), {"Location": "/signin"})
    ]
    with pytest.raises(TriggerError, match=rf"Azure Pipelines answered {status} .*no \*\*\* \*\*\*") as caught:
        pipelines.send(event)
    assert remedy in caught.value.remedy
    assert len(server.asked) == 1


def test_every_wrong_variable_is_told_at_once():
    with pytest.raises(ConfigError) as caught:
        open_pipelines({"AZURE_DEVOPS_PIPELINE": "twelve"})
    told = " ".join(caught.value.faults)
    assert len(caught.value.faults) == 4
    for name in ("AZURE_DEVOPS_PROJECT", "AZURE_DEVOPS_PIPELINE", "AZURE_DEVOPS_EXT_PAT", "AZURE_DEVOPS_URL"):
        assert name in told


def test_no_representation_shows_the_token(pipelines):
    assert SECRET not in repr(pipelines) + repr(pipelines.service)
