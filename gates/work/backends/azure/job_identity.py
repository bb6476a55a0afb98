"""Say who a job is on the compute: the user-assigned identity that ``infra/`` gives to the workspace and to its cluster.

Serverless machines have no identity of their own, and a machine with a user-assigned one gives a token to nobody who does not name
it. So a step carries the identity, and its client id travels in ``AZURE_CLIENT_ID``, where `DefaultAzureCredential` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gates.errors import ConfigError
from gates.work.backends.azure.connection import Connection
from gates.work.backends.azure.errors import explained

if TYPE_CHECKING:
    from azure.ai.ml.entities import ManagedIdentityConfiguration

CLIENT_VARIABLE = "AZURE_CLIENT_ID"


def find_client(connection: Connection) -> str:
    """Return the client id of the identity of jobs: the configured one, else the only user-assigned one of the workspace.

    Raises `ConfigError` where nothing is configured and the workspace has none or several, and `AzureError`.
    """
    configured = connection.settings.identity
    if configured:
        return configured
    name = connection.settings.workspace.name
    with explained(f"looking up the identities of workspace {name}"):
        identity = connection.ml.workspaces.get(name).identity
    assigned = (identity.user_assigned_identities if identity else None) or []
    # azure-ai-ml 1.35 leaves the answer's own key in the object, and client_id empty
    clients = [client for one in assigned if (client := str(one.client_id or vars(one).get("clientId") or ""))]
    if len(clients) != 1:
        raise ConfigError(
            f"workspace {name} has {len(clients)} user-assigned identities, wanted one: a job would get no token",
            "deploy infra/ again, which assigns one, or name its client id: identity in [tool.ml.azure]",
        )
    return clients[0]


def configuration_of(client: str) -> ManagedIdentityConfiguration:
    """Return the identity with the client id ``client`` as a step of a job carries it."""
    from azure.ai.ml.entities import ManagedIdentityConfiguration

    return ManagedIdentityConfiguration(client_id=client)


def variables_of(client: str) -> Mapping[str, str]:
    """Return what the programs of a step find in their environment, so that they ask for the token of this identity."""
    return {CLIENT_VARIABLE: client}
