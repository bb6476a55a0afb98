"""Import the packages for Azure that a caller needs, and no others: the function that keeps marks does without Azure ML."""

from __future__ import annotations

from gates.errors import MissingExtra

_STORAGE = (("azure-identity", "azure.identity"), ("azure-storage-blob", "azure.storage.blob"))
_ALL = (("azure-ai-ml", "azure.ai.ml"), *_STORAGE)


def require_sdk() -> None:
    """Import the packages for Azure ML once. Raises `MissingExtra` where one is not installed."""
    _require("Azure ML", _ALL)


def require_storage() -> None:
    """Import the packages for blob storage once. Raises `MissingExtra` where one is not installed."""
    _require("Azure blob storage", _STORAGE)


def _require(purpose: str, packages: tuple[tuple[str, str], ...]) -> None:
    for package, module in packages:
        try:
            __import__(module)
        except ImportError as error:
            raise MissingExtra(purpose, package, "azure") from error
