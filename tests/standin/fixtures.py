"""Fixtures: one stand-in for a whole session, emptied before each test, and the real SDK connected to it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from standin import swagger
from standin.arm import COMPUTE_SECRET, GROUP, IDENTITY_SECRET, SUBSCRIPTION, WORKSPACE, Arm, Call
from standin.azurite import Azurite, find_azurite, running_azurite
from standin.certificate import make_certificate
from standin.jobs import Jobs
from standin.names import localhost_names
from standin.resources import Workspace
from standin.scoring import Deployments
from standin.storage import Storage

# What the SDK is known to send otherwise than described: a hash version as a number.
KNOWN = re.compile(r"\.hash_version is int ")
SITE = Path(__file__).with_name("site")
NAME = f"azureml:{SUBSCRIPTION}/{GROUP}/{WORKSPACE}"


@dataclass(frozen=True)
class Cloud:
    """The stand-in as a whole. ``config`` is the text of ``[tool.ml.azure]`` that leads to it."""

    arm: Arm
    workspace: Workspace
    deployments: Deployments
    jobs: Jobs
    storage: Storage

    @property
    def config(self) -> str:
        base = f"{self.arm.url}/"
        return f"""
[tool.ml.azure]
workspace = "{NAME}"
data = "papers"
endpoint = "papers-endpoint"
poll = 2
retries = 1
operation_timeout = 300
job_timeout = 1200

[tool.ml.azure.cloud]
name = "Loopback{self.arm.url.rpartition(":")[2]}"
azure_portal = "{base}"
resource_manager = "{base}"
active_directory = "{base}"
aml_resource_id = "{base}"
storage_endpoint = "{self.storage.azurite.endpoint}"
registry_discovery_endpoint = "{base}"
"""


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]) -> Iterator[Azurite]:
    program = find_azurite()
    if program is None:
        pytest.skip("Azurite is not installed: npm install --prefix ~/.cache/gates/node azurite")
    with localhost_names(), running_azurite(program, tmp_path_factory.mktemp("azurite"), certificate) as running:
        yield running


@pytest.fixture(scope="session")
def azure_environment(certificate: tuple[Path, Path], azurite: Azurite) -> Iterator[pytest.MonkeyPatch]:
    """What trusts our certificate; names left over from a real Azure are taken away."""
    pytest.importorskip("azure.ai.ml", reason="the extra is not installed: pip install '.[azure]'")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AZURE", "ARM_", "IDENTITY_", "MSI_", "GATES_AZURE", "BUILD_", "GITHUB_RUN")):
                patch.delenv(name)
        patch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
        yield patch


@pytest.fixture(scope="session")
def cloud_of_session(
    azure_environment: pytest.MonkeyPatch,
    certificate: tuple[Path, Path],
    azurite: Azurite,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cloud]:
    arm = Arm(certificate)
    azure_environment.setenv("IDENTITY_ENDPOINT", f"{arm.url}/msi/token")
    azure_environment.setenv("IDENTITY_HEADER", IDENTITY_SECRET)
    storage = Storage(azurite)
    deployments = Deployments(tmp_path_factory.mktemp("deployments"), storage)
    compute = {
        "IDENTITY_ENDPOINT": f"{arm.url}/msi/token",
        "IDENTITY_HEADER": COMPUTE_SECRET,
        "REQUESTS_CA_BUNDLE": str(certificate[0]),
        "PYTHONPATH": str(SITE),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    jobs = Jobs(tmp_path_factory.mktemp("jobs"), storage, compute)
    workspace = Workspace(arm, storage, deployments, jobs)
    deployments.keys = lambda endpoint: workspace.keys.get(endpoint, [])
    arm.route(r"\A/endpoints/", deployments.answer)
    yield Cloud(arm, workspace, deployments, jobs, storage)
    jobs.wait()
    deployments.stop_all()
    arm.stop()


def faults_of(calls: list[Call]) -> list[str]:
    """Every request of the SDK and every answer of the stand-in, held to Microsoft's description where that lies beside us."""
    if not swagger.ROOT.is_dir():
        return []
    told = []
    for call in calls:
        asked, reply = call.asked, call.reply
        if call.injected or not asked.path.startswith("/subscriptions/") or "/mfeOperations" in asked.path:
            continue
        found = swagger.faults_of_request(asked.method, asked.path, asked.version, asked.content)
        if reply.status < 400:
            found += swagger.faults_of_answer(asked.method, asked.path, asked.version, reply.status, reply.content)
        told += [f"{asked.method} {asked.tail} {asked.version}: {fault}" for fault in found if not KNOWN.search(fault)]
    return sorted(set(told))


@pytest.fixture
def cloud(cloud_of_session: Cloud) -> Iterator[Cloud]:
    """The stand-in, empty and without a fault."""
    found = cloud_of_session
    found.workspace.forget()
    found.arm.faults.clear()
    found.arm.calls.clear()
    found.jobs.stuck = False
    yield found
    found.arm.faults.clear()
    found.deployments.stop_all()
    wrong = faults_of(found.arm.calls)
    assert not wrong, "\n".join(wrong)
