"""Marks of a trigger as blobs: one is held by a lease, which ends by itself when its holder dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from gates.work.backends.azure.errors import explained
from gates.work.backends.azure.packages import require_storage
from gates.work.mark_documents import Mark, SeenContent, as_bytes, name_of_mark, read_document

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.storage.blob import BlobClient, BlobLeaseClient, ContainerClient

LEASE = 60  # seconds: longer than telling of one event may take


class BlobMarks:
    """Keep marks as blobs of a container. Raises `AzureError` with what Azure answered."""

    def __init__(self, container: str | ContainerClient, credential: TokenCredential | None = None) -> None:
        """``container`` is an https URL, opened with the caller's identity, or an open client."""
        if isinstance(container, str):
            require_storage()
            from azure.identity import DefaultAzureCredential
            from azure.storage.blob import ContainerClient

            container = ContainerClient.from_container_url(container, credential or DefaultAzureCredential())
        self._container = container

    @contextmanager
    def hold(self, url: str) -> Iterator[Mark | None]:
        """Return the mark of an address, held until the block ends; None where another process holds it."""
        from azure.core.exceptions import ResourceExistsError, ResourceModifiedError

        blob = self._container.get_blob_client(f"marks/{name_of_mark(url)}.json")
        with explained(f"holding the mark of {url}"):
            with suppress(ResourceExistsError, ResourceModifiedError):  # 412 where it is leased
                blob.upload_blob(as_bytes(url, ()), overwrite=False)
            try:
                lease = blob.acquire_lease(LEASE)
            except ResourceExistsError:
                lease = None
        if lease is None:
            yield None
            return
        try:
            yield _BlobMark(blob, lease, url)
        finally:
            with explained(f"letting go of the mark of {url}"):
                lease.release()


class _BlobMark:
    """One mark, written only under its lease."""

    def __init__(self, blob: BlobClient, lease: BlobLeaseClient, url: str) -> None:
        self._blob = blob
        self._lease = lease
        self._url = url

    @property
    def seen(self) -> tuple[str, ...]:
        return self._read()[0]

    @property
    def content(self) -> SeenContent | None:
        return self._read()[1]

    def add(self, etag: str, content: SeenContent | None = None) -> None:
        self._write((*self.seen, etag), content)

    def note(self, content: SeenContent) -> None:
        self._write(self.seen, content)

    def _read(self) -> tuple[tuple[str, ...], SeenContent | None]:
        with explained(f"reading the mark of {self._url}"):
            document = self._blob.download_blob(lease=self._lease).readall()
        return read_document(document, self._url, f"marks/{name_of_mark(self._url)}.json")

    def _write(self, seen: tuple[str, ...], content: SeenContent | None) -> None:
        document = as_bytes(self._url, seen, content)
        with explained(f"writing the mark of {self._url}"):
            self._blob.upload_blob(document, overwrite=True, lease=self._lease)
