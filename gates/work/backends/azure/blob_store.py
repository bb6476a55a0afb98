"""A blob container as the shared store of a ledger: every write is conditional on the blob's ETag.

Named in ``GATES_REGISTRY`` or ``[tool.gates] registry``; the container is the workspace's own, and the caller's identity opens it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gates.work.backends.azure.blobs import container_of
from gates.work.backends.azure.connection import connect
from gates.work.backends.azure.errors import explained
from gates.work.backends.azure.settings import read_azure_settings

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, ContainerClient

PREFIX = "gates/ledger"


class ContainerStore:
    """Keep blobs below ``prefix`` of one container; tags are ETags. Every method raises `AzureError` with what Azure answered."""

    def __init__(self, container: ContainerClient, prefix: str = PREFIX) -> None:
        self._container = container
        self._prefix = prefix.strip("/")

    @property
    def place(self) -> str:
        """Return the address of the container with the prefix, without a signature."""
        return f"{self._container.url.partition('?')[0]}/{self._prefix}"

    def tag(self, name: str) -> str:
        """Return the ETag of a blob, empty where it is not there."""
        from azure.core.exceptions import ResourceNotFoundError

        with explained(f"looking at {self.place}/{name}"):
            with suppress(ResourceNotFoundError):
                return str(self._blob(name).get_blob_properties().etag)
            return ""

    def read(self, name: str) -> tuple[bytes, str] | None:
        """Return the content and the tag that belongs to it: both are from one answer; None where the blob is not there."""
        from azure.core.exceptions import ResourceNotFoundError

        with explained(f"reading {self.place}/{name}"):
            with suppress(ResourceNotFoundError):
                download = self._blob(name).download_blob(max_concurrency=1)
                return download.readall(), str(download.properties.etag)
            return None

    def write(self, name: str, content: bytes, *, tag: str) -> str:
        """Write a blob if its tag is still ``tag``. Return the new tag, or an empty text where another one was quicker."""
        from azure.core import MatchConditions
        from azure.core.exceptions import ResourceExistsError, ResourceModifiedError

        only_if = {"etag": tag, "match_condition": MatchConditions.IfNotModified} if tag else {}
        with explained(f"writing {self.place}/{name}"):
            with suppress(ResourceModifiedError, ResourceExistsError):
                return str(self._blob(name).upload_blob(content, overwrite=bool(tag), **only_if)["etag"])
            return ""

    def put(self, name: str, source: Path) -> None:
        """Copy a file in, unless a blob of this name is there already."""
        from azure.core.exceptions import ResourceExistsError

        with explained(f"writing {self.place}/{name}"), suppress(ResourceExistsError), source.open("rb") as content:
            self._blob(name).upload_blob(content, overwrite=False)

    def fetch(self, name: str, into: Path) -> bool:
        """Copy a blob to the file ``into``, which is not there yet; return false where there is no such blob."""
        from azure.core.exceptions import ResourceNotFoundError

        with explained(f"reading {self.place}/{name}"):
            try:
                download = self._blob(name).download_blob(max_concurrency=2)
            except ResourceNotFoundError:
                return False
            with into.open("xb") as file:
                download.readinto(file)
            return True

    def names(self, prefix: str) -> tuple[str, ...]:
        """Return the names that begin with ``prefix``, without the store's own prefix."""
        with explained(f"listing {self.place}"):
            blob_names = self._container.list_blob_names(name_starts_with=f"{self._prefix}/{prefix}")
            return tuple(str(name)[len(self._prefix) + 1 :] for name in blob_names)

    def _blob(self, name: str) -> BlobClient:
        return self._container.get_blob_client(f"{self._prefix}/{name}")


def open_store(config: Path) -> ContainerStore:
    """Return the ledger's store in the workspace of ``[tool.ml.azure]``. Raises `AzureError`."""
    return ContainerStore(container_of(connect(read_azure_settings(config))))
