"""The keys of a home: which one signs, and whose signatures are trusted, each for one kind of document only.

The gate key signs verdicts, the gatekeeper key signs decisions. They are made on first use, or named by ``GATES_KEY`` and
``GATES_GATEKEEPER_KEY``. The public half of every key that ever signed here is kept, so that what it signed still verifies.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gates.attest.keys import KeyRefused, PrivateKey, PublicKey, Signer, make_key_file, write_once
from gates.attest.vault import SCHEME, open_vault_key
from gates.errors import BackendError, ConfigError
from gates.policy.records import ROLES

GATE, GATEKEEPER = ROLES
VARIABLES = {GATE: "GATES_KEY", GATEKEEPER: "GATES_GATEKEEPER_KEY"}
APPROVER_VARIABLE = "GATES_APPROVER_KEY"  # a person's own key: no role of the home


def take_sources(environment: MutableMapping[str, str]) -> Mapping[str, str]:
    """Remove the variables of keys from ``environment`` and return their values by role, without the approver's.

    No process that is started later inherits them.
    """
    environment.pop(APPROVER_VARIABLE, None)  # commands that need it take it first
    return {role: environment.pop(name) for role, name in VARIABLES.items() if name in environment}


class Keyring:
    """Hold the keys of a home: ``folder/gate.pem`` and ``gatekeeper.pem`` are private; ``folder/public/ROLE/ID.pem`` are those
    that are trusted for a role.

    ``sources`` are the values of the variables by role; ``pinned`` are, by role, the only key ids that the policy trusts.
    """

    def __init__(
        self,
        folder: Path,
        sources: Mapping[str, str] | None = None,
        pinned: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._folder = folder
        self._sources = dict(sources or {})
        self._pinned = dict(pinned or {})
        self._signers: dict[str, Signer] = {}

    def signer(self, role: str) -> Signer:
        """Return the key that signs for ``role``, from its variable, or from the home, where it is made on first use.

        Raises `BackendError` for a key that must not be used, `ConfigError` for an unknown role or one key in both roles.
        """
        if role not in self._signers:
            signer = self._open(role)
            pins = self._pinned.get(role)
            if pins and signer.public.id not in pins:
                raise KeyRefused(
                    f"the {role} key {signer.public.id[:12]} is not among those that the policy trusts"
                    f" ({', '.join(pin[:12] for pin in pins)})",
                    f"sign with a trusted key ({VARIABLES[role]}), or add this one to [tool.gates.trust] {role}",
                )
            other = GATEKEEPER if role == GATE else GATE
            if other in self._signers and self._signers[other].public.id == signer.public.id:
                raise ConfigError(
                    f"{VARIABLES[GATE]} and {VARIABLES[GATEKEEPER]} are the same key",
                    "verdicts and decisions are signed by different keys; give each its own",
                )
            self._remember(role, signer.public)
            self._signers[role] = signer
        return self._signers[role]

    def trusted(self, role: str) -> Mapping[str, PublicKey]:
        """Return the public keys whose signature counts for ``role``, by key id. Writes nothing.

        Raises `KeyRefused` for a folder that others can change, and for a key file that is unreadable or wrongly named.
        """
        keys: dict[str, PublicKey] = {}
        pins = self._pinned.get(role)
        for folder in (self._folder, self._folder / "public", self._public(role)):
            if folder.is_symlink() or folder.exists():
                _require_own(folder)
        for path in sorted(self._public(role).glob("*.pem")):
            try:
                key = PublicKey.from_pem(path.read_bytes(), f"the public key {path.name}")
            except OSError as error:
                raise KeyRefused(f"the public key {path} cannot be read: {error.strerror}", "restore it") from None
            if path.is_symlink() or path.stem != key.id:
                raise KeyRefused(
                    f"the public key {path} does not have the name that its content gives it ({key.id[:12]})",
                    "remove it if you did not put it there; else name it after its key id",
                )
            if not pins or key.id in pins:
                keys[key.id] = key
        return keys

    def own_faults(self) -> Iterator[KeyRefused]:
        """Yield the refusal of each private key in the home that must not be used; a home without one is fine."""
        for role in VARIABLES:
            own = self._folder / f"{role}.pem"
            if own.is_symlink() or own.exists():
                try:
                    PrivateKey.from_file(own)
                except KeyRefused as refused:
                    yield refused

    def _open(self, role: str) -> Signer:
        name = VARIABLES.get(role)
        if name is None:
            raise ConfigError(f"there is no key for {role!r}", f"name one of {', '.join(VARIABLES)}")
        source = self._sources.get(role)
        if source is None:
            own = self._folder / f"{role}.pem"
            self._make_folder(self._folder)
            if not own.is_symlink() and not own.exists():
                make_key_file(own)
            return PrivateKey.from_file(own)
        return open_source(source, name)

    def _public(self, role: str) -> Path:
        return self._folder / "public" / role

    def _remember(self, role: str, key: PublicKey) -> None:
        place = self._public(role) / f"{key.id}.pem"
        if not place.exists():
            for folder in (self._folder, place.parent.parent, place.parent):
                self._make_folder(folder)
            write_once(place, key.pem, 0o444)

    def _make_folder(self, folder: Path) -> None:
        """A folder for this user alone. Raises `KeyRefused` for one into which others can put keys."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise BackendError(
                f"{folder} cannot be made: {error.strerror}; nothing was signed", "name a writable --home"
            ) from None
        _require_own(folder)


def open_source(source: str, name: str) -> Signer:
    """Return the key that ``source``, the value of the variable ``name``, gives: PEM text, a file or a key in a vault.

    Raises `ConfigError` for any other value, `BackendError` for a key that must not be used.
    """
    if source.startswith("-----BEGIN "):
        return PrivateKey.from_pem(source.encode("utf-8", "replace"), name)
    if source.startswith("file:"):
        parts = urlsplit(source)
        if parts.netloc not in ("", "localhost"):
            raise ConfigError(f"{name} is a file: URI with a host", "write it as file:///path/of/key.pem")
        return PrivateKey.from_file(Path(unquote(parts.path)))
    if source.startswith(SCHEME):
        return open_vault_key(source, name)
    # never the value itself: it may be a key that lost its first line
    raise ConfigError(
        f"{name} is {'empty' if not source.strip() else 'no key'}",
        f"give PEM text, a file: URI or an {SCHEME} URI, or unset {name} to use the home's own key",
    )


def _require_own(folder: Path) -> None:
    """Raise `KeyRefused` for a folder into which others can put keys."""
    mode = stat.S_IMODE(folder.lstat().st_mode)
    if folder.is_symlink():
        raise KeyRefused(f"the key folder {folder} is a symbolic link", "put the folder itself into the home")
    if mode & 0o022:
        raise KeyRefused(
            f"the key folder {folder} can be changed by others (mode {mode:04o}, wanted 0700)",
            f"look at what is in it, then: chmod 700 {folder}",
        )
