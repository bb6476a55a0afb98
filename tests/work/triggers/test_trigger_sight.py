"""A file or an https URL is seen once for each content, whole or not at all."""

import hashlib
import json
import os

import pytest
from loopback import Answer, serve

from gates.errors import ConfigError
from gates.work.errors import DataError
from gates.work.mark_documents import SeenContent, as_document, name_of_mark
from gates.work.triggers.marks import FolderMarks
from gates.work.triggers.poll import StillWritten, UrlLook, look_at_file, look_at_url
from gates.work.triggers.watch import WHOLE_EVERY, SourceWatch

ONE, TWO = b"id,x\n1,2\n", b"id,x\n1,3\n"


@pytest.fixture
def papers(tmp_path):
    path = tmp_path / "papers.csv"
    path.write_bytes(ONE)
    return path


def look(path, **options):
    return look_at_file(path, settle=0.0, **options)


# --- files


def test_a_file_is_named_by_its_bytes_and_when_they_were_written(papers):
    event = look(papers)
    digest = hashlib.sha256(ONE).hexdigest()
    assert event.etag == f"{digest[:32]}-{papers.stat().st_mtime_ns:x}"
    assert event.data == f"{papers}#sha256={digest}"
    assert (event.url, event.size) == (papers.as_uri(), len(ONE))
    assert look(papers) == event


def test_other_bytes_of_the_same_size_and_time_are_another_content(papers):
    before, stat = look(papers), papers.stat()
    papers.write_bytes(TWO)
    os.utime(papers, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert look(papers).etag != before.etag


def test_the_same_bytes_written_again_are_a_new_event(papers):
    before = look(papers)
    os.utime(papers, ns=(1, 1))
    assert look(papers).etag != before.etag


def test_half_a_file_is_not_seen(papers):
    def write_on(_):
        with papers.open("ab") as file:
            file.write(b"2,")

    with pytest.raises(StillWritten, match=r"is still being written \(9 bytes, then 11\)"):
        look(papers, sleep=write_on)


def test_a_file_replaced_while_it_is_looked_at_is_not_seen(papers, tmp_path):
    def replace(_):
        other = tmp_path / "other.csv"
        other.write_bytes(ONE)
        os.utime(other, ns=(papers.stat().st_atime_ns, papers.stat().st_mtime_ns))
        other.replace(papers)

    with pytest.raises(StillWritten):
        look(papers, sleep=replace)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda path: path.unlink(), "is not there"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: (path.unlink(), path.mkdir()), "is not a regular file"),
        (lambda path: (path.unlink(), os.mkfifo(path)), "is not a regular file"),
    ],
)
def test_what_is_no_file_with_content_is_told(papers, spoil, expected):
    spoil(papers)
    with pytest.raises(DataError, match=expected):
        look(papers)


def test_a_file_deleted_while_it_is_looked_at_is_told(papers):
    with pytest.raises(DataError, match="is not there"):
        look(papers, sleep=lambda _: papers.unlink())


# --- URLs


def answer(etag='"0x1"', status=200, body=ONE, **headers):
    return Answer(status, body, ({"ETag": etag} if etag else {}) | headers)


def seen(etag, content=ONE, **more):
    return SeenContent(etag, str(len(content)), digest=hashlib.sha256(content).hexdigest(), **more)


def test_a_url_is_asked_conditionally_and_its_content_is_pinned(secure):
    secure.answers = [answer(**{"Last-Modified": "Wed, 25 Nov 2026 03:27:05 GMT"}), Answer(304)]
    look = look_at_url(f"{secure.url}/account/c/papers.csv?sig=SECRET", None)
    event = look.event
    assert (event.etag, event.size, event.at.isoformat()) == ("0x1", len(ONE), "2026-11-25T03:27:05+00:00")
    assert event.url == f"{secure.url}/account/c/papers.csv"
    assert event.subject == "/blobServices/default/containers/c/blobs/papers.csv"
    assert event.data.endswith(f"?sig=SECRET#sha256={hashlib.sha256(ONE).hexdigest()}")
    assert "SECRET" not in str(event.as_json())
    assert look.content == seen("0x1", modified="Wed, 25 Nov 2026 03:27:05 GMT")
    assert look_at_url(f"{secure.url}/account/c/papers.csv", look.content) == UrlLook(None, None)
    assert [asked.headers.get("if-none-match") for asked in secure.asked] == [None, '"0x1"']


def test_a_weak_etag_is_asked_for_as_it_was_given(secure):
    secure.answers = [answer('W/"a"'), Answer(304)]
    assert look_at_url(f"{secure.url}/x", None).event.etag == 'W/"a"'
    assert look_at_url(f"{secure.url}/x", seen('W/"a"')).event is None
    assert secure.asked[1].headers["if-none-match"] == 'W/"a"'


def test_a_server_that_ignores_the_condition_tells_nothing_new(secure):
    secure.answers = [answer()]
    assert look_at_url(f"{secure.url}/x", seen("0x1")) == UrlLook(None, None)


@pytest.mark.parametrize(
    ("lie", "looks"),
    [
        ([answer(body=TWO + b"3,4\n")], 1),
        ([answer(body=TWO, **{"Last-Modified": "Wed, 25 Nov 2026 03:27:05 GMT"})], 1),
        ([Answer(304, b"", {"Last-Modified": "Thu, 26 Nov 2026 03:27:05 GMT"}), answer(body=TWO)], 2),
    ],
    ids=["other size", "other time", "other time with 304"],
)
def test_another_size_or_time_under_the_same_etag_is_another_content(secure, lie, looks):
    secure.answers = list(lie)
    look = look_at_url(f"{secure.url}/x", seen("0x1", modified="Tue, 24 Nov 2026 03:27:05 GMT"))
    digest = hashlib.sha256(lie[-1].body).hexdigest()
    assert look.event.etag == f"0x1-{digest[:32]}"
    assert (look.content.etag, look.content.digest) == ("0x1", digest)
    assert len(secure.asked) == looks


def test_the_same_bytes_under_the_same_etag_are_nothing_new_whatever_the_time_says(secure):
    secure.answers = [answer(**{"Last-Modified": "Thu, 26 Nov 2026 03:27:05 GMT"})]
    look = look_at_url(f"{secure.url}/x", seen("0x1"))
    assert look.event is None
    assert look.content.modified == "Thu, 26 Nov 2026 03:27:05 GMT"


def test_a_whole_look_asks_without_a_condition_and_sees_other_bytes_under_the_same_headers(secure):
    secure.respond = lambda asked: Answer(304) if "if-none-match" in asked.headers else answer(body=TWO)
    assert look_at_url(f"{secure.url}/x", seen("0x1")).event is None, "the server says that nothing changed"
    look = look_at_url(f"{secure.url}/x", seen("0x1"), whole=True)
    assert look.event.etag == f"0x1-{hashlib.sha256(TWO).hexdigest()[:32]}"


def test_a_content_that_breaks_off_or_is_too_large_or_empty_is_not_seen(secure, monkeypatch):
    secure.answers = [answer(**{"Content-Length": "100"})]
    with pytest.raises(DataError, match=r"broke off after 9 (of 100 )?bytes"):
        look_at_url(f"{secure.url}/x?sig=SECRET", None)
    secure.answers = [answer(body=b"")]
    with pytest.raises(DataError, match="is empty"):
        look_at_url(f"{secure.url}/x", None)
    monkeypatch.setattr("gates.work.triggers.poll.LARGEST", 8)
    secure.answers = [answer()]
    with pytest.raises(DataError, match="is larger than 8 bytes"):
        look_at_url(f"{secure.url}/x", None)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(None), "gives no ETag, so a change cannot be seen"),
        (answer('""'), "gives no ETag"),
        (answer(status=401), "answered 401"),
        (answer(status=403), "answered 403"),
        (answer(status=404), "answered 404"),
        (answer(status=429), "answered 429"),
        (answer(status=500), "answered 500"),
        (Answer(304), "answered 304"),
        (Answer(302, b"", {"Location": "http://127.0.0.1:1/x"}), "which is not https"),
        (Answer(200, b"", {"ETag": '"a"'}, delay=1.0), "timed out"),
    ],
)
def test_every_other_answer_is_an_error_without_the_signature(secure, given, expected):
    secure.answers = [given]
    with pytest.raises(DataError, match=expected) as caught:
        look_at_url(f"{secure.url}/x?sig=SECRET", None, timeout=0.5)
    assert "SECRET" not in caught.value.message + caught.value.remedy


def test_a_certificate_that_nobody_trusts_is_an_error(certificate, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serve(certificate) as loopback, pytest.raises(DataError, match="certificate verify failed"):
        look_at_url(f"{loopback.url}/x", None)


# --- the watch


def watch(source, tmp_path):
    return SourceWatch(str(source), tmp_path, FolderMarks(tmp_path / "marks"), settle=0.0)


def take(watching):
    """Look, deal with it, and return its ETag."""
    with watching.look() as sighting:
        if sighting is None:
            return None
        sighting.handled()
        return sighting.event.etag


def test_each_content_is_given_once(papers, tmp_path):
    watching = watch(papers, tmp_path)
    first = take(watching)
    assert first
    assert take(watching) is None
    papers.write_bytes(TWO)
    second = take(watching)
    assert second not in (None, first)
    assert take(watching) is None


def test_a_content_that_was_not_dealt_with_comes_again(papers, tmp_path):
    with watch(papers, tmp_path).look() as first:
        assert first is not None
    with watch(papers, tmp_path).look() as again:
        assert again.event == first.event


def test_another_watch_sees_nothing_while_one_deals_with_it(papers, tmp_path):
    one, other = watch(papers, tmp_path), watch(papers, tmp_path)
    with one.look() as sighting:
        assert take(other) is None
        sighting.handled()
    assert take(other) is None


def test_two_addresses_do_not_meet(papers, tmp_path):
    other = tmp_path / "other.csv"
    other.write_bytes(ONE)
    with watch(papers, tmp_path).look() as sighting:
        assert sighting is not None
        assert take(watch(other, tmp_path))


def test_the_way_to_a_file_makes_no_difference(papers, tmp_path, monkeypatch):
    assert take(watch(papers, tmp_path))
    assert take(watch("papers.csv", tmp_path)) is None


def test_a_url_that_returns_to_an_older_content_is_new_again(secure, tmp_path):
    secure.answers = [answer('"A"'), answer('"B"'), answer('"A"')]
    watching = watch(f"{secure.url}/x?sig=SECRET", tmp_path)
    assert [take(watching) for _ in range(3)] == ["A", "B", "A"]
    assert all("SECRET" not in path.read_text() for path in (tmp_path / "marks").iterdir())


class Liar:
    """A server that gives one ETag, one size and no time, whatever its content is, and answers 304 to every condition."""

    def __init__(self, secure):
        self.body, self.asked = ONE, secure.asked
        secure.respond = lambda asked: Answer(304) if "if-none-match" in asked.headers else answer(body=self.body)


def test_a_server_that_lies_about_its_etag_is_found_out_within_an_hour(secure, tmp_path):
    liar, now = Liar(secure), 1000.0
    watching = SourceWatch(f"{secure.url}/x", tmp_path, FolderMarks(tmp_path / "marks"), settle=0.0, clock=lambda: now)
    assert take(watching) == "0x1"
    liar.body = TWO
    now += WHOLE_EVERY - 1
    assert take(watching) is None, "all that it says is as before, and nobody looks at every byte each minute"
    now += 2
    second = f"0x1-{hashlib.sha256(TWO).hexdigest()[:32]}"
    assert take(watching) == second
    assert take(watching) is None
    now += WHOLE_EVERY + 1
    assert take(watching) is None, "every byte was looked at, and they are as before"
    now += 1
    asked = len(liar.asked)
    assert take(watching) is None
    assert "if-none-match" in liar.asked[asked].headers, "the whole look was noted, so the next one has a condition"
    liar.body, now = ONE, now - 10_000
    assert take(watching) == f"0x1-{hashlib.sha256(ONE).hexdigest()[:32]}", "a clock that was set back puts no look off"


def test_a_mark_of_an_earlier_version_is_read_and_learns_the_digest(secure, tmp_path):
    liar, address = Liar(secure), f"{secure.url}/x"
    (tmp_path / "marks").mkdir()
    (tmp_path / "marks" / f"{name_of_mark(address)}.json").write_text(json.dumps(as_document(address, ("0x1",))))
    assert take(watch(address, tmp_path)) is None
    with FolderMarks(tmp_path / "marks").hold(address) as mark:
        assert mark.content.digest == hashlib.sha256(ONE).hexdigest()
        assert mark.seen == ("0x1",)
    assert "if-none-match" not in liar.asked[0].headers


def test_a_content_that_was_not_dealt_with_is_not_noted_either(secure, tmp_path):
    Liar(secure)
    with watch(f"{secure.url}/x", tmp_path).look() as first:
        assert first is not None
    assert take(watch(f"{secure.url}/x", tmp_path)) == "0x1"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("papers.csv#sha256=" + "0" * 64, "is pinned to one content, so it never changes"),
        ("http://127.0.0.1/x", "is neither a file nor an https URL"),
        ("ftp://127.0.0.1/x", "is neither a file nor an https URL"),
    ],
)
def test_what_cannot_be_watched_is_refused(tmp_path, source, expected):
    with pytest.raises(ConfigError, match=expected):
        watch(source, tmp_path)
