"""Open the ledger that a project uses: the one of its home, or one that several machines share."""

from __future__ import annotations

import os
from pathlib import Path

from gates.errors import BackendError
from gates.ports import open_store
from gates.registry.ledger import Ledger
from gates.registry.shared import SharedRegistry
from gates.registry.sqlite import Registry
from gates.registry.working_copy import NAME

VARIABLE = (
    "GATES_REGISTRY"  # wins over the policy, so that a laptop and a pipeline can use the same policy (and digest)
)
LOCAL = "local"  # the value that means: the home's own, whatever the policy says
_CACHE = "shared"


def open_registry(home: Path, shared: str, config: Path | None, *, must_exist: bool = False) -> Ledger | None:
    """Return the ledger in ``home``, or in the store that ``shared`` (``module:factory``) makes from ``config``.

    ``GATES_REGISTRY`` in the environment wins over ``shared``; there ``local`` means the home's own. None where it
    ``must_exist`` and nothing was ever kept. Raises `ConfigError` where the store cannot be imported, `BackendError` where it
    needs a configuration and there is none, and for a ledger that is not sound.
    """
    shared = os.environ.get(VARIABLE) or shared
    shared = "" if shared == LOCAL else shared
    if shared and config is None:
        raise BackendError(
            f"{VARIABLE} names a shared ledger, but no configuration says where it is",
            "run in the project's folder, or name a file with --policy",
        )
    if not shared or config is None:
        if must_exist and not (home / NAME).exists() and not (home / "blobs").exists():
            return None
        return Registry(home)
    store = open_store(shared, config)
    if must_exist and not store.tag(NAME):
        return None
    return SharedRegistry(store, home / _CACHE)
