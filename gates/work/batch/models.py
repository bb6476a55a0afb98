"""Find the model to score with: a model file, a deployment's folder, or a version of the ledger, verified before it is parsed."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from gates.work.errors import ArtifactError
from gates.work.model.artifact import LoadedModel, load
from gates.work.serving.scorer import open_scorer

_VERSION = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)@(?P<version>\d+)\Z", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


def open_model(
    which: str,
    home: Path,
    *,
    digest: str = "",
    trusted: Sequence[str] = (),
    loader: str = "",
    trust_pickle: str = "",
) -> LoadedModel:
    """Load the model that ``which`` names. Raises `ArtifactError`, also where it is not the one with ``digest``.

    A version of the ledger and a deployment's folder carry their digest; of a bare file it is what ``digest`` says, else what
    is found.
    """
    path = Path(which)
    if (named := _VERSION.match(which)) and not path.exists():
        registered_digest = _digest_in_ledger(which, home)
        file = _blob(home, registered_digest)
        model = load(file, registered_digest, trusted=trusted, loader=loader, trust_pickle=trust_pickle)
        if model.signature.model != named["name"]:
            raise ArtifactError(f"{which} holds a model of {model.signature.model}", "gates verify says what is wrong")
    elif path.is_dir():
        model = open_scorer(path).model
    else:
        wanted = digest or _digest_of(path)
        model = load(path, wanted, trusted=trusted, loader=loader, trust_pickle=trust_pickle)
    if digest and model.digest != digest:
        raise ArtifactError(f"{which} is {model.digest}, wanted {digest}", "name the model that is meant")
    return model


def _blob(home: Path, digest: str) -> Path:
    """Where the bytes lie: in the home's own store, or among the copies of a shared one."""
    places = [home / folder / "blobs" / digest[7:9] / digest[7:] for folder in ("", "shared")]
    copy = next((place for place in places if place.exists()), None)
    if copy is None:
        raise ArtifactError(
            f"{digest[:19]} is registered, but no copy is in {home}",
            "fetch it: gates export FOLDER, then --home FOLDER",
        )
    return copy


def _digest_in_ledger(which: str, home: Path) -> str:
    """Return the digest that the ledger names. Only the engine reads the ledger, so its command line does it."""
    command = [sys.executable, "-m", "gates", "show", which, "--json", "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    try:
        digest = str(json.loads(done.stdout)["digest"])
    except (ValueError, KeyError, TypeError):
        digest = ""
    if done.returncode or not _DIGEST.match(digest):
        why = (done.stderr.strip().splitlines() or ["it printed nothing"])[0].removeprefix("gates: ")
        raise ArtifactError(
            f"{which} is not in the ledger of {home}: {why}", "name a registered version, or a model file"
        )
    return digest


def _digest_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read: {error.strerror}", "name a model file, or NAME@VERSION") from None
