"""The event has the form that Event Grid gives it, and the same content is the same event."""

from dataclasses import replace
from datetime import datetime

import pytest

from gates.work.triggers.event import read_event, subject_of


def test_an_event_has_the_keys_of_event_grid(event):
    told = event.as_json()
    assert set(told) == {
        "id", "topic", "subject", "eventType", "eventTime", "data", "dataVersion", "metadataVersion",
    }  # fmt: skip
    assert told["eventType"] == "Microsoft.Storage.BlobCreated"
    assert told["eventTime"] == "2026-11-25T03:27:05Z"
    data = told["data"]
    assert (data["eTag"], data["url"], data["contentLength"], data["api"]) == ("0x8DD1", event.url, 1234, "PutBlob")
    assert int(data["sequencer"], 16) == 1_795_577_225 * 1_000_000


def test_the_same_content_is_the_same_event_and_another_is_not(event):
    assert replace(event).id == event.id
    assert replace(event, etag="0x8DD2").id != event.id
    assert replace(event, url=event.url + "x").id != event.id


def test_an_event_reads_back(event):
    assert read_event(event.as_json()) == event


def test_a_signature_and_quotes_are_cut_off(event):
    content = event.as_json()
    content["data"] |= {"url": event.url + "?sig=SECRET", "eTag": '"0x8DD1"'}
    read = read_event(content)
    assert (read.url, read.etag, read.data) == (event.url, "0x8DD1", event.url)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("subject", None, "subject of an event is None; wanted a text"),
        ("eventTime", 3, "eventTime of an event is 3"),
        ("eventTime", "2026-11-25T03:27:05", "has no zone"),
        ("eventTime", "soon", "Invalid isoformat"),
        ("data", [], "the data of an event are a list"),
        ("data", {"eTag": "x"}, "data.url of an event is None"),
        ("data", {"url": "https://x/y"}, "data.eTag of an event is None"),
    ],
)
def test_what_is_no_event_is_refused(event, key, value, expected):
    with pytest.raises(ValueError, match=expected):
        read_event(event.as_json() | {key: value})


def test_a_text_is_no_event():
    with pytest.raises(ValueError, match="an event is a str"):
        read_event("BlobCreated")


@pytest.mark.parametrize(
    ("url", "subject"),
    [
        ("https://a.blob.core.windows.net/c/d/e%20f.csv", "c/blobs/d/e f.csv"),
        ("https://127.0.0.1:10000/devstoreaccount1/c/e.csv", "c/blobs/e.csv"),
        ("https://localhost/devstoreaccount1/c/e.csv", "c/blobs/e.csv"),
        ("file:///srv/data/e.csv", "data/blobs/e.csv"),
        ("file:///e.csv", "files/blobs/e.csv"),
    ],
)
def test_the_subject_names_container_and_blob(url, subject):
    assert subject_of(url) == f"/blobServices/default/containers/{subject}"


def test_an_event_of_another_zone_is_told_in_utc(event):
    there = datetime.fromisoformat("2026-11-25T12:27:05+09:00")
    assert replace(event, at=there).as_json()["eventTime"] == "2026-11-25T03:27:05Z"
