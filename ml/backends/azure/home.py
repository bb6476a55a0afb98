"""Send the ledger along with a job, so that the gates on the compute know the champion: a sound copy, never the original.

What the compute writes into its copy decides whether a model is registered with Azure ML, and nothing else; the champion is
moved only where the ledger really is.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

_DATABASE = "registry.db"


def copy_ledger(home: Path, into: Path) -> Path | None:
    """Copy the ledger and its blobs, as they are at one moment, into a folder. None where there is no ledger yet.

    Keys stay at home.
    """
    if not (home / _DATABASE).is_file():
        return None
    into.mkdir(parents=True)
    source, target = sqlite3.connect(home / _DATABASE), sqlite3.connect(into / _DATABASE)
    with contextlib.closing(source), contextlib.closing(target):
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    shutil.copytree(home / "blobs", into / "blobs")
    return into
