"""The blobs behind the workspace's datastore, as the service itself reaches them: with the account's key."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from standin import azurite
from standin.azurite import Azurite

BUCKET = "azureml-blobstore"


class Storage:
    """Azurite, as Azure ML uses a storage account."""

    def __init__(self, azurite: Azurite) -> None:
        from azure.storage.blob import BlobServiceClient

        self.azurite = azurite
        self.service = BlobServiceClient(azurite.url, credential={"account_name": _account(), "account_key": _key()})
        self.service.create_container(BUCKET)

    def pending_upload(self, account_id: str) -> dict[str, object]:
        """A container of its own for one upload, with a signature that lets write to it."""
        from azure.storage.blob import ContainerSasPermissions, generate_container_sas

        name = f"upload-{uuid.uuid4().hex}"
        self.service.create_container(name)
        until = datetime.now(UTC) + timedelta(hours=1)
        allowed = ContainerSasPermissions.from_string("racwdl")
        signature = generate_container_sas(_account(), name, _key(), permission=allowed, expiry=until)
        address = f"{self.azurite.url}/{name}"
        credential = {"credentialType": "SAS", "sasUri": f"{address}?{signature}"}
        reference = {"blobUri": address, "storageAccountArmId": account_id, "credential": credential}
        return {"blobReferenceForConsumption": reference, "pendingUploadType": "TemporaryBlobReference"}

    def download(self, address: str, into: Path) -> Path:
        """Copy what lies at an address into a folder, under the last part of its name, as a mount shows it."""
        container, path = self.locate(address)
        client = self.service.get_container_client(container)
        base = path.rpartition("/")[2]
        found = 0
        for blob in client.list_blobs(name_starts_with=path):
            inside = blob.name[len(path) :]
            if inside and not inside.startswith("/"):
                continue
            target = into / base / inside.strip("/") if inside else into / base
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(client.download_blob(blob.name).readall())
            found += 1
        if not found:
            raise FileNotFoundError(f"nothing lies at {address}")
        return into / base

    def upload(self, folder: Path, address: str) -> None:
        container, path = self.locate(address)
        client = self.service.get_container_client(container)
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                client.upload_blob(f"{path}/{file.relative_to(folder).as_posix()}", file.read_bytes(), overwrite=True)

    def locate(self, address: str) -> tuple[str, str]:
        place = re.search(r"datastores/[^/]+/paths/(.*)\Z", address)
        if place:
            return BUCKET, place[1].strip("/")
        container, _, path = address.removeprefix(f"{self.azurite.url}/").partition("/")
        return container, path.strip("/")


def _account() -> str:
    return azurite.ACCOUNT


def _key() -> str:
    return azurite.KEY
