"""What the walks on loopback share: the command line in this process, the champion, what is registered, planted secrets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ROOT
from standin.arm import COMPUTE_SECRET, IDENTITY_SECRET
from standin.azurite import KEY

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
    secrets += [
        IDENTITY_SECRET.encode(),
        COMPUTE_SECRET.encode(),
        KEY.encode(),
        b"planted-github-token",
        b"&sig=",
        b"?sig=",
        b"Bearer ey",
    ]
    assert any(key.startswith(b"planted") for key in secrets)
    told = [str(path) for path in project.rglob("*") if path.is_file() and any(s in path.read_bytes() for s in secrets)]
    return told + [str(step) for step, log in cloud.jobs.logs.items() if any(s in log.encode() for s in secrets)]
