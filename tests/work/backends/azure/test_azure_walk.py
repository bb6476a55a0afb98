"""The whole lab on loopback, with the real SDK: steps that really run, a refusal, a registration, a rollout, a promotion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import ROOT
from loopback import serve
from standin.arm import IDENTITY_SECRET
from standin.azurite import ACCOUNT, KEY
from standin.fixtures import SITE

from gates.registry import Registry
from gates.work.backends.azure.__main__ import main

MODEL = "COVID19Articles_model"


@pytest.fixture
def papers(tmp_path):
    made = tmp_path / "papers.csv"
    subprocess.run([sys.executable, "-m", "ml.sample", "lab", str(made)], cwd=ROOT, check=True, capture_output=True)
    return made


@pytest.fixture
def azure(project, monkeypatch, capsys):
    """``python -m gates.work.backends.azure`` in this process (the SDK is imported once), in the project's folder."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("GATES_HOME", str(project / "home"))

    def run(*arguments: str, build: str = "") -> tuple[int, str, str]:
        if build:
            monkeypatch.setenv("BUILD_BUILDID", build)
            monkeypatch.setenv("SYSTEM_COLLECTIONURI", "https://dev.azure.com/lab/")
            monkeypatch.setenv("SYSTEM_TEAMPROJECT", "papers")
        capsys.readouterr()
        code = main(list(arguments))
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def champion(project: Path) -> int | None:
    found = Registry(project / "home").champion(MODEL)
    return found.version.version if found else None


def registered(cloud) -> list[dict]:
    return [
        resource for path, resource in cloud.workspace.resources.items() if f"/models/{MODEL.lower()}/versions/" in path
    ]


def planted_secrets_in(project, cloud) -> list[str]:
    """Every file that the walk left behind, and what the steps said, searched for keys, tokens and signatures."""
    secrets = [key.encode() for keys in cloud.workspace.keys.values() for key in keys]
    secrets += [IDENTITY_SECRET.encode(), KEY.encode(), b"planted-github-token", b"&sig=", b"?sig=", b"Bearer ey"]
    assert any(key.startswith(b"planted") for key in secrets)
    told = [str(path) for path in project.rglob("*") if path.is_file() and any(s in path.read_bytes() for s in secrets)]
    return told + [str(step) for step, log in cloud.jobs.logs.items() if any(s in log.encode() for s in secrets)]


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
def test_the_walk(cloud, azure, project, papers):
    code, out, err = azure("data", str(papers))
    assert code == 0, err
    assert out.startswith("azureml:papers:1  sha256:")

    # the lab's tree: trained, gated and registered on the compute, then rolled out as the first deployment
    code, out, err = azure("submit", "--into", "ci", build="101")
    assert code == 0, (out, err, cloud.jobs.logs)
    for line in ("  train: Completed", "  evaluate: Completed", "  register: Completed", "  pipeline: Completed"):
        assert line in out
    told = json.loads((project / "ci/model.json").read_text())
    assert (told["asset"], told["tags"]["BuildId"]) == (f"azureml:{MODEL}:1", "101")
    assert told["tags"]["BuildUri"] == "https://dev.azure.com/lab/papers/_build/results?buildId=101"
    assert told["tags"]["data"] == "azureml:papers:1"
    assert {name for name in told["tags"] if name.startswith("verdict.")} == {
        "verdict.data",
        "verdict.model",
        "verdict.drift",
    }
    assert float(told["tags"]["metric.accuracy"]) > 0.3
    assert (project / "ci/evidence/model.json").exists()
    assert champion(project) is None  # registered is not promoted

    code, out, err = azure("deploy", "--build", "101")
    assert code == 0, (out, err)
    assert "blue serves COVID19Articles_model version 1 at 100 %; it promoted" in out
    assert champion(project) == 1

    # the lab's exercise: a shallower tree, which the gates refuse on the compute; nothing is registered
    code, out, err = azure("submit", "--param", "max_depth=4", "--into", "ci", build="102")
    assert code == 1, (out, err)
    assert "nothing is registered" in err
    assert "test_challenger_is_no_worse[macro_f1]" in err
    assert "  evaluate: Failed" in out
    assert "register:" not in out
    assert not (project / "ci/model.json").exists()
    assert len(registered(cloud)) == 1
    code, out, err = azure("deploy", "--build", "102")
    assert code == 3
    assert "no version of COVID19Articles_model of build 102 that passed its gates is registered" in err
    assert champion(project) == 1

    # a better model: beside the old one, gate by gate, to 100 %, and only then champion
    code, out, err = azure("submit", "--param", "estimator=logistic_regression", "--into", "ci", build="103")
    assert code == 0, (out, err, cloud.jobs.logs)
    code, out, err = azure("deploy")
    assert code == 0, (out, err)
    climbed = [line for line in out.splitlines() if line.startswith(("creating", "routing"))]
    assert climbed == [
        "creating green beside blue, without traffic",
        "routing blue 100 %, 10 % copied to green",
        "routing blue 90 %, green 10 %",
        "routing green 100 %",
    ]
    assert out.count("the endpoint gate passed") == 4
    assert champion(project) == 2
    tags = {resource["name"]: resource["properties"]["tags"] for resource in registered(cloud)}
    assert [tags[version]["champion"] for version in ("1", "2")] == ["false", "true"]
    assert tags["2"]["epoch"] == "2"

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
    assert champion(project) == 2  # until somebody delivers it

    code, out, err = azure("status")
    assert code == 0
    assert "endpoint   papers-endpoint  green 100 %" in out
    assert "build 103  champion" in out
    assert planted_secrets_in(project, cloud) == []
