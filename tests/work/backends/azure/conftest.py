"""Azure on loopback: the stand-in of `loopback`, and projects that are configured for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import ROOT
from standin.fixtures import *  # noqa: F403
from standin.fixtures import Cloud
from work.backends.azure.walking import azure, papers  # noqa: F401  (fixtures)

from gates.work.backends.azure.connection import Connection, connect
from gates.work.backends.azure.settings import AzureSettings, read_azure_settings

ML = """
[tool.ml]
name = "Papers_model"
data = "azureml:papers@latest"
id = "cord_uid"
target = "cluster"
task = "classification"
train = "ml.training:fit"
"""


@pytest.fixture
def config(cloud: Cloud, tmp_path: Path) -> Path:
    """A configuration that leads to the stand-in, without a policy."""
    path = tmp_path / "pyproject.toml"
    path.write_text(ML + cloud.config, encoding="utf-8")
    return path


@pytest.fixture
def settings(config: Path) -> AzureSettings:
    return read_azure_settings(config)


@pytest.fixture(scope="session")
def open_connections() -> dict[str, Connection]:
    return {}


@pytest.fixture
def connection(cloud: Cloud, settings: AzureSettings, open_connections: dict[str, Connection]) -> Connection:
    """The real client. Opening it costs a second, so it is opened once; the stand-in behind it is emptied."""
    if "one" not in open_connections:
        open_connections["one"] = connect(settings)
        cloud.arm.calls.clear()
    kept = open_connections["one"]
    return Connection(settings, kept.ml, kept.credential)


@pytest.fixture
def project(cloud: Cloud, tmp_path: Path) -> Path:
    """A copy of the project that works on Azure."""
    copy = tmp_path / "project"
    anywhere = shutil.ignore_patterns("__pycache__", ".*", "*.egg-info")
    at_the_top = shutil.ignore_patterns("tests", "docs", "benchmarks", "data", "infra")

    def leave(folder: str, names: list[str]) -> set[str]:
        left = anywhere(folder, names)
        return left | at_the_top(folder, names) if Path(folder) == ROOT else left

    shutil.copytree(ROOT, copy, ignore=leave)
    config = copy / "pyproject.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(
        text.replace("[tool.gates]\n", '[tool.gates]\nwork = "gates.work.backends.azure:open_work"\n') + cloud.config,
        encoding="utf-8",
    )
    return copy
