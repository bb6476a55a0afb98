"""Data are copied to an immutable snapshot, hashed on the way, from files and https only."""

from __future__ import annotations

import hashlib
import os
import re
import stat

import pytest
from loopback import Answer, serve
from standin.certificate import make_certificate

from gates.work.data.source import fetch, shown
from gates.work.errors import DataError

CONTENT = b"id,a,y\n" + b"".join(b"r%d,%d,0\n" % (n, n) for n in range(50))
HEX = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(CONTENT)
    return path


def test_a_snapshot_is_named_by_its_content_and_read_only(file, tmp_path):
    batch = fetch(str(file), tmp_path / "into")
    assert batch.digest == f"sha256:{HEX}"
    assert batch.path == tmp_path / "into" / f"{HEX}.csv"
    assert batch.path.read_bytes() == CONTENT
    assert batch.size == len(CONTENT)
    assert stat.S_IMODE(batch.path.stat().st_mode) == 0o444


def test_fetching_twice_is_the_same(file, tmp_path):
    assert fetch(str(file), tmp_path / "into") == fetch(str(file), tmp_path / "into")


def test_a_relative_path_starts_at_the_folder(file, tmp_path):
    assert fetch("data.csv", tmp_path / "into", folder=tmp_path).digest == f"sha256:{HEX}"


def test_a_pin_that_holds_is_accepted(file, tmp_path):
    assert fetch(f"{file}#sha256={HEX.upper()}", tmp_path / "into").source == str(file)


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [
        ("#sha256=" + "0" * 64, "is not what its pin says"),
        ("#sha256=abc", "has 3 digits, wanted 64"),
        ("#sha256=", "has 0 digits"),
    ],
)
def test_a_pin_that_does_not_hold_leaves_nothing(file, tmp_path, suffix, expected):
    with pytest.raises(DataError, match=expected):
        fetch(f"{file}{suffix}", tmp_path / "into")
    assert not (tmp_path / "into").exists() or not list((tmp_path / "into").iterdir())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("nowhere.csv", "No such file"),
        (".", "is a directory"),
        ("/dev/null", "is not a regular file"),
        ("http://127.0.0.1/d.csv", "is not an https URL"),
        ("ftp://127.0.0.1/d.csv", "is not an https URL"),
        ("file:///etc/hostname", "is not an https URL"),
    ],
)
def test_other_sources_are_refused(tmp_path, source, expected):
    with pytest.raises(DataError, match=expected):
        fetch(source, tmp_path / "into", folder=tmp_path)


def test_a_fifo_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="is not a regular file"):
        fetch("pipe", tmp_path / "into", folder=tmp_path)


def test_too_large_is_refused_and_leaves_nothing(file, tmp_path):
    with pytest.raises(DataError, match="is larger than 100 bytes"):
        fetch(str(file), tmp_path / "into", largest=100)
    assert not list((tmp_path / "into").iterdir())


def test_what_is_no_table_is_not_even_kept(tmp_path):
    (tmp_path / "d.csv").write_bytes(b"%PDF-1.7")
    with pytest.raises(DataError, match="PDF"):
        fetch("d.csv", tmp_path / "into", folder=tmp_path)
    assert not list((tmp_path / "into").iterdir())


def test_a_signature_in_a_query_is_never_printed():
    assert shown("https://me:secret@host.example/data.csv?sig=SECRET#x") == "https://host.example/data.csv"


BAD_URLS = {
    "password": ("https://ada:hunter2pw@127.0.0.1:1/x.csv", "carries a user or a password"),
    "user": ("https://hunter2pw@127.0.0.1:1/x.csv", "carries a user or a password"),
    "port-behind-password": ("https://ada:hunter2pw@127.0.0.1:x/x.csv", "its host or its port cannot be read"),
    "password-as-port": ("https://127.0.0.1:hunter2pw/x.csv", "its host or its port cannot be read"),
    "blank": ("https://127.0.0.1:1/x.csv?sig=hunter2pw and", "holds a blank or a control character"),
    "terminal-control": ("https://127.0.0.1:1/x.csv?sig=hunter2pw\x1b[2J", "holds a blank or a control character"),
    "host": ("https://[hunter2pw/x.csv", "its host or its port cannot be read"),
    "no-host": ("https:///x.csv?sig=hunter2pw", "names no host"),
    "refused-connection": ("https://127.0.0.1:1/x.csv?sig=hunter2pw", "cannot be fetched: Connection refused"),
    "pin": ("https://127.0.0.1:1/x.csv?sig=hunter2pw#sha256=0", "has 1 digits, wanted 64"),
    "pin-of-no-url": ("https://[hunter2pw/x.csv#sha256=0", "the pin of https://... has 1 digits"),
}


@pytest.mark.parametrize(("url", "expected"), BAD_URLS.values(), ids=BAD_URLS)
def test_a_url_is_refused_in_our_own_words(url, expected, tmp_path):
    """What the library says of a URL repeats all of it, the password too."""
    with pytest.raises(DataError, match=re.escape(expected)) as caught:
        fetch(url, tmp_path)
    assert "hunter2pw" not in caught.value.message + caught.value.remedy
    assert not list(tmp_path.iterdir())


REDIRECTS = {
    "/to-http": "http://127.0.0.1:1/x.csv?sig=SECRET",
    "/to-file": "file:///etc/hostname",
    "/again": "/data.csv",
}


def respond(asked):
    path = asked.path.partition("?")[0]
    if path in REDIRECTS:
        return Answer(302, headers={"Location": REDIRECTS[path]})
    if path == "/data.csv":
        return Answer(200, CONTENT)
    if path == "/cut.csv":
        return Answer(200, CONTENT, {"Content-Length": str(len(CONTENT) + 10)})
    return Answer(404)


@pytest.fixture(scope="module")
def https(tmp_path_factory):
    """A server on loopback, and the certificate that it shows."""
    certificate = make_certificate(tmp_path_factory.mktemp("https"))
    with serve(certificate) as server:
        server.respond = respond
        yield server.url, certificate[0]


@pytest.fixture
def trusted(https, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(https[1]))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return https[0]


@pytest.mark.parametrize("path", ["/data.csv", "/again"])
def test_https_is_fetched(trusted, tmp_path, path):
    batch = fetch(f"{trusted}{path}?sig=SECRET#sha256={HEX}", tmp_path)
    assert batch.path.read_bytes() == CONTENT
    assert "SECRET" not in batch.source


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/to-http", "redirects to http://127.0.0.1:1/x.csv, which is not https"),
        ("/to-file", "file:///etc/hostname"),
        ("/absent", "answered 404"),
        ("/cut.csv", "bytes"),
        ("/data.csv#sha256=" + "1" * 64, "is not what its pin says"),
    ],
)
def test_a_bad_answer_is_refused_and_leaves_nothing(trusted, tmp_path, path, expected):
    with pytest.raises(DataError, match=expected) as caught:
        fetch(trusted + path, tmp_path)
    assert "SECRET" not in caught.value.message
    assert not list(tmp_path.iterdir())


def test_a_certificate_that_is_not_trusted_is_refused(https, tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(DataError, match="cannot be fetched"):
        fetch(f"{https[0]}/data.csv", tmp_path)
