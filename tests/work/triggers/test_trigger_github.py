"""What is sent to GitHub is what its own description asks for, and every way it can fail is told without the token."""

import json
from dataclasses import replace

import pytest
from beside import SHARED
from loopback import Answer, serve
from work.triggers.conftest import TOKEN

from gates.errors import ConfigError
from gates.work.errors import TriggerError
from gates.work.triggers.github import EVENT_TYPE, dispatch_of, open_github, within_limits

DISPATCHES = "azure/github-dispatches.openapi.json"
PASSING = "https://api.github.com/repos/o/r/dispatches"


def variables(url, **more):
    return {"GITHUB_REPOSITORY": "acme/papers", "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": url} | more


class Sleeper:
    def __init__(self):
        self.pauses = []

    def __call__(self, seconds):
        self.pauses.append(seconds)


@pytest.fixture
def sleeper():
    return Sleeper()


@pytest.fixture
def github(server, sleeper):
    return open_github(variables(server.url), sleeper)


@pytest.mark.needs_shared(DISPATCHES)
def test_a_dispatch_is_what_the_description_of_github_asks_for(github, server, event):
    openapi_core = pytest.importorskip("openapi_core")
    from openapi_core.testing import MockRequest, MockResponse

    assert github.send(event) == "sent storage-blobupdated to GitHub acme/papers"
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/repos/acme/papers/dispatches")
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["accept"] == "application/vnd.github+json"
    assert asked.headers["x-github-api-version"] == "2022-11-28"
    described = openapi_core.OpenAPI.from_dict(json.loads((SHARED / DISPATCHES).read_text(encoding="utf-8")))

    def request(body):
        return MockRequest(
            "https://api.github.com",
            "post",
            asked.path,
            data=json.dumps(body).encode(),
            content_type="application/json",
        )

    described.validate_request(request(asked.json))
    described.validate_response(request(asked.json), MockResponse(b"", 204))
    eleven = dict.fromkeys("abcdefghijk", 1)
    for bent in ({"client_payload": {}}, {"event_type": "x" * 101}, {"event_type": "x", "client_payload": eleven}):
        with pytest.raises(openapi_core.exceptions.OpenAPIError):
            described.validate_request(request(bent))


def test_the_payload_says_what_changed_in_ten_keys_or_less(event):
    body = dispatch_of(event)
    assert body["event_type"] == EVENT_TYPE == "storage-blobupdated"
    payload = body["client_payload"]
    assert len(payload) <= 10
    assert (payload["url"], payload["eTag"], payload["subject"]) == (event.url, event.etag, event.subject)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"event_type": "x", "client_payload": dict.fromkeys("abcdefghijk", 1)},
            "has 11 keys in its payload; GitHub takes 10",
        ),
        ({"event_type": "x" * 101, "client_payload": {}}, "has 101 characters in its type; GitHub takes 100"),
        ({"event_type": "", "client_payload": {}}, "has no type"),
        ({"event_type": "x", "client_payload": {"a": "b" * 65536}}, "bytes of payload"),
    ],
)
def test_what_github_would_refuse_is_refused_before_it_is_sent(body, expected):
    with pytest.raises(TriggerError, match=expected):
        within_limits(body)


def test_the_largest_that_github_takes_is_sent():
    body = {"event_type": "x" * 100, "client_payload": dict.fromkeys("abcdefghij", 1)}
    assert within_limits(body) is body


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (401, "may have expired"),
        (403, "contents: write"),
        (404, "GITHUB_REPOSITORY"),
        (422, "fault in gates"),
        (400, "check the address"),
    ],
)
def test_an_answer_that_stays_is_not_asked_again(github, server, sleeper, event, status, remedy):
    server.answers = [Answer(status, json.dumps({"message": f"no, {TOKEN}"}).encode())]
    with pytest.raises(TriggerError, match=rf"GitHub answered {status} .*: no, \*\*\*") as caught:
        github.send(event)
    assert remedy in caught.value.remedy
    assert len(server.asked) == 1
    assert sleeper.pauses == []


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_answer_that_passes_is_asked_again(github, server, sleeper, event, status):
    server.answers = [Answer(status), Answer(status), Answer(204)]
    github.send(event)
    assert (len(server.asked), sleeper.pauses) == (3, [1.0, 2.0])


@pytest.mark.parametrize("status", [403, 429])
def test_retry_after_is_obeyed(github, server, sleeper, event, status):
    server.answers = [Answer(status, headers={"Retry-After": "7"}), Answer(204)]
    github.send(event)
    assert sleeper.pauses == [7.0]


def test_retry_after_may_be_a_date(github, server, sleeper, event):
    server.answers = [Answer(429, headers={"Retry-After": "Wed, 25 Nov 2020 03:27:05 GMT"}), Answer(204)]
    github.send(event)
    assert sleeper.pauses == [0.0]


def test_a_rate_limit_is_waited_for_only_so_long(github, server, sleeper, event):
    server.answers = [Answer(403, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"})]
    with pytest.raises(
        TriggerError, match=r"GitHub answered 403 .*; tried 1 times, which wanted a wait of \d+ s"
    ) as caught:
        github.send(event)
    assert "comes again" in caught.value.remedy
    assert sleeper.pauses == []


def test_an_error_that_does_not_pass_ends(github, server, sleeper, event):
    server.answers = [Answer(500)]
    with pytest.raises(TriggerError, match=r"GitHub answered 500 .*; tried 4 times"):
        github.send(event)
    assert sleeper.pauses == [1.0, 2.0, 4.0]


def test_a_time_out_is_tried_again(github, server, sleeper, event):
    server.answers = [Answer(204, delay=1.0), Answer(204)]
    hasty = replace(github, service=replace(github.service, timeout=0.3))
    hasty.send(event)
    assert sleeper.pauses == [1.0]


def test_nobody_there_is_told(server, sleeper, event):
    with serve() as gone:
        url = gone.url
    with pytest.raises(TriggerError, match=r"GitHub cannot be reached: .*refused; tried 4 times"):
        open_github(variables(url), sleeper).send(event)


def test_a_certificate_that_nobody_trusts_gets_no_token(certificate, sleeper, event, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serve(certificate) as loopback:
        with pytest.raises(TriggerError, match="CERTIFICATE_VERIFY_FAILED") as caught:
            open_github(variables(loopback.url), sleeper).send(event)
        assert "certificate" in caught.value.remedy
        assert (loopback.asked, sleeper.pauses) == ([], [])


def test_a_redirect_is_not_followed(github, server, event):
    with serve() as elsewhere:
        server.answers = [Answer(307, headers={"Location": f"{elsewhere.url}/catch"})]
        with pytest.raises(TriggerError, match="GitHub answered 307"):
            github.send(event)
        assert elsewhere.asked == []


def test_an_answer_that_is_no_204_is_no_dispatch(github, server, event):
    server.answers = [Answer(200, b"<html>")]
    with pytest.raises(TriggerError, match="GitHub answered 200, wanted 204"):
        github.send(event)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"GITHUB_REPOSITORY": ""}, "GITHUB_REPOSITORY is ''"),
        ({"GITHUB_REPOSITORY": "acme/papers/../../user"}, "wanted OWNER/NAME"),
        ({"GITHUB_REPOSITORY": "acme/..?x"}, "wanted OWNER/NAME"),
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN is not set"),
        ({"GITHUB_TOKEN": "a\nb"}, "holds what no token holds"),
        ({"GITHUB_API_URL": "http://api.example.com"}, "is no https URL"),
        ({"GITHUB_API_URL": "https://u:p@api.example.com"}, "holds more than an address"),
        ({"GITHUB_API_URL": "file:///x"}, "is no https URL"),
    ],
)
def test_a_variable_that_is_wrong_is_told_before_anything_is_sent(change, expected):
    with pytest.raises(ConfigError, match=expected) as caught:
        open_github(variables("https://api.example.com") | change)
    assert TOKEN not in str(caught.value)


def test_every_wrong_variable_is_told_at_once():
    with pytest.raises(ConfigError) as caught:
        open_github({"GITHUB_API_URL": "x"})
    assert len(caught.value.faults) == 3


def test_the_other_name_of_the_token_and_the_public_address_are_defaults():
    github = open_github({"GITHUB_REPOSITORY": "a/b", "GH_TOKEN": TOKEN})
    assert (github.url, github.service.secret) == ("https://api.github.com", TOKEN)


def test_no_representation_shows_the_token(github):
    assert TOKEN not in repr(github) + str(github) + repr(github.service)
