"""Azure ML's model registry as a mirror: the bytes, what they are, which verdicts they carry, and which build made them.

The ledger decides; this registry tells the rest of a company about it. A version is found again by its build or its digest, and
its bytes are hashed before anything is done with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gates.documents import write_json
from gates.work.backends.azure.blobs import Place, download
from gates.work.backends.azure.connection import Connection
from gates.work.backends.azure.errors import AzureError, explained
from gates.work.errors import ArtifactError

MODEL_FILE = "model.skops"
PASSED = "passed"
_LONGEST_TAG = 256


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """Hold one version in the registry. ``tags`` hold digest, gates, verdicts, BuildId, BuildUri, data and metrics."""

    name: str
    version: str
    place: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Return the digest that the tags name, empty where they name none."""
        return self.tags.get("digest", "")

    @property
    def passed(self) -> bool:
        """Return whether the tags say that the model passed its gates."""
        return self.tags.get("gates") == PASSED

    def __str__(self) -> str:
        return f"azureml:{self.name}:{self.version}"


def register(connection: Connection, folder: Path, name: str, tags: Mapping[str, str]) -> RegisteredModel:
    """Register the model in ``folder`` and return its version: the one that this build made of these bytes, else a new one.

    Raises `ArtifactError` for a folder without a model, and `AzureError`.
    """
    from azure.ai.ml.constants import AssetTypes
    from azure.ai.ml.entities import Model

    digest = digest_of(folder)
    own = {key: str(value)[:_LONGEST_TAG] for key, value in {**tags, "digest": digest}.items()}
    known = versions(connection, name)
    for model in known:
        if model.digest == digest and model.tags.get("BuildId") == own.get("BuildId"):
            return model
    version = str(max((int(model.version) for model in known if model.version.isdecimal()), default=0) + 1)
    with explained(f"registering {name} version {version}"):
        connection.ml.models.create_or_update(
            Model(name=name, version=version, path=str(folder), type=AssetTypes.CUSTOM_MODEL, tags=own)
        )
        registered = _model(connection.ml.models.get(name, version=version))
    if registered.digest != digest:
        raise AzureError(
            f"{registered} holds {registered.digest or 'no digest'}, wanted {digest}",
            "another build registered at the same time; run this one again",
            409,
        )
    return registered


def versions(connection: Connection, name: str) -> tuple[RegisteredModel, ...]:
    """Return all versions that are not archived, newest first. Raises `AzureError`."""
    from azure.core.exceptions import ResourceNotFoundError

    with explained(f"listing the versions of {name}"):
        try:
            registered = [_model(model) for model in connection.ml.models.list(name=name)]
        except ResourceNotFoundError:
            return ()
    return tuple(
        sorted(registered, key=lambda model: (model.version.isdecimal(), model.version.zfill(20)), reverse=True)
    )


def find(connection: Connection, name: str, *, build: str = "", digest: str = "") -> RegisteredModel:
    """Find the newest version of a build, of a digest, or, without either, the newest that passed its gates.

    A version whose gates did not pass is never found by its build. Raises `ArtifactError` where there is none.
    """
    known = versions(connection, name)
    if digest:
        chosen = [model for model in known if model.digest == digest]
    else:
        chosen = [model for model in known if model.passed and build in ("", model.tags.get("BuildId"))]
    if chosen:
        return chosen[0]
    what = f"with digest {digest}" if digest else f"of build {build} that passed its gates" if build else "that passed"
    builds = _listed(model.tags.get("BuildId", "") for model in known)
    raise ArtifactError(
        f"no version of {name} {what} is registered; {len(known)} versions are there{builds}",
        "register one with: python -m gates.work.backends.azure submit",
    )


def fetch(connection: Connection, model: RegisteredModel, into: Path) -> Path:
    """Download a version into a folder and return it. Raises `ArtifactError` unless its bytes are those of its digest."""
    download(connection, Place.parse(model.place), into)
    fetched_digest = digest_of(into)
    if fetched_digest != model.digest:
        raise ArtifactError(
            f"{model} is not what was registered: found {fetched_digest}, wanted {model.digest or 'a digest among its tags'}",
            "do not deploy it; look who wrote to its container, and register it again",
        )
    return into


def retag(connection: Connection, model: RegisteredModel, tags: Mapping[str, str]) -> None:
    """Add tags to a version. Raises `AzureError`."""
    with explained(f"tagging {model}"):
        sdk_model = connection.ml.models.get(model.name, version=model.version)
        sdk_model.tags = {**(sdk_model.tags or {}), **tags}
        connection.ml.models.create_or_update(sdk_model)


def digest_of(folder: Path) -> str:
    """Return the digest of the model file in ``folder``. Raises `ArtifactError` where there is none."""
    path = folder / MODEL_FILE
    if not path.is_file():
        raise ArtifactError(f"{folder} holds no {MODEL_FILE}", "name the folder that a training left")
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def write_model_file(model: RegisteredModel, path: Path) -> None:
    """Write ``model.json``, from which a delivery pipeline starts: it exists only where a model was registered."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"schema": 1, "asset": str(model), "name": model.name, "version": model.version, **_plain(model)})


def _plain(model: RegisteredModel) -> dict[str, object]:
    return {"digest": model.digest, "place": model.place, "tags": dict(sorted(model.tags.items()))}


def _model(sdk_model: object) -> RegisteredModel:
    tags = {str(key): str(value) for key, value in (getattr(sdk_model, "tags", None) or {}).items()}
    name, version, path = (str(getattr(sdk_model, key, "") or "") for key in ("name", "version", "path"))
    return RegisteredModel(name, version, path, tags)


def _listed(builds: Iterable[str]) -> str:
    known = sorted({build for build in builds if build})
    return f" (builds {', '.join(known[:5])})" if known else ""
