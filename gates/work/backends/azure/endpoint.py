"""An online endpoint and its deployments: create them beside each other, share the traffic out, hand out the key.

Managed by Azure, or on a Kubernetes cluster where the configuration names one. The address and the key come from the service each
time they are needed: a key that was rotated meanwhile is not held on to.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gates.work.backends.azure.connection import Connection
from gates.work.backends.azure.deployed_code import ScoringLimits, write_code
from gates.work.backends.azure.environment import serving_environment
from gates.work.backends.azure.errors import AzureError, explained
from gates.work.backends.azure.models import RegisteredModel
from gates.work.backends.azure.redaction import redact
from gates.work.records import Identity

if TYPE_CHECKING:
    from azure.ai.ml.entities import OnlineDeployment, OnlineEndpoint
    from azure.core.polling import LROPoller


_TELLING = re.compile(r"^\w*(Error|Exception)\b: |refuses: ")


class WorkspaceEndpoint:
    """Change and read one online endpoint of a workspace, by name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ml = connection.ml
        self._settings = connection.settings
        self.name = connection.settings.endpoint

    @property
    def mirrors(self) -> bool:
        """Return whether requests can be copied to a deployment that answers none: managed endpoints only."""
        return self._settings.mirror > 0 and self._settings.kubernetes is None

    def ensure(self) -> None:
        """Create the endpoint if it is not there. Raises `AzureError`."""
        from azure.ai.ml.entities import KubernetesOnlineEndpoint, ManagedOnlineEndpoint
        from azure.core.exceptions import ResourceNotFoundError

        with explained(f"looking up endpoint {self.name}"):
            try:
                self._ml.online_endpoints.get(self.name)
            except ResourceNotFoundError:
                pass
            else:
                return
        made: OnlineEndpoint
        if self._settings.kubernetes:
            made = KubernetesOnlineEndpoint(
                name=self.name, compute=self._settings.kubernetes, auth_mode=self._settings.auth
            )
        else:
            made = ManagedOnlineEndpoint(name=self.name, auth_mode=self._settings.auth)
        with explained(f"creating endpoint {self.name}"):
            self._await(self._ml.online_endpoints.begin_create_or_update(made), f"endpoint {self.name}")

    def url(self) -> str:
        """Return the address to score at. Raises `AzureError` where the service names none."""
        with explained(f"looking up endpoint {self.name}"):
            address = self._ml.online_endpoints.get(self.name).scoring_uri
        if not address:
            raise AzureError(f"endpoint {self.name} has no address yet", "wait until it is created, then run again")
        return str(address)

    def key(self) -> str:
        """Return a key or a token that opens the endpoint now. It is a secret: never print it. Raises `AzureError`."""
        with explained(f"asking for the key of endpoint {self.name}"):
            keys = self._ml.online_endpoints.get_keys(self.name)
        key = getattr(keys, "primary_key", None) or getattr(keys, "access_token", None)
        if not key:
            raise AzureError(f"endpoint {self.name} gave no key", "give this identity the right to list keys")
        return str(key)

    def traffic(self) -> Mapping[str, int]:
        """Return the percentage of each deployment, with 0 for those that get none. Raises `AzureError`."""
        with explained(f"asking for the traffic of endpoint {self.name}"):
            endpoint = self._ml.online_endpoints.get(self.name)
        mirrored = {str(name): 0 for name in endpoint.mirror_traffic or {}}
        return {**mirrored, **{str(name): int(share) for name, share in (endpoint.traffic or {}).items()}}

    def route(self, traffic: Mapping[str, int], mirror: Mapping[str, int]) -> None:
        """Share the requests out, and copy some. Raises `AzureError`."""
        with explained(f"routing endpoint {self.name}"):
            endpoint = self._ml.online_endpoints.get(self.name)
            endpoint.traffic, endpoint.mirror_traffic = dict(traffic), dict(mirror)
            self._await(self._ml.online_endpoints.begin_create_or_update(endpoint), f"traffic of {self.name}")

    def create(self, name: str, model: RegisteredModel, identity: Identity, limits: ScoringLimits) -> None:
        """Create a deployment of ``model`` beside the others, without traffic. Raises `AzureError` with the end of its log."""
        with tempfile.TemporaryDirectory(prefix="gates-deployment-") as folder:
            code = write_code(Path(folder) / "code", identity, limits, self._settings.folder)
            try:
                with explained(f"creating deployment {name} of endpoint {self.name}"):
                    deployment = self._deployment(name, model, code, identity, limits)
                    self._await(self._ml.online_deployments.begin_create_or_update(deployment), f"deployment {name}")
            except AzureError as error:
                raise type(error)(f"{error.message}{self._log(name)}", error.remedy, error.status) from None

    def remove(self, name: str) -> None:
        """Delete a deployment; one that is not there is no error. Raises `AzureError`."""
        from azure.core.exceptions import ResourceNotFoundError

        with explained(f"deleting deployment {name} of endpoint {self.name}"):
            try:
                self._await(self._ml.online_deployments.begin_delete(name, self.name), f"deletion of {name}")
            except ResourceNotFoundError:
                return

    def serves(self, name: str) -> str:
        """Return the digest of the model that a deployment was created with. Raises `AzureError`."""
        with explained(f"looking up deployment {name}"):
            return str((self._ml.online_deployments.get(name, self.name).tags or {}).get("digest", ""))

    def _deployment(
        self, name: str, model: RegisteredModel, code: Path, identity: Identity, limits: ScoringLimits
    ) -> OnlineDeployment:
        from azure.ai.ml.entities import CodeConfiguration, KubernetesOnlineDeployment, ManagedOnlineDeployment

        kind = KubernetesOnlineDeployment if self._settings.kubernetes else ManagedOnlineDeployment
        size = {} if self._settings.kubernetes else {"instance_type": self._settings.instance_type}
        return kind(
            name=name, endpoint_name=self.name, model=str(model), environment=serving_environment(self._settings, limits.libraries),
            code_configuration=CodeConfiguration(code=str(code), scoring_script="score.py"),
            instance_count=self._settings.instances, tags={"digest": identity.digest, "version": str(identity.version)},
            environment_variables={
                "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "WORKER_COUNT": "1",
                "GUNICORN_CMD_ARGS": "--worker-class gthread --threads 16",  # a slow client keeps nobody else waiting
            },
            **size,
        )  # fmt: skip

    def _await(self, poller: LROPoller[object], what: str) -> None:
        limit = self._settings.operation_timeout
        poller.wait(limit)
        if not poller.done():
            raise AzureError(
                f"{what} was not ready within {limit:g} seconds", "look at it in the portal, and run again"
            )
        poller.result()

    def _log(self, name: str) -> str:
        """The end of a deployment's log, for a message; empty where there is none."""
        try:
            lines = self._ml.online_deployments.get_logs(name, self.name, lines=50).splitlines()
        except Exception:  # the log is a help; its absence must not hide the error that it would explain
            return ""
        telling = [line for line in lines if _TELLING.search(line)]
        return f"; its log says: {redact(' | '.join((telling or lines)[-2:]))}" if lines else ""
