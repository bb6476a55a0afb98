"""Open data in a cloud store by the libraries that know it: ``s3://`` and ``abfss://`` by pyarrow, ``azureml:`` by fsspec.

Credentials are those that the store's own library finds; an address never carries one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.errors import MissingExtra
from gates.work.errors import DataError

if TYPE_CHECKING:
    from pyarrow import fs

SCHEMES = ("s3", "abfss", "abfs", "gs", "azureml")
_PLACES = {"s3": "S3FileSystem", "abfss": "AzureFileSystem", "abfs": "AzureFileSystem", "gs": "GcsFileSystem"}


def is_in_store(source: str) -> bool:
    """Return whether a source is the address of a cloud store."""
    return source.lower().startswith(tuple(f"{scheme}://" for scheme in SCHEMES)) or source.startswith("azureml:")


def open_store(source: str, name: str) -> tuple[fs.FileSystem, str]:
    """Return the file system of an address, and the path in it.

    Raises `MissingExtra` where no library knows the store, and `DataError` for an address that it cannot open.
    """
    scheme = source.partition(":")[0].lower()
    if "@" in source and scheme not in ("abfss", "abfs"):
        raise DataError(
            f"{name} carries a user or a password", "leave it out: the store's library finds its credentials"
        )
    try:
        return _open_azureml(source) if scheme == "azureml" else _open_by_arrow(source, scheme)
    except (OSError, ValueError) as error:
        why = str(error).splitlines()[0].replace(source, name)[:200] if str(error) else type(error).__name__
        raise DataError(f"{name} cannot be opened: {why}", "check the address and the credentials") from None


def _open_by_arrow(source: str, scheme: str) -> tuple[fs.FileSystem, str]:
    from pyarrow import fs

    if not hasattr(fs, _PLACES[scheme]):
        raise _missing(f"a source {scheme}://", "a pyarrow that knows this store")
    return _from_uri(source)


def _from_uri(source: str) -> tuple[fs.FileSystem, str]:
    from pyarrow import fs

    files, path = fs.FileSystem.from_uri(source)
    return files, path


def _open_azureml(source: str) -> tuple[fs.FileSystem, str]:
    from pyarrow import fs

    try:
        from azureml.fsspec import AzureMachineLearningFileSystem
    except ImportError:
        raise _missing("a source azureml:", "azureml-fsspec") from None
    folder, _, path = source.partition("/paths/")
    return fs.PyFileSystem(fs.FSSpecHandler(AzureMachineLearningFileSystem(folder))), path


def _missing(purpose: str, package: str) -> MissingExtra:
    error = MissingExtra(purpose, package, "azure")
    error.remedy = f"install {package}, or download the data and name their path"
    return error
