"""The folder in which everything is kept (``.gates/``), and the record of one run in it."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gates.errors import BackendError


@dataclass(frozen=True, slots=True)
class Home:
    """Name the folder in which ``registry.db``, ``blobs/``, ``keys/`` and ``runs/ID/`` are kept."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> Home:
        """Make the folder if it is not there. Raises `BackendError` when it cannot be made or written."""
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe = path / f".writable-{secrets.token_hex(4)}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise BackendError(
                f"the home {path} cannot be written: {error.strerror}", "name another folder with --home or GATES_HOME"
            ) from None
        return cls(path.resolve())

    @property
    def scratch(self) -> Path:
        """Return the folder for files whose digest is not known yet; it is made when it is not there."""
        return _made(self.path / "scratch")

    def lend_temporary_folder(self) -> None:
        """Use ``scratch`` for temporary files, also those of every child, where the system has no folder that can be written.

        Containers whose file system is read-only often have one writable volume only, and it holds the home.
        """
        try:
            tempfile.gettempdir()
        except FileNotFoundError:
            os.environ["TMPDIR"] = str(self.scratch)
            tempfile.tempdir = None  # so that it is looked for again

    @property
    def keys(self) -> Path:
        """Return the folder of the keys; it is made together with the first key."""
        return self.path / "keys"

    def run_folder(self, run: str) -> Path:
        """Return the folder of a run, which is made when it is not there."""
        return _made(self.path / "runs" / run)


def _made(folder: Path) -> Path:
    """Return the folder, made where it is not there. Raises `BackendError` where it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackendError(
            f"{folder} cannot be made: {error.strerror}", "make the home writable, or name another folder with --home"
        ) from None
    return folder


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """Yield a new folder for temporary files, which is removed when the block ends; its name begins with ``prefix``.

    Raises `BackendError` where no folder for such files can be written.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix=prefix)
    except OSError as error:
        raise BackendError(
            f"no folder for temporary files can be written: {error.strerror}", "name one in the variable TMPDIR"
        ) from None
    with folder as name:
        yield Path(name)


def new_run_id(now: datetime | None = None) -> str:
    """Return a name for a run that sorts by time, like ``20261124T032705Z-4f2a91``; ``now`` is in UTC (None: the clock)."""
    return f"{now or datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
