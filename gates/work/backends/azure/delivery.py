"""Deliver a registered model: fetch it, judge it beside the ledger, roll it out gate by gate, and promote it at the end.

The verdicts that carry a promotion are made here, where the ledger is; what ran on the compute decided only whether the model
was registered. The endpoint gate is the same suite that a local endpoint gets, with the service's own key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from gates.errors import GatesError
from gates.work.backends.azure import data, models
from gates.work.backends.azure.connection import Connection
from gates.work.backends.azure.deployed_code import ScoringLimits
from gates.work.backends.azure.endpoint import WorkspaceEndpoint
from gates.work.backends.azure.errors import AzureError, RolloutFailed
from gates.work.backends.azure.judging import Gates
from gates.work.backends.azure.models import RegisteredModel
from gates.work.backends.azure.rollout import Plan, roll_out
from gates.work.config.settings import Settings
from gates.work.errors import ArtifactError
from gates.work.records import Identity

KEY_VARIABLE = "GATES_ENDPOINT_KEY"
_BEFORE = ("data", "model", "drift")


@dataclass(frozen=True, slots=True)
class Delivered:
    """Hold what serves now, where, and whether the ledger was moved for it."""

    model: RegisteredModel
    identity: Identity
    deployment: str
    promoted: bool


@dataclass(frozen=True, slots=True)
class _Lane:
    """The endpoint, as the rollout sees it: it creates deployments of one model."""

    endpoint: WorkspaceEndpoint
    model: RegisteredModel
    identity: Identity
    limits: ScoringLimits

    @property
    def mirrors(self) -> bool:
        return self.endpoint.mirrors

    def traffic(self) -> Mapping[str, int]:
        return self.endpoint.traffic()

    def route(self, traffic: Mapping[str, int], mirror: Mapping[str, int]) -> None:
        self.endpoint.route(traffic, mirror)

    def create(self, name: str) -> None:
        self.endpoint.create(name, self.model, self.identity, self.limits)

    def remove(self, name: str) -> None:
        self.endpoint.remove(name)


@dataclass(frozen=True, slots=True)
class _Bench:
    """The engine, as the rollout sees it. A model that is champion already needs no promotion."""

    gates: Gates
    endpoint: WorkspaceEndpoint
    identity: Identity
    is_champion: bool

    @property
    def name(self) -> str:
        return f"{self.identity.name}@{self.identity.version}"

    def gate(self, deployment: str) -> None:
        named = ("--deployment", deployment) if deployment else ()
        self.gates.ask(
            "check", "endpoint", "--model", self.name, "--endpoint", self.endpoint.url(), *named,
            env={KEY_VARIABLE: self.endpoint.key()},
        )  # fmt: skip

    def promote(self) -> None:
        """Move the ledger. Where that was interrupted, the ledger itself says whether it moved."""
        if self.is_champion:
            return
        try:
            self.gates.ask("promote", self.name)
        except BaseException:
            if _champion(self.gates).get("digest") == self.identity.digest:
                return
            raise


def deliver(
    connection: Connection,
    project: Settings,
    gates: Gates,
    model: RegisteredModel,
    into: Path,
    tell: Callable[[str], None],
) -> Delivered:
    """Bring ``model`` to the endpoint and, if it is not champion yet, to the top of the ledger. ``into`` is a folder of its own.

    Raises `RolloutRefused` where a gate said no, `RolloutFailed` and `AzureError` where it could not be judged or done; the
    endpoint and the ledger then stay as they were, or the message says what did not.
    """
    tell(f"fetching {model}")
    folder = models.fetch(connection, model, into / "model")
    source = model.tags.get("data", "")
    if not data.is_asset(source):
        raise ArtifactError(f"{model} does not say which data asset it came from", "register it with the pipeline")
    batch = data.take(connection, source, into / "data")
    identity = _take_up(gates, project, folder, batch.path, model)
    champion = _champion(gates)
    is_champion = champion.get("digest") == identity.digest
    if not is_champion:
        for gate in _BEFORE:
            tell(f"{gate} gate on {identity.name}@{identity.version}")
            gates.ask("check", gate, "--model", f"{identity.name}@{identity.version}")
    endpoint = WorkspaceEndpoint(connection)
    endpoint.ensure()
    settings = connection.settings
    lane = _Lane(endpoint, model, identity, ScoringLimits.of(project, folder / models.MODEL_FILE))
    bench = _Bench(gates, endpoint, identity, is_champion)
    name = roll_out(lane, bench, Plan(settings.traffic, settings.mirror), tell)
    _mirror(connection, gates, model, champion, tell)
    return Delivered(model, identity, name, not is_champion)


def give_all(connection: Connection, gates: Gates, deployment: str) -> None:
    """Give all traffic to one deployment, after a rollout was broken off. Only the champion may have it.

    Raises `RolloutFailed` for a deployment that is not there or serves another model, and `AzureError`.
    """
    endpoint = WorkspaceEndpoint(connection)
    if deployment not in endpoint.traffic():
        raise RolloutFailed(
            f"endpoint {endpoint.name} has no deployment {deployment}",
            f"it has {', '.join(endpoint.traffic()) or 'none'}",
        )
    served, champion = endpoint.serves(deployment), str(_champion(gates).get("digest", ""))
    if not champion or served != champion:
        raise RolloutFailed(
            f"{deployment} serves {served or 'an unknown model'}, but the champion is {champion or 'nobody'}",
            "route to the deployment of the champion, or deliver the champion: "
            "python -m gates.work.backends.azure deploy --champion",
        )
    endpoint.route({deployment: 100}, {})


def find_champion(connection: Connection, gates: Gates, name: str) -> RegisteredModel:
    """Return the champion of the ledger in the model registry. Raises `ArtifactError` where it is not there."""
    digest = str(_champion(gates).get("digest", ""))
    if not digest:
        raise ArtifactError(f"{name} has no champion", "deliver a model first, without --champion")
    return models.find(connection, name, digest=digest)


def _take_up(gates: Gates, project: Settings, folder: Path, batch: Path, model: RegisteredModel) -> Identity:
    """Make the fetched model a version of the ledger."""
    registered = gates.ask("register", str(folder), "--data", str(batch))
    identity = Identity(str(registered["name"]), cast(int, registered["version"]), str(registered["digest"]))
    if (identity.name, identity.digest) != (project.name, model.digest):
        raise RolloutFailed(
            f"{model} became {identity.name} {identity.digest}, wanted {project.name} {model.digest}", "fetch it again"
        )
    return identity


def _champion(gates: Gates) -> Mapping[str, Any]:
    champion = gates.status().get("champion")
    return champion if isinstance(champion, dict) else {}


def _mirror(
    connection: Connection, gates: Gates, model: RegisteredModel, before: Mapping[str, Any], tell: Callable[[str], None]
) -> None:
    """Tell the registry who is champion. The ledger has decided already: a mirror that cannot be written is only reported."""
    try:
        epoch = str(_champion(gates).get("epoch", ""))
        models.retag(connection, model, {"champion": "true", "epoch": epoch})
        for other in models.versions(connection, model.name):
            if other.version != model.version and other.tags.get("champion") == "true":
                models.retag(connection, other, {"champion": "false"})
    except (AzureError, GatesError) as error:
        tell(f"the model registry could not be marked with the champion: {error}")
