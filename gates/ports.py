"""What the engine needs from the work that it gates, and knows nothing else about.

An implementation is named in ``[tool.gates] work`` as ``module:factory``; the factory is called with the path of the
configuration file. Errors it raises should carry ``message``, ``remedy`` and ``exit_code`` like `gates.errors.GatesError`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, cast

from gates.errors import ConfigError


class Batch(Protocol):
    """An immutable snapshot of the data, named by its content (``sha256:<hex>``)."""

    @property
    def source(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def digest(self) -> str: ...


class Trained(Protocol):
    """What a training left: the model file, its golden predictions, and facts about it as text."""

    @property
    def model(self) -> Path: ...
    @property
    def golden(self) -> Path: ...
    @property
    def facts(self) -> Mapping[str, str]: ...


class Served(Protocol):
    """Which model a deployment should serve."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def digest(self) -> object: ...


class Deployment(Protocol):
    """A running endpoint. ``name`` is the deployment to ask for by name behind a shared address, empty where there is one."""

    @property
    def url(self) -> str: ...
    @property
    def key(self) -> str | None: ...
    @property
    def name(self) -> str: ...
    @property
    def log(self) -> Path: ...
    def stop(self) -> None: ...
    def reload(self, model: Path, identity: Served) -> None: ...


class Work(Protocol):
    """The work being gated: where data come from, how a model is trained, where it is served."""

    @property
    def name(self) -> str: ...
    def take(self, source: str | None, into: Path) -> Batch: ...
    def train(self, batch: Path, digest: str, params: Mapping[str, str], into: Path) -> Trained: ...
    def conditions(self, *, batch: Path | None, previous: Path | None, model: Path | None) -> Mapping[str, bool]: ...
    def deploy(self, home: Path, deployment: str, model: Path, identity: Served, *, port: int = 0) -> Deployment: ...
    def sweep(self, home: Path) -> tuple[str, ...]: ...


class Serving(Protocol):
    """Work that can say what serves, as `gates verify` asks it: where the champion is served from a home, and who answers there."""

    def serving(self, home: Path) -> str | None: ...
    def identify(self, url: str, golden: Path, key: str) -> Served: ...


class Answer(Protocol):
    """What a comparison of prediction files found; ``document`` holds plain numbers and text."""

    @property
    def decision(self) -> str: ...
    @property
    def passed(self) -> bool: ...
    @property
    def sentence(self) -> str: ...
    @property
    def document(self) -> Mapping[str, object]: ...


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
    ) -> Answer: ...


class BlobStore(Protocol):
    """Named bytes that several machines share. Each write of a name gives it a new tag; an empty tag means: not there.

    Every method raises an error with ``message`` and ``remedy`` where the store cannot be reached or refuses.
    """

    @property
    def place(self) -> str:
        """What messages call it; holds no signature."""
        ...

    def tag(self, name: str) -> str: ...
    def read(self, name: str) -> tuple[bytes, str] | None: ...
    def write(self, name: str, content: bytes, *, tag: str) -> str:
        """Write if the tag is still this one. Returns the new tag, or nothing where somebody was quicker."""
        ...

    def put(self, name: str, source: Path) -> None:
        """Copy a file in, unless something is there under this name already."""
        ...

    def fetch(self, name: str, into: Path) -> bool:
        """Copy to a file that is not there yet; false where the store has none of this name."""
        ...

    def names(self, prefix: str) -> Iterable[str]: ...


def open_store(import_string: str, config: Path) -> BlobStore:
    """The store that ``module:factory`` makes. Raises `ConfigError` when it cannot be imported."""
    make = find(import_string, f"registry = {import_string!r}", "gates.work.backends.azure.blob_store:open_store")
    return cast(BlobStore, make(config))


class Event(Protocol):
    """A content that is new at an address. ``data`` is what `gates run` should read to get exactly that."""

    @property
    def url(self) -> str: ...
    @property
    def etag(self) -> str: ...
    @property
    def data(self) -> str: ...
    def as_json(self) -> Mapping[str, object]: ...


class Sighting(Protocol):
    """An event that nobody dealt with yet; `handled` says that somebody did, and it never comes again."""

    @property
    def event(self) -> Event: ...
    def handled(self) -> None: ...


class Watch(Protocol):
    """One address that is looked at. ``look`` gives the new content, held against others until the block ends, or None."""

    @property
    def source(self) -> str: ...
    def look(self) -> AbstractContextManager[Sighting | None]: ...


class Recipient(Protocol):
    """Someone who is told of an event; `send` returns a sentence and raises when it was not taken."""

    def send(self, event: Event) -> str: ...


class Triggers(Protocol):
    """What can be watched, and who can be told. ``marks`` is a folder for what was seen, ``settle`` is in seconds."""

    def watch(self, source: str | None, marks: Path, *, settle: float) -> Watch: ...
    def github(self) -> Recipient: ...
    def pipelines(self) -> Recipient: ...


def open_triggers(import_string: str, config: Path) -> Triggers:
    """The triggers that ``module:factory`` makes. Raises `ConfigError` when there are none, or they cannot be imported."""
    if not import_string:
        raise ConfigError(
            "[tool.gates] names no triggers", "add triggers = 'gates.work.triggers:open_triggers' to [tool.gates]"
        )
    make = find(import_string, f"[tool.gates] triggers = {import_string!r}", "gates.work.triggers:open_triggers")
    return cast(Triggers, make(config))


def open_work(import_string: str, config: Path) -> Work:
    """The work that ``module:factory`` makes. Raises `ConfigError` when it cannot be imported."""
    make = find(import_string, f"[tool.gates] work = {import_string!r}", "gates.work.backends.local:open_work")
    return cast(Work, make(config))


def find_comparison(import_string: str) -> CompareFiles:
    """The comparison that ``module:function`` names. Raises `ConfigError` when it cannot be imported."""
    return cast(
        CompareFiles, find(import_string, f"--with {import_string}", "gates.measures.model.compare_files:compare_files")
    )


def find(import_string: str, where: str, example: str) -> Callable[..., object]:
    """What ``module:name`` names. Raises `ConfigError` when it cannot be imported; ``where`` says who named it."""
    module, _, name = import_string.partition(":")
    try:
        return cast(Callable[..., object], getattr(importlib.import_module(module), name))
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"{where} cannot be imported: {error}", f"name an importable 'module:name', like {example!r}"
        ) from None
