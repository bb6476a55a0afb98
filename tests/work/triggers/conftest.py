"""Events, a loopback GitHub, and servers with and without TLS."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from loopback import serve
from standin.certificate import make_certificate

from gates.work.triggers.event import BlobEvent

TOKEN = "ghp_PLANTED0123456789"
URL = "https://papers.blob.core.windows.net/training/papers.csv"


@pytest.fixture
def event() -> BlobEvent:
    at = datetime(2026, 11, 25, 3, 27, 5, tzinfo=UTC)
    return BlobEvent(URL, "0x8DD1", "/blobServices/default/containers/training/blobs/papers.csv", at, 1234, URL)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server():
    with serve() as loopback:
        yield loopback


@pytest.fixture
def secure(certificate, monkeypatch):
    """An https server whose certificate this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serve(certificate) as loopback:
        yield loopback
