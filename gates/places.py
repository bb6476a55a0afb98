"""Where everything is kept where nobody says it: one rule for the commands of the engine and for the programs of the work."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

NAME = ".gates"
_LEDGER = "registry.db"


def place_home(find_policy: Callable[[], Path | None] = lambda: None) -> Path:
    """Return where everything is kept, unless a command names a folder: GATES_HOME, else ``.gates`` beside the policy.

    So it is the same folder from every folder below the policy's. ``find_policy`` returns the policy file, None outside of any
    project: then it is the nearest ``.gates`` with a ledger at or above this folder, as git finds its root, else ``.gates`` here.
    """
    if named := os.environ.get("GATES_HOME"):
        return Path(named)
    here, policy = Path.cwd(), find_policy()
    if policy is not None:
        return Path(NAME) if policy.resolve().parent == here else policy.parent / NAME
    kept = next((folder for folder in (here, *here.parents) if (folder / NAME / _LEDGER).is_file()), here)
    return Path(NAME) if kept == here else kept / NAME
