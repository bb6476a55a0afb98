"""The work on Azure behind the engine's interface: what ``[tool.gates] work = "gates.work.backends.azure:open_work"`` opens.

`gates run` then takes data assets, trains on the compute, and asks the endpoint gate of a deployment without traffic. It does not
touch the traffic: that is what ``python -m gates.work.backends.azure deploy`` is for. Importing this costs nothing; Azure is only
opened when it is first used.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from gates.documents import read_json
from gates.printing import say
from gates.work.backends.azure import data, models
from gates.work.backends.azure.build import Build
from gates.work.backends.azure.connection import Connection, connect
from gates.work.backends.azure.deployed_code import ScoringLimits
from gates.work.backends.azure.endpoint import WorkspaceEndpoint
from gates.work.backends.azure.errors import AzureError
from gates.work.backends.azure.jobs import run_job
from gates.work.backends.azure.pipeline import Order
from gates.work.backends.azure.settings import AzureSettings, read_azure_settings
from gates.work.backends.local.work import LocalWork
from gates.work.config.params import merge
from gates.work.config.settings import Settings, read_settings
from gates.work.errors import EndpointError, TrainingError
from gates.work.records import Identity, NamedModel, Snapshot, TrainingResult

STAGING = "challenger"


@dataclass(frozen=True)
class AzureWork:
    """Do one project's work in one workspace."""

    config: Path
    settings: Settings
    azure: AzureSettings
    _local: LocalWork = field(repr=False)

    @property
    def name(self) -> str:
        """Return the model's name in the registry."""
        return self.settings.name

    @cached_property
    def connection(self) -> Connection:
        """Return the open workspace. Raises `AzureError` and `MissingExtra`."""
        return connect(self.azure)

    def take(self, source: str | None, into: Path) -> Snapshot:
        """Copy a data asset (``azureml:NAME:VERSION``), or a file or URL like the local work, to a snapshot in ``into``.

        Raises `DataError`, `ConfigError` and `AzureError`.
        """
        named = source or self.settings.data or ""
        return data.take(self.connection, named, into) if data.is_asset(named) else self._local.take(source, into)

    def train(self, batch: Path, digest: str, params: Mapping[str, str], into: Path) -> TrainingResult:
        """Train on the compute: the batch is registered as a data asset first, so that the job says what it learned from.

        Raises `TrainingError` when the job fails, and `AzureError`.
        """
        asset = data.register(self.connection, batch, self.azure.data)
        if asset.digest != digest:
            raise TrainingError(f"{asset} is {asset.digest}, wanted {digest}", "run again")
        order = Order(self.config, asset, params, Build.of_environment(), gated=False)
        into.mkdir(parents=True, exist_ok=True)
        ended = run_job(self.connection, order, into / "job", print)
        trained = into / "job" / "trained"
        if not ended.well or not (trained / "facts.json").is_file():
            raise TrainingError(f"job {ended.job} ended as {ended.status}{_why(trained)}", "see the job in the studio")
        for name in ("model.skops", "golden.json"):
            shutil.copyfile(trained / name, into / name)
        facts = {key: str(value) for key, value in read_json((trained / "facts.json").read_bytes()).items()}
        return TrainingResult(
            into / "model.skops", into / "golden.json", {**facts, "job": ended.job, "asset": str(asset)}
        )

    def check_params(self, params: Mapping[str, str], into: Path) -> None:
        """Raise `ConfigError` for a parameter without name or value. What the training takes is known on the compute alone."""
        merge(self._local.settings.params, params)

    def conditions(self, *, batch: Path | None, previous: Path | None, model: Path | None) -> Mapping[str, bool]:
        """Return what is true about a case, like the local work; an endpoint on Azure always needs a key."""
        return {**self._local.conditions(batch=batch, previous=previous, model=model), "no_key": False}

    def marks(self, model: Path) -> tuple[str, ...]:
        """Return what stands in every verdict about a model file, like the local work. Raises `ArtifactError`."""
        return self._local.marks(model)

    def deploy(self, home: Path, deployment: str, model: Path, identity: NamedModel, *, port: int = 0) -> Staging:
        """Create a deployment without traffic, which is named in each request. Raises `EndpointError` and `AzureError`."""
        if deployment != STAGING:
            raise EndpointError(
                f"{deployment} is not a staging deployment: what serves on Azure has a rollout of its own",
                "python -m gates.work.backends.azure deploy --champion",
            )
        folder = home / "scratch" / "staging"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copyfile(model, folder / models.MODEL_FILE)
        who = Identity.of(identity)
        registered = models.register(
            self.connection, folder, self.name, {"gates": "staging", **Build.of_environment().tags}
        )
        staging = Staging(WorkspaceEndpoint(self.connection), home / "scratch" / "staging.log")
        staging.endpoint.ensure()
        staging.endpoint.create(STAGING, registered, who, ScoringLimits.of(self.settings, folder / models.MODEL_FILE))
        return staging

    def serving(self, home: Path) -> None:
        """Return None: nothing serves from a home here; name the endpoint with ``gates verify --endpoint URL``."""

    def identify(self, url: str, golden: Path, key: str) -> Identity:
        """Return which model answers at ``url`` now, with the traffic as it is. Raises `EndpointError`."""
        return self._local.identify(url, golden, key)

    def sweep(self, home: Path) -> tuple[str, ...]:
        """Remove what a killed command left behind here; one sentence for each."""
        return self._local.sweep(home)


@dataclass(frozen=True, slots=True)
class Staging:
    """Hold the deployment without traffic that the endpoint gate judges."""

    endpoint: WorkspaceEndpoint
    log: Path
    name: str = STAGING

    @property
    def url(self) -> str:
        """Return the address to score at. Raises `AzureError`."""
        return self.endpoint.url()

    @property
    def key(self) -> str:
        """Return the key that opens the endpoint now, a secret. Raises `AzureError`."""
        return self.endpoint.key()

    def stop(self) -> None:
        """Delete the deployment. A deletion that Azure refuses is reported and ends nothing: it has no traffic."""
        try:
            self.endpoint.remove(STAGING)
        except AzureError as error:
            say(f"the staging deployment was not removed: {error.message}")

    def reload(self, model: Path, identity: NamedModel) -> None:
        """Raise `EndpointError`: a deployment on Azure is not reloaded."""
        raise EndpointError("a deployment on Azure is not reloaded", "deploy the model beside it")


def open_work(config: Path) -> AzureWork:
    """Return the work that ``[tool.ml]`` and ``[tool.ml.azure]`` describe. Raises `ConfigError` with every fault at once."""
    path, settings = config.resolve(), read_settings(config)
    return AzureWork(path, settings, read_azure_settings(path), LocalWork(path, settings))


def _why(trained: Path) -> str:
    try:
        return f": {read_json((trained / 'failure.json').read_bytes())['message']}"
    except (OSError, ValueError, KeyError):
        return ""
