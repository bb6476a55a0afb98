"""Read ``[tool.ml.azure]``, strictly, and the workspace from the environment where a pipeline names it there.

``GATES_AZURE_WORKSPACE`` wins over the file, so that one policy (and its digest) serves a test and a production workspace.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gates.errors import ConfigError
from gates.toml_reader import Key, KeyKind, Table, read_toml
from gates.work.config.settings import read_settings

WORKSPACE_VARIABLE = "GATES_AZURE_WORKSPACE"
_WANTED = f"azureml:SUBSCRIPTION/GROUP/WORKSPACE, here or in {WORKSPACE_VARIABLE}"
_WORKSPACE = re.compile(
    r"azureml:(?P<subscription>[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/(?P<group>[\w.()-]{1,90})"
    r"/(?P<name>[a-zA-Z0-9][a-zA-Z0-9_-]{2,32})\Z",
    re.ASCII,
)
_ENDPOINT = r"[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]"
_CLIENT = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ASSET = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}"
_CLOUD = (
    "azure_portal", "resource_manager", "active_directory", "aml_resource_id", "storage_endpoint",
    "registry_discovery_endpoint",
)  # fmt: skip
TRAINING_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest"
SERVING_IMAGE = "mcr.microsoft.com/azureml/minimal-py311-inference:latest"

CLOUD_KEYS = (
    Key("name", KeyKind.TEXT, "The name of the cloud.", required=True),
    *(
        Key(name, KeyKind.TEXT, f"The {name} of the cloud, as the SDK calls it.", required=True, wanted="an address")
        for name in _CLOUD
    ),
)
KEYS = (
    Key("workspace", KeyKind.TEXT, f"The workspace; the environment's {WORKSPACE_VARIABLE} wins.", wanted=_WANTED),
    Key("data", KeyKind.TEXT, "The data asset; absent, the model's name.", pattern=_ASSET, wanted="the name of a data asset"),
    Key("compute", KeyKind.TEXT, "The compute cluster of the jobs, or 'serverless'.", "serverless"),
    Key(
        "identity", KeyKind.TEXT, "The client id of the identity of the jobs; absent, the only user-assigned one of the workspace.",
        pattern=_CLIENT, wanted="a client id: 8-4-4-4-12 hexadecimal digits",
    ),
    Key(
        "endpoint", KeyKind.TEXT, "The managed online endpoint; absent, the model's name.", pattern=_ENDPOINT,
        wanted="an endpoint name: 3 to 32 letters, digits and '-'",
    ),
    Key("auth", KeyKind.TEXT, "How a caller of the endpoint signs in.", "key", choices=("key", "aad_token")),
    Key("kubernetes", KeyKind.TEXT, "The attached cluster that serves; absent, Azure's own machines serve."),
    Key("instance_type", KeyKind.TEXT, "The machine size of a deployment.", "Standard_DS3_v2", wanted="a machine size"),
    Key("instances", KeyKind.WHOLE, "The machines of a deployment.", 1, least=1),
    Key("training_image", KeyKind.TEXT, "The container image of the jobs.", TRAINING_IMAGE, wanted="a container image"),
    Key("serving_image", KeyKind.TEXT, "The container image of a deployment.", SERVING_IMAGE, wanted="a container image"),
    Key(
        "traffic", KeyKind.WHOLES, "The percentages of requests on the way to 100.", (10,), above=0, below=100,
        wanted="rising percentages between 0 and 100, at least one, like [10, 50]",
    ),
    Key(
        "mirror", KeyKind.WHOLE, "The percentage of requests that is copied to a new deployment before it answers any.", 10,
        least=0, most=50, wanted="0 to 50: Azure copies at most half of the requests",
    ),
    Key("operation_timeout", KeyKind.NUMBER, "The seconds that one operation of Azure may last.", 1800.0, above=0.0),
    Key("job_timeout", KeyKind.NUMBER, "The seconds that one job may last.", 7200.0, above=0.0),
    Key("poll", KeyKind.NUMBER, "The seconds between two looks at an operation or a job.", 5.0, above=0.0),
    Key("retries", KeyKind.WHOLE, "How often a request is repeated after an outage.", 4, least=0),
    Key("alerts", KeyKind.TEXTS, "The mail addresses that alerts are sent to.", wanted="a list of texts"),
    Key("cloud", KeyKind.TABLE, "The addresses of a sovereign or private cloud; absent, the public one.", keys=CLOUD_KEYS),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Workspace:
    """Name a workspace by subscription, resource group and name."""

    subscription: str
    group: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Workspace | None:
        """Return the workspace in ``azureml:SUBSCRIPTION/GROUP/WORKSPACE``; None for any other text."""
        match = _WORKSPACE.match(text)
        return cls(match["subscription"], match["group"], match["name"]) if match else None

    def __str__(self) -> str:
        return f"azureml:{self.subscription}/{self.group}/{self.name}"


@dataclass(frozen=True, slots=True)
class AzureSettings:
    """Say where and how the work is done on Azure.

    ``traffic`` are the percentages on the way to 100, ``mirror`` the percentage of requests copied to a new deployment
    before it answers any; the time-outs and ``poll`` are in seconds. ``cloud`` is empty for the public cloud.
    """

    folder: Path
    workspace: Workspace
    data: str
    compute: str
    identity: str | None
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
    """Return ``[tool.ml.azure]`` of a TOML file. Raises `ConfigError` with every fault that it has."""
    project = read_settings(config)
    table = Table("", read_toml(config), [])
    for name in ("tool", "ml"):
        table = table.table(name)
    table = Table("tool.ml.azure", table.raw("azure"), [], KEYS)
    default = re.sub(r"[^a-z0-9]+", "-", project.name.lower()).strip("-")[:32].strip("-")
    settings = AzureSettings(
        folder=project.folder,
        workspace=_workspace(table),
        data=table.optional("data") or default or "data",
        compute=table.text("compute"),
        identity=table.optional("identity"),
        endpoint=_endpoint(table, default),
        auth=table.text("auth"),
        kubernetes=table.optional("kubernetes"),
        instance_type=table.text("instance_type"),
        instances=table.whole("instances"),
        training_image=table.text("training_image"),
        serving_image=table.text("serving_image"),
        traffic=_traffic(table),
        mirror=table.whole("mirror"),
        operation_timeout=table.number("operation_timeout"),
        job_timeout=table.number("job_timeout"),
        poll=table.number("poll"),
        retries=table.whole("retries"),
        alerts=table.texts("alerts"),
        cloud=_cloud(table),
    )
    table.close()
    if table.faults:
        raise ConfigError(tuple(table.faults), f"correct [{table.path}] in {config.name}")
    return settings


def _workspace(table: Table) -> Workspace:
    variable = os.environ.get(WORKSPACE_VARIABLE, "")
    text = variable or table.raw("workspace")
    workspace = Workspace.parse(text) if isinstance(text, str) else None
    if workspace is None:
        where = f"in {WORKSPACE_VARIABLE} " if variable else ""
        table.fault("workspace", f"{where}is {text!r}, wanted {_WANTED}" if text else f"is missing, wanted {_WANTED}")
    return workspace or Workspace("", "", "")


def _endpoint(table: Table, default: str) -> str:
    """Return the name of the endpoint: the given one, or the model's name where Azure takes it as a name."""
    name = table.optional("endpoint")
    if name is None and not re.fullmatch(_ENDPOINT, default):
        table.fault(
            "endpoint", f"is missing, and {default!r} is no name for one; wanted 3 to 32 letters, digits and '-'"
        )
    return name or default


def _traffic(table: Table) -> tuple[int, ...]:
    """Return the steps on the way to 100: rising and at least one. Going straight to 100 is what they exist to prevent."""
    steps = table.wholes("traffic")
    if not steps or sorted(set(steps)) != list(steps):
        table.fault(
            "traffic", f"is {list(steps)}, wanted rising percentages between 0 and 100, at least one, like [10, 50]"
        )
    return steps


def _cloud(table: Table) -> Mapping[str, str]:
    """Return the name and the addresses of a sovereign or private cloud, or of a stand-in; empty for the public cloud."""
    cloud = table.table("cloud")
    if not cloud.keys():
        return {}
    addresses = {key.name: cloud.text(key.name) for key in CLOUD_KEYS}
    for key, address in addresses.items():
        if address and key not in ("name", "storage_endpoint") and not address.startswith("https://"):
            cloud.fault(key, f"is {address!r}, wanted an https address: a token travels there")
    cloud.close()
    return addresses
