"""A blob in Azurite is overwritten; `gates watch` sees its ETag change and tells a loopback GitHub, without the signature."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from command_line import ROOT
from loopback import serve
from standin.azurite import ACCOUNT, KEY, find_azurite, running_azurite
from standin.certificate import make_certificate
from standin.names import localhost_names
from work.triggers.conftest import TOKEN


@pytest.fixture
def blob(tmp_path_factory):
    """A blob, the URL with a signature under which it can be read, and the certificate of its server."""
    storage = pytest.importorskip("azure.storage.blob", reason="the extra is not installed: pip install '.[azure]'")
    program = find_azurite()
    if program is None:
        pytest.skip("Azurite is not installed: npm install --prefix ~/.cache/gates/node azurite")
    certificate = make_certificate(tmp_path_factory.mktemp("certificate"))
    with localhost_names(), running_azurite(program, tmp_path_factory.mktemp("azurite"), certificate) as azurite:
        pem = str(certificate[0])
        container = storage.ContainerClient(azurite.url, "training", credential=KEY, connection_verify=pem)
        container.create_container()
        signature = storage.generate_blob_sas(
            ACCOUNT, "training", "papers.csv", account_key=KEY, permission="r",
            expiry=datetime.now(UTC) + timedelta(hours=1),
        )  # fmt: skip
        url = f"https://127.0.0.1:{azurite.port}/{ACCOUNT}/training/papers.csv?{signature}"
        yield container.get_blob_client("papers.csv"), url, pem


def test_an_overwritten_blob_is_told_once_to_github(blob, tmp_path):
    client, url, certificate = blob
    signature = url.partition("sig=")[2].partition("&")[0]
    with serve() as github:

        def look():
            env = {
                **os.environ, "SSL_CERT_FILE": certificate, "no_proxy": "127.0.0.1", "GITHUB_REPOSITORY": "acme/papers",
                "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": github.url,
            }  # fmt: skip
            command = [sys.executable, "-m", "gates", "watch", "--once", "--then", "github", "--data", url]
            return subprocess.run(
                [*command, "--home", str(tmp_path / "home")],
                cwd=ROOT,
                env=env,
                capture_output=True,
                text=True,
                timeout=120,
            )

        assert look().returncode == 3, "there is no blob yet"
        first = client.upload_blob(b"id,x\n1,2\n")["etag"].strip('"')
        told = [look(), look()]
        second = client.upload_blob(b"id,x\n1,2\n2,3\n", overwrite=True)["etag"].strip('"')
        told += [look(), look()]
    assert [done.returncode for done in told] == [0, 0, 0, 0], told[0].stderr
    payloads = [asked.json["client_payload"] for asked in github.asked]
    assert [payload["eTag"] for payload in payloads] == [first, second]
    assert payloads[0]["subject"] == "/blobServices/default/containers/training/blobs/papers.csv"
    said = "".join(done.stdout + done.stderr for done in told) + str(payloads)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
    for secret in (signature, TOKEN):
        assert secret not in said
        assert secret.encode() not in kept
