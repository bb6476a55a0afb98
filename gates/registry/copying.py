"""Write a copy of a ledger as a home of its own, for a machine that may look and must not decide."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from gates.errors import BackendError
from gates.registry.blobs import Blobs

NAME = "registry.db"


def write_copy(folder: Path, ledger: bytes, blobs: Blobs) -> None:
    """Write the ledger and every blob into a new folder, and hash each blob on the way.

    Raises `BackendError` for a folder that is not empty or cannot be written, `SubjectError` for a damaged blob.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BackendError(f"{folder} is not empty", "name a new folder")
        copies = Blobs(folder / "blobs")
        for digest in blobs.digests():
            copies.put(blobs.path(digest))
        (folder / NAME).write_bytes(ledger)
        with closing(sqlite3.connect(folder / NAME)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")  # one file, also where it can only be read
    except OSError as error:
        raise BackendError(f"{folder} cannot be written: {error.strerror}", "name a folder that can be") from None
