"""Private keys that sign and public keys that verify. A key that others can read, or that is of another kind, is refused.

`cryptography` is imported inside the functions: commands that sign nothing do not pay for it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gates.errors import BackendError

_LARGEST = 64 << 10
_MAKE_ONE = "make one with: openssl genpkey -algorithm ed25519 -out FILE && chmod 600 FILE"


class KeyRefused(BackendError):
    """Refuse a key that cannot or must not be used."""


class Signer(Protocol):
    """Sign messages, with a key in a file or one in a vault."""

    @property
    def public(self) -> PublicKey: ...
    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Hold a public key: ``der`` is the SubjectPublicKeyInfo, ``id`` its SHA-256 in hexadecimal digits, so that a key cannot
    borrow another's id.
    """

    id: str
    der: bytes

    @classmethod
    def from_pem(cls, pem: bytes, where: str) -> PublicKey:
        """Return the public key in PEM text. Raises `KeyRefused` as `of` does; ``where`` names it in the refusal."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            raise KeyRefused(f"{where} is not a public key in PEM form", "write it as BEGIN PUBLIC KEY") from None
        return cls.of(key, where)

    @classmethod
    def of(cls, key: object, where: str) -> PublicKey:
        """Return the public key that ``key``, an object of `cryptography`, holds.

        Raises `KeyRefused` for anything but an ed25519 key or one on a NIST curve; ``where`` names it in the refusal.
        """
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        if not isinstance(key, ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey):
            raise KeyRefused(f"{where} is a key of another kind ({type(key).__name__}), wanted ed25519", _MAKE_ONE)
        if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in _HASHES:
            raise KeyRefused(f"{where} is on the curve {key.curve.name}, wanted ed25519 or a NIST curve", _MAKE_ONE)
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return cls(hashlib.sha256(der).hexdigest(), der)

    @property
    def pem(self) -> bytes:
        """Return the key in PEM form, as bytes."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

        return load_der_public_key(self.der).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Return whether ``signature`` (for a NIST curve: ECDSA in DER form) is this key's signature of ``message``."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        key = load_der_public_key(self.der)
        try:
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, message)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, message, ec.ECDSA(getattr(hashes, _HASHES[key.curve.name])()))
            else:
                return False
        except InvalidSignature:
            return False
        return True


_HASHES = {"secp256r1": "SHA256", "secp384r1": "SHA384", "secp521r1": "SHA512"}  # as in JWS and Azure Key Vault


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """Hold an ed25519 key in this process. Its text form shows only the first digits of the public key's id."""

    public: PublicKey
    sign: Callable[[bytes], bytes]

    @classmethod
    def from_pem(cls, pem: bytes, where: str) -> PrivateKey:
        """Return the ed25519 key in unencrypted PEM text; ``where`` names it in messages.

        Raises `KeyRefused`, whose message never holds a byte of the key.
        """
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric import ed25519
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(pem, None)
        except TypeError:
            raise KeyRefused(
                f"{where} is encrypted, and nobody is there to give its password", f"decrypt it, or {_MAKE_ONE}"
            ) from None
        except (ValueError, UnsupportedAlgorithm):
            raise KeyRefused(f"{where} is not a private key in PEM form", _MAKE_ONE) from None
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            kind = type(key).__name__.removeprefix("_")
            raise KeyRefused(f"{where} is a key of another kind ({kind}), wanted ed25519", _MAKE_ONE)
        return cls(PublicKey.of(key.public_key(), where), key.sign)

    @classmethod
    def from_file(cls, path: Path) -> PrivateKey:
        """Return the key in a file that belongs to this user (or root) and gives others no permission.

        Raises `KeyRefused` for any other file, and for a symbolic link.
        """
        return cls.from_pem(_read_own(path), f"the key file {path}")

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.id[:12]})"


def make_key_file(path: Path) -> None:
    """Write a new ed25519 key for this user alone, unless one is there. Several processes may try at once.

    Raises `BackendError` when it cannot be written.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_once(path, pem, 0o600)


def write_once(path: Path, content: bytes, mode: int) -> None:
    """Write a new file with permissions ``mode``, whole or not at all; leave one that is there already as it is.

    Raises `BackendError` when it cannot be written.
    """
    building = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        descriptor = os.open(building, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):
            path.hardlink_to(building)
    except OSError as error:
        raise BackendError(
            f"{path} cannot be written: {error.strerror}; nothing was signed", "free space, or name another --home"
        ) from None
    finally:
        with suppress(OSError):
            building.unlink(missing_ok=True)


def read_plain(path: Path) -> tuple[bytes, os.stat_result]:
    """Return the first 64 KiB of a regular file, and its state by `os.fstat`.

    Follows no link and waits for no pipe. Raises OSError for those and for a file that cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise OSError(errno.EINVAL, "it is not a file")
        return os.read(descriptor, _LARGEST), state
    finally:
        os.close(descriptor)


def _read_own(path: Path) -> bytes:
    try:
        content, state = read_plain(path)
    except OSError as error:
        why = "is a symbolic link" if error.errno == errno.ELOOP else f"cannot be read: {error.strerror}"
        raise KeyRefused(f"the key file {path} {why}", "give the path of the file itself") from None
    mode = stat.S_IMODE(state.st_mode)
    if mode & 0o077:
        raise KeyRefused(
            f"the key file {path} is open to others (mode {mode:04o}, wanted 0600)",
            f"others may have its content: make a new key; if you are sure that nobody read it: chmod 600 {path}",
        )
    if state.st_uid not in (os.geteuid(), 0):
        raise KeyRefused(f"the key file {path} belongs to another user", "copy it to a file of your own")
    return content
