"""New data arrive in the store: watch sees them, GitHub is told, and the pipeline trains again, with the real SDK."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from loopback import serve
from standin.azurite import ACCOUNT, KEY
from standin.fixtures import SITE
from work.backends.azure.walking import champion, planted_secrets_in


def watch(cloud, project, github) -> subprocess.CompletedProcess[str]:
    """``gates watch`` on the blob, by an address with a signature, telling a loopback GitHub."""
    from azure.storage.blob import BlobSasPermissions, generate_blob_sas

    until = datetime.now(UTC) + timedelta(hours=1)
    signature = generate_blob_sas(
        ACCOUNT, "azureml-blobstore", "incoming/papers.csv", account_key=KEY,
        permission=BlobSasPermissions(read=True), expiry=until,
    )  # fmt: skip
    address = f"{cloud.storage.azurite.url}/azureml-blobstore/incoming/papers.csv?{signature}"
    command = [
        sys.executable,
        "-m",
        "gates",
        "watch",
        "--once",
        "--then",
        "github",
        "--data",
        address,
        "--home",
        "watching",
    ]
    environment = {
        **os.environ, "PYTHONPATH": str(SITE), "SSL_CERT_FILE": os.environ["REQUESTS_CA_BUNDLE"],
        "GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": "lab/papers", "GITHUB_TOKEN": "planted-github-token",
    }  # fmt: skip
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_new_data_start_a_training_and_move_no_champion(cloud, azure, project, papers):
    code, out, err = azure("data", str(papers))
    assert code == 0, err

    # the blob that the data come from is written over: watch sees it, GitHub is told, and the training starts again
    container = cloud.storage.service.get_container_client("azureml-blobstore")
    container.upload_blob("incoming/papers.csv", papers.read_bytes(), overwrite=True)
    with serve() as github:
        assert watch(cloud, project, github).returncode == 0
        told_first = len(github.asked)
        lines = papers.read_text(encoding="utf-8").splitlines(keepends=True)
        fewer = [line for number, line in enumerate(lines) if number == 0 or number % 50]
        container.upload_blob("incoming/papers.csv", "".join(fewer).encode(), overwrite=True)
        done = watch(cloud, project, github)
        assert done.returncode == 0, done.stderr
        assert len(github.asked) == told_first + 1
        assert watch(cloud, project, github).returncode == 0
        assert len(github.asked) == told_first + 1  # the same content once
    dispatch = github.asked[-1]
    assert (dispatch.method, dispatch.path) == ("POST", "/repos/lab/papers/dispatches")
    assert dispatch.json["event_type"] == "storage-blobupdated"
    assert "planted-github-token" not in done.stdout + done.stderr
    assert "sig=" not in done.stdout + done.stderr + json.dumps(dispatch.json)

    arrived = project / "papers.csv"
    arrived.write_bytes(container.download_blob("incoming/papers.csv").readall())
    code, out, err = azure("data", str(arrived))
    assert (code, out.split()[0]) == (0, "azureml:papers:2")
    code, out, err = azure("submit", "--param", "estimator=logistic_regression", "--into", "ci", build="104")
    assert code == 0, (out, err, cloud.jobs.logs)
    assert json.loads((project / "ci/model.json").read_text())["tags"]["data"] == "azureml:papers:2"
    assert champion(project) is None  # until somebody delivers it

    assert planted_secrets_in(project, cloud) == []
