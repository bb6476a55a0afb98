"""Versions of the data as Azure ML knows them: register a file, resolve ``azureml:NAME:VERSION`` back to the same bytes.

The digest is kept as a tag, and what is downloaded is hashed again: a version whose bytes were changed behind it is refused.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gates.work.backends.azure.blobs import Place, download
from gates.work.backends.azure.connection import Connection
from gates.work.backends.azure.errors import AzureError, explained
from gates.work.data.source import fetch
from gates.work.errors import DataError
from gates.work.records import Snapshot

_ASSET = re.compile(r"azureml:(?P<name>[A-Za-z0-9][\w.-]*)(:(?P<version>[\w.-]+)|@(?P<label>latest))\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class DataAsset:
    """Hold one immutable version; ``digest`` is ``sha256:<hex>``, empty where whoever registered it left none."""

    name: str
    version: str
    place: str
    digest: str

    def __str__(self) -> str:
        return f"azureml:{self.name}:{self.version}"


def is_asset(source: str) -> bool:
    """Return whether ``source`` names a data asset: ``azureml:NAME...``, and not an address ``azureml://...``."""
    return source.startswith("azureml:") and not source.startswith("azureml://")


def register(connection: Connection, file: Path, name: str) -> DataAsset:
    """Register a file as a data asset and return the version: the newest where it holds these bytes already, else the next.

    Raises `AzureError` and `DataError`.
    """
    from azure.ai.ml.constants import AssetTypes
    from azure.ai.ml.entities import Data

    if not file.is_file():
        raise DataError(f"{file} is not a file", "name one CSV or Parquet file")
    with file.open("rb") as content:
        digest = f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}"
    newest = latest(connection, name)
    if newest is not None and newest.digest == digest:
        return newest
    version = _next(newest)
    with explained(f"registering {name}:{version}"):
        connection.ml.data.create_or_update(
            Data(name=name, version=version, path=str(file), type=AssetTypes.URI_FILE, tags={"digest": digest})
        )
        return resolve(connection, f"azureml:{name}:{version}")


def latest(connection: Connection, name: str) -> DataAsset | None:
    """Return the newest version, None where there is none. Raises `AzureError`."""
    from azure.core.exceptions import ResourceNotFoundError

    with explained(f"looking up {name}"):
        try:
            assets = [_asset(asset) for asset in connection.ml.data.list(name=name)]
        except ResourceNotFoundError:
            return None
    return max(assets, key=lambda asset: (asset.version.isdecimal(), asset.version.zfill(20)), default=None)


def resolve(connection: Connection, reference: str) -> DataAsset:
    """Return the version that ``azureml:NAME:VERSION`` or ``azureml:NAME@latest`` names. Raises `DataError` and `AzureError`."""
    named = _ASSET.match(reference)
    if named is None:
        raise DataError(f"{reference!r} is not a data asset", "write it as azureml:NAME:VERSION or azureml:NAME@latest")
    if named["label"]:
        newest = latest(connection, named["name"])
        if newest is None:
            raise DataError(
                f"there is no data asset {named['name']}", "register it with: python -m gates.work.backends.azure data"
            )
        return newest
    with explained(f"looking up {reference}"):
        return _asset(connection.ml.data.get(named["name"], version=named["version"]))


def take(connection: Connection, reference: str, into: Path) -> Snapshot:
    """Copy a data asset to an immutable snapshot in ``into``, checked against the digest it was registered with.

    Raises `DataError` and `AzureError`.
    """
    asset = resolve(connection, reference)
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=".asset-") as folder:
        files = download(connection, Place.parse(asset.place), Path(folder))
        if len(files) != 1:
            raise DataError(f"{asset} holds {len(files)} files, wanted one", "register one CSV or Parquet file")
        batch = fetch(str(files[0]), into)
    if asset.digest and batch.digest != asset.digest:
        batch.path.unlink()
        raise DataError(
            f"{asset} is not what was registered: found {batch.digest}, wanted {asset.digest}",
            "somebody wrote over its file; register the data again, and protect the container",
        )
    return Snapshot(str(asset), batch.path, batch.digest, batch.size)


def _asset(sdk_asset: object) -> DataAsset:
    tags = getattr(sdk_asset, "tags", None) or {}
    name, version, path = (str(getattr(sdk_asset, key, "")) for key in ("name", "version", "path"))
    if not path:
        raise AzureError(f"the data asset {name}:{version} has no path", "register it again")
    return DataAsset(name, version, path, str(tags.get("digest", "")))


def _next(newest: DataAsset | None) -> str:
    if newest is None:
        return "1"
    if not newest.version.isdecimal():
        raise DataError(
            f"the newest version of {newest.name} is {newest.version!r}, which is no number",
            "choose another asset name",
        )
    return str(int(newest.version) + 1)
