"""A key in Azure Key Vault, through securesystemslib: it cannot be copied, and the vault keeps a record of its use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from gates.attest.keys import KeyRefused, PublicKey
from gates.errors import BackendError, MissingExtra

SCHEME = "azurekms:"


@dataclass(frozen=True, slots=True)
class VaultKey:
    """Sign with a key that never leaves its vault: ``sign`` sends the vault a digest; it raises `BackendError` on failure."""

    public: PublicKey
    sign: Callable[[bytes], bytes]


def open_vault_key(uri: str, where: str) -> VaultKey:
    """Return the key ``azurekms://VAULT.vault.azure.net/keys/NAME[/VERSION]``.

    Raises `MissingExtra` without the packages, `KeyRefused` for another URI or a version that is not the current one,
    `BackendError` when the vault does not give the key. ``where`` names the key in messages.
    """
    parts = urlsplit(uri)
    vault, _, zone = (parts.hostname or "").partition(".")
    path = parts.path.split("/")
    if zone != "vault.azure.net" or len(path) not in (3, 4) or path[1] != "keys" or not path[2]:
        raise KeyRefused(
            f"{where} names no key of a vault", "write it as azurekms://VAULT.vault.azure.net/keys/NAME/VERSION"
        )
    try:
        from securesystemslib.exceptions import UnsupportedLibraryError
        from securesystemslib.signer import AzureSigner  # type: ignore[attr-defined, unused-ignore]
    except ImportError:
        raise MissingExtra("signing with a key in Azure Key Vault", "securesystemslib", "kms") from None
    try:
        current, key = AzureSigner.import_(vault, path[2])
        if len(path) == 4 and current != uri:
            raise KeyRefused(f"{where} names another version than the vault's current one", f"use {current}")
        signer = AzureSigner.from_priv_key_uri(current, key)
    except UnsupportedLibraryError:
        raise MissingExtra("signing with a key in Azure Key Vault", "azure-keyvault-keys", "kms") from None
    except KeyRefused:
        raise
    except Exception as error:
        raise BackendError(
            f"the vault of {where} did not give the key: {type(error).__name__}",
            "check that this identity has the role Key Vault Crypto User, and that the key is an EC key",
        ) from None
    public = PublicKey.from_pem(str(key.keyval["public"]).encode(), where)

    def sign(message: bytes) -> bytes:
        try:
            return bytes.fromhex(signer.sign(message).signature)
        except Exception as error:
            raise BackendError(
                f"the vault of {where} did not sign: {type(error).__name__}; nothing was kept",
                "check that this identity may sign with the key",
            ) from None

    return VaultKey(public, sign)
