"""What is done to the file of a ledger from outside, and what opening it then says."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from gates.digest import Digest
from gates.errors import BackendError
from gates.registry import Registry


def refusal_of(home: Path) -> BackendError:
    """The refusal to open, after which every file is what it was."""
    before = {path: path.read_bytes() for path in home.iterdir() if path.is_file()}
    with pytest.raises(BackendError) as refusal:
        Registry(home)
    after = {path: path.read_bytes() for path in home.iterdir() if path.name.endswith(".db") and path.is_file()}
    assert after == {path: content for path, content in before.items() if path.name.endswith(".db")}
    assert refusal.value.remedy
    return refusal.value


def execute(home: Path, *statements: str) -> None:
    connection = sqlite3.connect(home / "registry.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def kept(digest: Digest, home: Path) -> Path:
    """Where a blob lies."""
    return home / "blobs" / digest.hex[:2] / digest.hex


def overwrite(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)
