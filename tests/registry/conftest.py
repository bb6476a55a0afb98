from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path

import pytest
from registry.ledger_acts import NAME, NOON, crown

from gates.registry import Registry, Version


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ledger(home: Path):
    registry = Registry(home, lambda: NOON)
    yield registry
    registry.close()


@pytest.fixture
def made(home: Path) -> Path:
    """A home with a champion, closed."""
    registry = Registry(home)
    crown(registry)
    registry.close()
    return home


@pytest.fixture
def champions(ledger: Registry) -> tuple[Version, Version]:
    """Two champions one after the other, and a run that ended."""
    ledger.keep_run("run-1", "started", b"{}")
    ledger.keep_run("run-1", "refused", b"{}")
    ledger.keep_note(NAME, "approval", b"yes", NOON)
    return crown(ledger, "A"), crown(ledger, "B")


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
