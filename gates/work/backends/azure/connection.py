"""Open a workspace with the SDK's own client and `DefaultAzureCredential`: az login on a desk, OIDC in a pipeline, an
identity on a machine in Azure. No key and no password is ever configured here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gates.work.backends.azure.errors import WorkspaceMissing, explained
from gates.work.backends.azure.packages import require_sdk
from gates.work.backends.azure.settings import AzureSettings

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.core.credentials import TokenCredential


@dataclass(frozen=True, slots=True)
class Connection:
    """Hold an open workspace: the SDK's client, the credential, and how the project uses them."""

    settings: AzureSettings
    ml: MLClient
    credential: TokenCredential


def connect(settings: AzureSettings) -> Connection:
    """Open the workspace and make sure that it is there. Raises `AzureError`, `WorkspaceMissing` and `MissingExtra`."""
    require_sdk()
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    workspace, cloud = settings.workspace, dict(settings.cloud)
    own = {"cloud": cloud.pop("name"), "cloud_metadata": cloud} if cloud else {}
    authority = {"authority": cloud["active_directory"]} if own else {}
    with explained(f"opening workspace {workspace.name}"):
        credential = DefaultAzureCredential(**authority)
        client = MLClient(
            credential, workspace.subscription, workspace.group, workspace.name,
            enable_telemetry=False, show_progress=False, retry_total=settings.retries,
            connection_timeout=20, read_timeout=min(60.0, settings.operation_timeout), **own,
        )  # fmt: skip
        _require_workspace(client, settings)
    return Connection(settings, client, credential)


def _require_workspace(client: MLClient, settings: AzureSettings) -> None:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        client.workspaces.get(settings.workspace.name)
    except ResourceNotFoundError:
        raise WorkspaceMissing(
            f"{settings.workspace} is not there, or this identity may not see it",
            "correct workspace in [tool.ml.azure], or create it with infra/",
            404,
        ) from None
