"""Read and write a workspace's datastore with the caller's own identity: no account key is fetched, and none is kept.

A place is written as Azure ML writes it, ``azureml://[subscriptions/.../]datastores/NAME/paths/PATH``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gates.work.backends.azure.connection import Connection
from gates.work.backends.azure.errors import AzureError, explained

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

DEFAULT_DATASTORE = "workspaceblobstore"
_PLACE = re.compile(r"azureml://(?:.+/)?datastores/(?P<datastore>[^/]+)/paths/(?P<path>.*)\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """Hold a file or folder in a datastore."""

    datastore: str
    path: str

    @classmethod
    def parse(cls, address: str) -> Place:
        """Return the place that an address ``azureml://...`` names. Raises `AzureError` for any other address."""
        match = _PLACE.match(address)
        if match is None:
            raise AzureError(
                f"{address[:200]} is not a place in a datastore", "use azureml://datastores/NAME/paths/PATH"
            )
        return cls(match["datastore"], match["path"].strip("/"))

    def __truediv__(self, name: str) -> Place:
        return Place(self.datastore, f"{self.path}/{name}" if self.path else name)

    def __str__(self) -> str:
        return f"azureml://datastores/{self.datastore}/paths/{self.path}"


def container_of(connection: Connection, datastore: str = DEFAULT_DATASTORE) -> ContainerClient:
    """Return the blob container behind a datastore, opened with the caller's identity. Raises `AzureError`."""
    from azure.storage.blob import ContainerClient

    with explained(f"looking up datastore {datastore}"):
        store = connection.ml.datastores.get(datastore)
        account, container = getattr(store, "account_name", None), getattr(store, "container_name", None)
        if not account or not container:
            raise AzureError(f"datastore {datastore} is not a blob container", f"use {DEFAULT_DATASTORE}")
        return ContainerClient(
            f"{store.protocol or 'https'}://{account}.blob.{store.endpoint}", container, connection.credential,
            retry_total=connection.settings.retries, connection_timeout=20, read_timeout=60,
        )  # fmt: skip


def download(connection: Connection, place: Place, into: Path) -> tuple[Path, ...]:
    """Copy a file, or all of a folder, into ``into``. Return the files that were written, in order of name.

    A name that would lead out of the folder is refused. Raises `AzureError`, also where nothing is there.
    """
    container = container_of(connection, place.datastore)
    written = []
    with explained(f"reading {place}"):
        for name, relative in _names(container.list_blobs(name_starts_with=place.path), place):
            target = into / relative
            if not target.resolve().is_relative_to(into.resolve()):
                raise AzureError(
                    f"{place} holds {name!r}, which would be written outside {into.name}", "look who wrote it"
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                container.download_blob(name, max_concurrency=2).readinto(file)
            written.append(target)
    if not written:
        raise AzureError(f"{place} holds nothing", "check the name and version of what it belongs to", 404)
    return tuple(sorted(written))


def upload(connection: Connection, file: Path, place: Place, metadata: Mapping[str, str] | None = None) -> None:
    """Copy a file to a place, over whatever is there. Raises `AzureError`."""
    container = container_of(connection, place.datastore)
    with explained(f"writing {place}"), file.open("rb") as content:
        container.upload_blob(place.path, content, overwrite=True, metadata=dict(metadata or {}))


def _names(blobs: Iterator[object], place: Place) -> Iterator[tuple[str, str]]:
    """Each blob's name with its path inside the place; a blob whose name merely begins alike is another's."""
    for blob in blobs:
        name = str(getattr(blob, "name", ""))
        if name == place.path:
            yield name, PurePosixPath(name).name
        elif name.startswith(f"{place.path}/") or not place.path:
            inside = name[len(place.path) :].lstrip("/")
            if inside and not name.endswith("/"):
                yield name, inside
