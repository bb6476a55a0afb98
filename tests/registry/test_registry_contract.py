"""The SQLite ledger keeps the contract of every ledger."""

from __future__ import annotations

import pytest
from registry.ledger_acts import NOON
from registry.registry_contract import LedgerContract

from gates.registry import Ledger, Registry


class TestSqliteLedger(LedgerContract):
    @pytest.fixture
    def open_ledger(self, tmp_path):
        opened: list[Registry] = []

        def open_once_more() -> Ledger:
            opened.append(Registry(tmp_path / "home", lambda: NOON))
            return opened[-1]

        yield open_once_more
        for registry in opened:
            registry.close()
