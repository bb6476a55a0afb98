"""The local work behind the engine's interface: take, train, deploy, sweep, and say what is true about a case.

Importing this costs no pandas and no scikit-learn: they are imported in the children that need them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gates.errors import ConfigError, MissingExtra
from gates.extras import SERVER, find_missing
from gates.work.backends.local import servers
from gates.work.backends.local.endpoint import PURPOSE, LocalEndpoint
from gates.work.backends.local.steps import has_new_ids
from gates.work.backends.local.training import run_adoption, run_params_check, run_training
from gates.work.config.settings import Settings, read_settings
from gates.work.data.source import fetch
from gates.work.errors import EndpointError
from gates.work.model.marks import marks_of
from gates.work.model.signature_io import read_signature
from gates.work.records import Identity, NamedModel, Snapshot, TrainingResult
from gates.work.serving.identity import ask_identity


@dataclass(frozen=True, slots=True)
class LocalWork:
    """Do one project's work on this machine."""

    config: Path
    settings: Settings

    @property
    def name(self) -> str:
        """Return the model's name in the registry."""
        return self.settings.name

    def take(self, source: str | None, into: Path) -> Snapshot:
        """Copy ``source``, or the configured data, to an immutable snapshot in ``into``.

        Raises `DataError` and `ConfigError`.
        """
        if source is not None:
            return fetch(source, into)
        if self.settings.data is None:
            raise ConfigError("no data were named", "name them with --data, or set data in [tool.ml]")
        return fetch(self.settings.data, into, folder=self.settings.folder)

    def train(self, batch: Path, digest: str, params: Mapping[str, str], into: Path) -> TrainingResult:
        """Train in a child process, with its log in ``into/train.log``.

        Raises `GatesError` for whatever went wrong there.
        """
        return run_training(self.config, batch, digest, params, into, timeout=self.settings.train_timeout)

    def adopt(self, model: Path, batch: Path, digest: str, labels: Sequence[str], into: Path) -> TrainingResult:
        """Read a model that was trained elsewhere, in a child, and leave a model file that can be judged in ``into``.

        ``labels`` are the classes in the model's own order, where it does not know them. Raises `GatesError`.
        """
        settings = self.settings
        return run_adoption(self.config, model, batch, digest, labels, into, timeout=settings.train_timeout)

    def check_params(self, params: Mapping[str, str], into: Path) -> None:
        """Check the parameters of a training in a child process, with its log in ``into/params.log``.

        Raises `ConfigError` for parameters that the project's ``check_params`` refuses, and like `train`.
        """
        run_params_check(self.config, params, into, timeout=self.settings.train_timeout)

    def conditions(self, *, batch: Path | None, previous: Path | None, model: Path | None) -> Mapping[str, bool]:
        """Return what is true about a case, as its bytes show; what cannot be shown is false. No table is read in this process."""
        roles = self.settings.roles
        signature = None if model is None else read_signature(model)
        grew = batch is None or previous is None or has_new_ids(self.config, batch, previous)
        return {
            "no_new_rows": not grew,
            "no_time_column": roles.time is None,
            "no_id_column": roles.keyless,
            "no_current_window": self.settings.current is None,
            "no_slices": not roles.slices,
            "no_probabilities": signature is not None and not signature.probabilities,
            "trained_elsewhere": signature is not None and not signature.train,
            "regression": roles.task == "regression",
            "classification": roles.task == "classification",
            "no_key": True,
        }

    def marks(self, model: Path) -> tuple[str, ...]:
        """Return what stands in every verdict about a model file: that reading it runs code, and libraries that changed since.

        Raises `ArtifactError`.
        """
        return marks_of(read_signature(model), self.settings.trust_pickle)

    def deploy(self, home: Path, deployment: str, model: Path, identity: NamedModel, *, port: int = 0) -> LocalEndpoint:
        """Serve a model under a name, beside what is served under other names; port 0 lets the kernel choose.

        Raises `EndpointError`.
        """
        holder = servers.recorded(home, deployment)
        if holder is not None and holder.is_owned and holder.is_running:
            raise EndpointError(
                f"{deployment} is already served at {holder.url} by process {holder.owner}", "stop that command first"
            )
        settings = self.settings
        endpoint = LocalEndpoint(
            home,
            deployment,
            max_rows=settings.max_rows,
            trusted=settings.trusted_types,
            loader=settings.load,
            trust_pickle=settings.trust_pickle,
            source=settings.folder,
        )
        return endpoint.start(model, identity, port=port)

    def serving(self, home: Path) -> str | None:
        """Return the address at which the champion is served from this home now, None where it is not."""
        server = servers.recorded(home, "champion")
        return server.url if server is not None and server.is_running else None

    def identify(self, url: str, golden: Path, key: str) -> Identity:
        """Return which model answers at ``url``; ``golden`` are rows that it is known to take. Raises `EndpointError`."""
        return ask_identity(url, golden, key)

    def missing_packages(self) -> Sequence[MissingExtra]:
        """Return an error for each package of the local server that is not installed."""
        return tuple(find_missing(PURPOSE, SERVER))

    def sweep(self, home: Path) -> tuple[str, ...]:
        """Stop servers that a killed command left behind; one sentence for each."""
        return servers.sweep(home)


def open_work(config: Path) -> LocalWork:
    """Return the work that ``[tool.ml]`` of ``config`` describes. Raises `ConfigError` with every fault at once."""
    return LocalWork(config.resolve(), read_settings(config))
