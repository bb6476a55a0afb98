"""Read ``[tool.ml.azure]``, strictly, and the workspace from the environment where a pipeline names it there.

``GATES_AZURE_WORKSPACE`` wins over the file, so that one policy (and its digest) serves a test and a production workspace.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gates.work.config.reader import Reader
from gates.work.config.settings import read_settings
from gates.work.errors import SettingsError

WORKSPACE_VARIABLE = "GATES_AZURE_WORKSPACE"
_SECTION = "tool.ml.azure"
_WORKSPACE = re.compile(
    r"azureml:(?P<subscription>[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/(?P<group>[\w.()-]{1,90})"
    r"/(?P<name>[a-zA-Z0-9][a-zA-Z0-9_-]{2,32})\Z",
    re.ASCII,
)
_ENDPOINT = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]\Z")
_ASSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}\Z")
_CLOUD = (
    "azure_portal", "resource_manager", "active_directory", "aml_resource_id", "storage_endpoint",
    "registry_discovery_endpoint",
)  # fmt: skip
_KEYS = (
    "workspace", "data", "compute", "endpoint", "auth", "kubernetes", "instance_type", "instances", "training_image",
    "serving_image", "traffic", "mirror", "operation_timeout", "job_timeout", "poll", "retries", "alerts", "cloud",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace by subscription, resource group and name."""

    subscription: str
    group: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Workspace | None:
        """The workspace in ``azureml:SUBSCRIPTION/GROUP/WORKSPACE``; None for any other text."""
        found = _WORKSPACE.match(text)
        return cls(found["subscription"], found["group"], found["name"]) if found else None

    def __str__(self) -> str:
        return f"azureml:{self.subscription}/{self.group}/{self.name}"


@dataclass(frozen=True, slots=True)
class AzureSettings:
    """Where and how the work is done on Azure.

    ``traffic`` are the percentages on the way to 100, ``mirror`` the percentage of requests copied to a new deployment
    before it answers any; the time-outs and ``poll`` are in seconds. ``cloud`` is empty for the public cloud.
    """

    folder: Path
    workspace: Workspace
    data: str
    compute: str
    endpoint: str
    auth: str
    kubernetes: str | None
    instance_type: str
    instances: int
    training_image: str
    serving_image: str
    traffic: tuple[int, ...]
    mirror: int
    operation_timeout: float
    job_timeout: float
    poll: float
    retries: int
    alerts: tuple[str, ...]
    cloud: Mapping[str, str]


def read_azure_settings(config: Path) -> AzureSettings:
    """``[tool.ml.azure]`` of a TOML file. Raises `SettingsError` with every fault that was found."""
    project = read_settings(config)
    table = tomllib.loads(config.read_text(encoding="utf-8"))["tool"]["ml"].get("azure", {})
    if not isinstance(table, dict):
        raise SettingsError(f"[{_SECTION}] is {table!r}; wanted a table", "write [tool.ml.azure] with workspace = ...")
    read = Reader(table, _KEYS, _SECTION)
    read.refuse_unknown()
    default = re.sub(r"[^a-z0-9]+", "-", project.name.lower()).strip("-")[:32].strip("-")
    settings = AzureSettings(
        folder=project.folder,
        workspace=_workspace(read, table),
        data=read.text("data", default or "data", pattern=_ASSET, wanted="the name of a data asset"),
        compute=read.text("compute", "serverless", wanted="the name of a compute cluster, or 'serverless'"),
        endpoint=read.text(
            "endpoint", default, pattern=_ENDPOINT, wanted="an endpoint name: 3 to 32 letters, digits and '-'"
        ),
        auth=_choice(read, table, "auth", ("key", "aad_token")),
        kubernetes=read.optional("kubernetes"),
        instance_type=read.text("instance_type", "Standard_DS3_v2", wanted="a machine size"),
        instances=read.whole("instances", 1, least=1),
        training_image=read.text("training_image", TRAINING_IMAGE, wanted="a container image"),
        serving_image=read.text("serving_image", SERVING_IMAGE, wanted="a container image"),
        traffic=_traffic(read, table),
        mirror=read.whole("mirror", 10, least=0),
        operation_timeout=read.number("operation_timeout", 1800.0, above=0.0, below=float("inf")),
        job_timeout=read.number("job_timeout", 7200.0, above=0.0, below=float("inf")),
        poll=read.number("poll", 5.0, above=0.0, below=float("inf")),
        retries=read.whole("retries", 4, least=0),
        alerts=read.texts("alerts"),
        cloud=_cloud(read, table),
    )
    if settings.mirror > 50:
        read.fault("mirror", f"is {settings.mirror}", "0 to 50: Azure copies at most half of the requests")
    if read.faults:
        raise SettingsError(tuple(read.faults), f"correct [{_SECTION}] in {config.name}")
    return settings


TRAINING_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest"
SERVING_IMAGE = "mcr.microsoft.com/azureml/minimal-py311-inference:latest"


def _workspace(read: Reader, table: Mapping[str, object]) -> Workspace:
    variable = os.environ.get(WORKSPACE_VARIABLE, "")
    text = variable or table.get("workspace")
    found = Workspace.parse(text) if isinstance(text, str) else None
    if found is None:
        wanted = "azureml:SUBSCRIPTION/GROUP/WORKSPACE"
        where = f"in {WORKSPACE_VARIABLE} " if variable else ""
        read.fault(
            "workspace", f"{where}is {text!r}" if text else "is missing", f"{wanted}, here or in {WORKSPACE_VARIABLE}"
        )
    return found or Workspace("", "", "")


def _choice(read: Reader, table: Mapping[str, object], key: str, choices: tuple[str, ...]) -> str:
    return read.choice(key, choices) if key in table else choices[0]


def _traffic(read: Reader, table: Mapping[str, object]) -> tuple[int, ...]:
    """The steps on the way: rising, above 0, below 100, and at least one; straight to 100 is what this exists to prevent."""
    found = table.get("traffic", [10])
    steps = found if isinstance(found, list) else []
    whole = bool(steps) and all(isinstance(step, int) and not isinstance(step, bool) for step in steps)
    if not whole or sorted(set(steps)) != steps or steps[0] <= 0 or steps[-1] >= 100:
        read.fault("traffic", f"is {found!r}", "rising percentages between 0 and 100, at least one, like [10, 50]")
        return (10,)
    return tuple(steps)


def _cloud(read: Reader, table: Mapping[str, object]) -> Mapping[str, str]:
    """A cloud of its own (sovereign, private, or a stand-in): the addresses that the SDK needs, and a name."""
    cloud = table.get("cloud", {})
    if not isinstance(cloud, dict):
        read.fault("cloud", f"is {cloud!r}", f"a table with name, {', '.join(_CLOUD)}")
        return {}
    if not cloud:
        return {}
    for key in ("name", *_CLOUD):
        value = cloud.get(key)
        if not isinstance(value, str) or not value:
            read.fault(f"cloud.{key}", "is missing" if value is None else f"is {value!r}", "a text")
        elif key not in ("name", "storage_endpoint") and not value.startswith("https://"):
            read.fault(f"cloud.{key}", f"is {value!r}", "an https address: a token travels there")
    for key in cloud:
        if key not in ("name", *_CLOUD):
            read.fault(f"cloud.{key}", "is not a known key", f"name, {', '.join(_CLOUD)}")
    return {key: str(value) for key, value in cloud.items()}
