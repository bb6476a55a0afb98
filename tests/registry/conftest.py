from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path

import pytest
from registry.ledger_acts import NOON

from gates.registry import Registry


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ledger(home: Path):
    registry = Registry(home, lambda: NOON)
    yield registry
    registry.close()


@pytest.fixture
def by_hand(home: Path):
    """Open the file as somebody with the sqlite3 shell would; rules can be lifted and put back to the letter."""

    @contextmanager
    def open_by_hand(*lifted: str):
        connection = sqlite3.connect(home / "registry.db", isolation_level=None)
        rules = [
            connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (rule,)).fetchone()[0] for rule in lifted
        ]
        for rule in lifted:
            connection.execute(f"DROP TRIGGER {rule}")
        yield connection
        for sql in rules:
            connection.execute(sql)
        connection.close()

    return open_by_hand
