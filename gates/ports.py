"""Declare what the engine needs from the work that it gates, and knows nothing else about.

An implementation is named in ``[tool.gates] work`` as ``module:factory``; the factory is called with the path of the
configuration file. Errors it raises should carry ``message``, ``remedy`` and ``exit_code`` like `gates.errors.GatesError`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, cast, runtime_checkable

from gates.errors import ConfigError, MissingExtra
from gates.missing import MISSING


class Batch(Protocol):
    """Name an immutable snapshot of the data by its content."""

    @property
    def source(self) -> str:
        """Return where the data came from, for people: a path or an address, without secrets."""
        ...

    @property
    def path(self) -> Path:
        """Return the file with the snapshot: CSV or Parquet, never written again."""
        ...

    @property
    def digest(self) -> str:
        """Return the SHA-256 digest of the file's bytes, ``sha256:<hex>``."""
        ...


class Trained(Protocol):
    """Name what a training left in its folder."""

    @property
    def model(self) -> Path:
        """Return the model file."""
        ...

    @property
    def golden(self) -> Path:
        """Return the file of golden predictions: rows of the holdout, and what the model predicted for them in memory."""
        ...

    @property
    def facts(self) -> Mapping[str, str]:
        """Return facts about the training as text, by name: parameters, numbers of rows, seconds."""
        ...


class Served(Protocol):
    """Name the model that a deployment should serve, or serves."""

    @property
    def name(self) -> str:
        """Return the model's name in the registry."""
        ...

    @property
    def version(self) -> int:
        """Return the version of the name, from 1."""
        ...

    @property
    def digest(self) -> object:
        """Return the digest of the model file; its text is ``sha256:<hex>``."""
        ...


class Deployment(Protocol):
    """Hold a running endpoint. The engine makes one for the endpoint gate and for ``gates serve``, and stops it."""

    @property
    def url(self) -> str:
        """Return the base address: ``GET url/`` is the health, ``POST url/score`` scores."""
        ...

    @property
    def key(self) -> str | None:
        """Return the secret that opens the endpoint, None where it needs none. It stands in no file and no message."""
        ...

    @property
    def name(self) -> str:
        """Return the deployment to name in a request behind a shared address, empty where there is one alone."""
        ...

    @property
    def log(self) -> Path:
        """Return the file with the server's output."""
        ...

    def stop(self) -> None:
        """End the endpoint; doing it twice is no error. Called when the gate or the command ends, however it ends."""
        ...

    def reload(self, model: Path, identity: Served) -> None:
        """Serve another model file at the same address, as `identity`. Called by ``gates serve`` when the champion moves.

        Raises an error of the work where the model does not start; what served before then serves on, or nothing does.
        """
        ...


class Work(Protocol):
    """Do the work that is gated: get data, train a model, serve it.

    Every error should carry ``message``, ``remedy`` and ``exit_code`` like `gates.errors.GatesError`.
    """

    @property
    def name(self) -> str:
        """Return the model's name in the registry; called by every command."""
        ...

    def take(self, source: str | None, into: Path) -> Batch:
        """Copy the data at ``source`` (a path or an address; None: the configured data) to a file in the folder ``into``.

        Called first by every command that judges; the engine keeps the file by its digest. Raises an error of the work where
        the data are absent, unreadable, or not the ones that a digest in the address names.
        """
        ...

    def train(self, batch: Path, digest: str, params: Mapping[str, str], into: Path) -> Trained:
        """Train a model on a snapshot with digest ``digest``, and leave model, golden predictions and log in ``into``.

        ``params`` override the configured parameters, by name, as text from the command line. Called by ``gates run`` before
        the model gate, by the selftest and by a nightly retraining. Raises an error of the work where no model was made.
        """
        ...

    def conditions(self, *, batch: Path | None, previous: Path | None, model: Path | None) -> Mapping[str, bool]:
        """Return what is true about a case, by the names that a policy may give under ``unless``.

        ``batch`` is the snapshot being judged, ``previous`` the one before, ``model`` the challenger; None: there is none.
        Called before each gate. A condition that is not named, or cannot be computed, must be false: a check is then required.
        """
        ...

    def deploy(self, home: Path, deployment: str, model: Path, identity: Served, *, port: int = 0) -> Deployment:
        """Start serving a model file as ``identity`` and return the running endpoint.

        ``deployment`` names it beside others of the same ``home``: ``challenger`` for the endpoint gate, ``champion`` for
        ``gates serve``. ``port`` 0 lets the machine choose. Raises an error of the work where it does not start.
        """
        ...

    def sweep(self, home: Path) -> tuple[str, ...]:
        """End what killed commands of this home left running; return one sentence for each. Called as a command begins."""
        ...


class Serving(Protocol):
    """Name what serves, for ``gates verify``. Work may leave it out; then the endpoint cannot be verified."""

    def serving(self, home: Path) -> str | None:
        """Return the address at which the champion of ``home`` is served now, None where it is not."""
        ...

    def identify(self, url: str, golden: Path, key: str) -> Served:
        """Return which model answers at ``url`` to a row of the golden predictions; ``key`` (may be empty) opens it.

        Raises an error of the work where nobody answers, or the answer names no model.
        """
        ...


@runtime_checkable
class Adopting(Protocol):
    """Read models that were trained elsewhere, for ``gates register``. Work may leave it out; then it registers only its own."""

    def adopt(self, model: Path, batch: Path, digest: str, labels: Sequence[str], into: Path) -> Trained:
        """Read the model in a file or folder that another tool wrote, and leave in ``into`` what a training leaves.

        ``batch`` are the data with digest ``digest`` that it is judged on, ``labels`` its classes in its own order where it does
        not know them. Raises an error of the work where the model cannot be read, or does not fit the data.
        """
        ...


@runtime_checkable
class Marking(Protocol):
    """Say what stands in every verdict about a model. Work may leave it out; then nothing does."""

    def marks(self, model: Path) -> Sequence[str]:
        """Return a sentence for each thing about a model file that whoever relies on a verdict has to know.

        Raises an error of the work where the file is no model of its own.
        """
        ...


class ChecksParams(Protocol):
    """Check the parameters of a training before anything is judged. Work may leave it out; a training then refuses them itself."""

    def check_params(self, params: Mapping[str, str], into: Path) -> None:
        """Raise an error of the work for parameters that no training would take; ``params`` are as for `Work.train`.

        Called by ``gates run`` before the data are taken. ``into`` is a folder for logs.
        """
        ...


class ChecksPackages(Protocol):
    """Look for the packages of a deployment before anything is judged. Work may leave it out; `Work.deploy` refuses then."""

    def missing_packages(self) -> Sequence[MissingExtra]:
        """Return an error for each package that is not installed. Called by ``gates run`` before the data are taken."""
        ...


class ComparisonAnswer(Protocol):
    """Hold the result of comparing two files of predictions."""

    @property
    def decision(self) -> str:
        """Return the decision in one or two words, like ``no worse``."""
        ...

    @property
    def passed(self) -> bool:
        """Return whether the challenger may take the champion's place; it decides the exit code."""
        ...

    @property
    def sentence(self) -> str:
        """Return the result for people, with numbers and how many rows they are from."""
        ...

    @property
    def document(self) -> Mapping[str, object]:
        """Return the result for machines: plain numbers, texts, lists and mappings, as JSON can hold them."""
        ...


class CompareFiles(Protocol):
    """Compare two files of predictions with a file of truth.

    Raises `ValueError` where they cannot be compared; with a true ``misconfigured`` where the question makes no sense.
    """

    def __call__(
        self,
        truth: Path,
        champion: Path,
        challenger: Path,
        *,
        metric: str,
        margin: float,
        level: float,
        target: str | None,
        id: str | None,
        groups: str | None,
        weight: str | None = None,
        missing: Sequence[str] = MISSING,
        own: Mapping[str, str | float] | None = None,
    ) -> ComparisonAnswer:
        """Return the comparison of ``metric`` on the rows of ``truth``.

        The paths are CSV or Parquet files. ``margin`` is how much worse the challenger may be, in units of the metric;
        ``level`` is the confidence, between 0 and 1. ``target`` and ``id`` name columns (None: worked out from the files),
        ``groups`` names a column whose values belong together when rows are drawn (None: each row stands alone),
        ``weight`` one that says how much each row counts; ``missing`` is how missing values are spelt in CSV; ``own`` how
        the policy declares a metric of the project's own, with ``function``, ``of``, ``label``, ``beta``, ``better`` and ``task``.
        The last three are given only where a person asks for them.
        """
        ...


class BlobStore(Protocol):
    """Keep named bytes that several machines share, for the ledger.

    Each write of a name gives it a new tag; an empty tag stands for a name that is not there. Every method raises an error with
    ``message`` and ``remedy`` where the store cannot be reached or refuses.
    """

    @property
    def place(self) -> str:
        """Return what messages call the store: an address without its signature."""
        ...

    def tag(self, name: str) -> str:
        """Return the present tag of a name, empty where it is not there. Called before each reading of the ledger."""
        ...

    def read(self, name: str) -> tuple[bytes, str] | None:
        """Return the bytes of a name and the tag that belongs to these very bytes; None where it is not there."""
        ...

    def write(self, name: str, content: bytes, *, tag: str) -> str:
        """Write a name if its tag is still ``tag`` (empty: if it is not there).

        Return the new tag, or an empty text where somebody else was quicker. Called once for each change of the ledger.
        """
        ...

    def put(self, name: str, source: Path) -> None:
        """Copy a file in, unless something is there under this name already."""
        ...

    def fetch(self, name: str, into: Path) -> bool:
        """Copy a name to the file ``into``, which is not there yet; return false where the store has none of this name."""
        ...

    def names(self, prefix: str) -> Iterable[str]:
        """Return the names that begin with ``prefix``, in any order."""
        ...


def open_store(import_string: str, config: Path) -> BlobStore:
    """Return the store that ``module:factory`` makes. Raises `ConfigError` when it cannot be imported."""
    make = find(import_string, f"registry = {import_string!r}", "gates.work.backends.azure.blob_store:open_store")
    return cast(BlobStore, make(config))


class Event(Protocol):
    """Name a content that is new at an address."""

    @property
    def url(self) -> str:
        """Return the address of the content, without a signature."""
        ...

    @property
    def etag(self) -> str:
        """Return the tag that this content has at this address and no other content has."""
        ...

    @property
    def data(self) -> str:
        """Return what `gates run` has to read to get exactly this content."""
        ...

    def as_json(self) -> Mapping[str, object]:
        """Return the event as Azure Event Grid writes it for a blob; ``gates watch`` prints it as one line."""
        ...


class Sighting(Protocol):
    """Hold an event that nobody has dealt with yet."""

    @property
    def event(self) -> Event:
        """Return the event that was seen."""
        ...

    def handled(self) -> None:
        """Remember that somebody dealt with the event, so that it never comes again. Called after the action succeeded.

        Raises an error of the work where it cannot be remembered; the event then comes again.
        """
        ...


class Watch(Protocol):
    """Look at one address for contents that are new."""

    @property
    def source(self) -> str:
        """Return the address for people, without a signature."""
        ...

    def look(self) -> AbstractContextManager[Sighting | None]:
        """Return the new content, or None where there is none or another process deals with it.

        It is held against other processes until the block ends. Called at each look of ``gates watch``. Raises an error of the
        work where nothing can be seen.
        """
        ...


class Recipient(Protocol):
    """Receive events: GitHub, or Azure Pipelines."""

    def send(self, event: Event) -> str:
        """Send an event and return a sentence about what was started. Raises an error of the work when it was not taken."""
        ...


class Triggers(Protocol):
    """Make what can be watched, and those who can be notified, for ``gates watch``."""

    def watch(self, source: str | None, marks: Path, *, settle: float) -> Watch:
        """Return a watch on ``source`` (a path or an https URL; None: the configured data).

        ``marks`` is the folder that remembers what was dealt with; a file counts when it stayed the same for ``settle`` seconds.
        Raises an error of the work for a source that cannot change.
        """
        ...

    def github(self) -> Recipient:
        """Return GitHub, as the environment names it. Raises an error of the work where a variable is absent or wrong."""
        ...

    def pipelines(self) -> Recipient:
        """Return Azure Pipelines, as the environment names it. Raises an error of the work where a variable is absent or wrong."""
        ...


def open_triggers(import_string: str, config: Path) -> Triggers:
    """Return the triggers that ``module:factory`` makes. Raises `ConfigError` when there are none, or none can be imported."""
    if not import_string:
        raise ConfigError(
            "[tool.gates] names no triggers", "add triggers = 'gates.work.triggers:open_triggers' to [tool.gates]"
        )
    make = find(import_string, f"[tool.gates] triggers = {import_string!r}", "gates.work.triggers:open_triggers")
    return cast(Triggers, make(config))


def open_work(import_string: str, config: Path) -> Work:
    """Return the work that ``module:factory`` makes; the module may lie in the folder of the file ``config``.

    Raises `ConfigError` when it cannot be imported.
    """
    folder = str(config.resolve().parent)
    if folder not in sys.path:
        sys.path.append(
            folder
        )  # the last place: no file of a project may stand in for a module of Python or of a package
    make = find(import_string, f"[tool.gates] work = {import_string!r}", "gates.work.backends.local:open_work")
    return cast(Work, make(config))


def find_comparison(import_string: str) -> CompareFiles:
    """Return the comparison that ``module:function`` names. Raises `ConfigError` when it cannot be imported."""
    return cast(
        CompareFiles, find(import_string, f"--with {import_string}", "gates.measures.model.compare_files:compare_files")
    )


def find(import_string: str, where: str, example: str) -> Callable[..., object]:
    """Return what ``module:name`` names; ``where`` and ``example`` stand in the message.

    Raises `ConfigError` when it cannot be imported.
    """
    module, _, name = import_string.partition(":")
    try:
        return cast(Callable[..., object], getattr(importlib.import_module(module), name))
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"{where} cannot be imported: {error}", f"name an importable 'module:name', like {example!r}"
        ) from None
