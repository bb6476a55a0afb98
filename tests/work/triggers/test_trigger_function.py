"""The Azure Function answers the handshake, tells each content once, ignores the rest, and loses nothing."""

import json
from dataclasses import replace

import pytest
from loopback import Answer
from work.triggers.conftest import TOKEN

from gates.errors import ConfigError
from gates.work.errors import TriggerError
from gates.work.triggers.marks import FolderMarks
from gates.work.triggers.receive import Receiver, open_receiver


class Told(list):
    """Whom the receiver tells; fails as often as it is asked to."""

    failures = 0

    def send(self, event):
        if self.failures:
            self.failures -= 1
            raise TriggerError("GitHub answered 503 Service Unavailable", "")
        self.append(event)
        return "sent"


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def receiver(tmp_path, told):
    return Receiver("training", "papers.csv", FolderMarks(tmp_path / "marks"), told.send)


def body(*events):
    return json.dumps([event if isinstance(event, dict) else event.as_json() for event in events]).encode()


def test_the_handshake_is_answered(receiver, told):
    validation = {
        "id": "1", "topic": "/subscriptions/x", "subject": "", "eventTime": "2026-11-25T03:27:05Z", "metadataVersion": "1",
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "dataVersion": "2",
        "data": {"validationCode": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6", "validationUrl": "https://x"},
    }  # fmt: skip
    reply = receiver.receive(body(validation))
    assert (reply.status, reply.body) == (200, {"validationResponse": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"})
    assert told == []


def test_a_new_content_is_told_once(receiver, told, event):
    assert receiver.receive(body(event)).body == {"sent": 1, "repeated": 0, "ignored": 0}
    assert receiver.receive(body(event)).body == {"sent": 0, "repeated": 1, "ignored": 0}
    assert receiver.receive(body(event, event)).body["repeated"] == 2
    assert told == [event]


def test_an_older_delivery_that_comes_late_is_not_told_again(receiver, told, event):
    newer = replace(event, etag="0x8DD2")
    for one in (event, newer, event):
        receiver.receive(body(one))
    assert [one.etag for one in told] == ["0x8DD1", "0x8DD2"]


def test_one_event_may_come_without_a_list(receiver, told, event):
    assert receiver.receive(json.dumps(event.as_json()).encode()).body["sent"] == 1


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "/blobServices/default/containers/other/blobs/papers.csv"},
        {"subject": "/blobServices/default/containers/training/blobs/papers.csv.bak"},
        {"subject": "/blobServices/default/containers/training/blobs/old/papers.csv"},
        {"subject": "/blobServices/default/containers/training/blobs/papers"},
        {"subject": None},
        {"eventType": "Microsoft.Storage.BlobDeleted"},
        {"eventType": None},
    ],
)
def test_everything_else_is_ignored(receiver, told, event, change):
    reply = receiver.receive(body(event.as_json() | change))
    assert (reply.status, reply.body["ignored"], told) == (200, 1, [])


def test_an_empty_blob_is_one_that_is_still_being_made(receiver, told, event):
    assert receiver.receive(body(replace(event, size=0))).body["ignored"] == 1
    assert told == []


def test_a_path_that_ends_with_a_slash_means_everything_below(tmp_path, told, event):
    below = Receiver("training", "papers/", FolderMarks(tmp_path), told.send)
    prefix = "/blobServices/default/containers/training/blobs/papers"
    inside, beside = (replace(event, subject=prefix + end, url=event.url + end) for end in ("/a.csv", "-old/a.csv"))
    assert below.receive(body(inside, beside)).body == {"sent": 1, "repeated": 0, "ignored": 1}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "Expecting value"),
        (b"[]", "wanted a list of events"),
        (b"[1]", "wanted a list of events"),
        (b'"x"', "wanted a list of events"),
        (b"\xff", "not what Event Grid sends"),
        (b"[" * 100_000, "nested too deeply"),
        (b'[{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent"}]', "a validation without a code"),
        (
            b'[{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": 1}}]',
            "without a code",
        ),
    ],
)
def test_what_event_grid_would_not_send_gets_400(receiver, content, expected):
    reply = receiver.receive(content)
    assert reply.status == 400
    assert expected in reply.body["message"]


def test_a_watched_event_that_is_damaged_gets_400(receiver, told, event):
    reply = receiver.receive(body(event.as_json() | {"data": {}}))
    assert (reply.status, told) == (400, [])


def test_a_body_that_is_too_large_gets_413(receiver):
    assert receiver.receive(b" " * ((1 << 20) + 1)).status == 413


def test_an_event_that_could_not_be_told_comes_again(receiver, told, event):
    told.failures = 1
    reply = receiver.receive(body(event))
    assert (reply.status, reply.body["message"]) == (503, "GitHub answered 503 Service Unavailable")
    assert receiver.receive(body(event)).body["sent"] == 1
    assert len(told) == 1


def test_an_event_that_another_instance_tells_comes_again(receiver, told, tmp_path, event):
    with FolderMarks(tmp_path / "marks").hold(event.url):
        reply = receiver.receive(body(event))
    assert (reply.status, told) == (503, [])
    assert "another instance" in reply.body["message"]


def test_every_setting_that_is_missing_is_told_at_once():
    with pytest.raises(ConfigError) as caught:
        open_receiver({}, None, None)
    assert len(caught.value.faults) == 2
    with pytest.raises(ConfigError, match="wanted the name of a container"):
        open_receiver({"WATCHED_CONTAINER": "a/b", "WATCHED_PATH": "x"}, None, None)


# --- the function itself


@pytest.fixture(scope="module")
def built():
    """The function as the host finds it."""
    pytest.importorskip("azure.functions")
    from gates.work.triggers.function_app import app

    (found,) = app.get_functions()
    return found


def test_the_host_finds_one_function_that_wants_a_key(built):
    trigger = built.get_trigger().get_dict_repr()
    assert built.get_function_name() == "training_data_changed"
    assert trigger["type"] == "httpTrigger"
    assert trigger["authLevel"].value == "function"
    assert [method.value for method in trigger["methods"]] == ["POST"]
    assert trigger["route"] == "training-data-changed"


@pytest.fixture
def function(built, server, tmp_path, monkeypatch):
    import azure.functions as functions

    settings = {
        "WATCHED_CONTAINER": "training", "WATCHED_PATH": "papers.csv", "GATES_MARKS": str(tmp_path / "marks"),
        "GITHUB_REPOSITORY": "acme/papers", "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": server.url,
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def call(content):
        return built.get_user_function()(
            functions.HttpRequest(method="POST", url="/api/training-data-changed", body=content)
        )

    return call


def test_the_function_dispatches_to_github_once(function, server, event, caplog):
    caplog.set_level("INFO")
    for _ in range(2):
        answer = function(body(event))
        assert (answer.status_code, answer.mimetype) == (200, "application/json")
    (asked,) = server.asked
    assert asked.path == "/repos/acme/papers/dispatches"
    assert asked.json["client_payload"]["eTag"] == event.etag
    assert TOKEN not in caplog.text


def test_the_function_answers_the_handshake(function, server):
    validation = {"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "abc"}}
    assert json.loads(function(body(validation)).get_body()) == {"validationResponse": "abc"}
    assert server.asked == []


def test_a_refused_token_answers_503_without_it(function, server, event, caplog):
    caplog.set_level("INFO")
    server.answers = [Answer(401, json.dumps({"message": f"bad {TOKEN}"}).encode())]
    answer = function(body(event))
    assert answer.status_code == 503
    assert "GitHub answered 401" in answer.get_body().decode()
    assert TOKEN not in answer.get_body().decode() + caplog.text


@pytest.mark.parametrize(
    "name", ["WATCHED_CONTAINER", "WATCHED_PATH", "GATES_MARKS", "GITHUB_REPOSITORY", "GITHUB_TOKEN"]
)
def test_a_missing_setting_answers_503_and_names_it(function, event, monkeypatch, name):
    monkeypatch.delenv(name)
    answer = function(body(event))
    assert answer.status_code == 503
    assert name in answer.get_body().decode()
