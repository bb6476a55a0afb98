"""What every ledger must do. A class of tests for each kind of ledger inherits this and gives `open_ledger`.

``open_ledger()`` opens the same, at first empty, ledger each time; its clock says `NOON`.
"""

from __future__ import annotations

import pytest
from registry.contract_keeping import KeepsBytes, KeepsNotesAndRuns, KeepsVerdicts, KeepsVersions
from registry.contract_moving import GoesBackAndBreaksGlass, Promotes
from registry.contract_sharing import IsShared


class LedgerContract(
    KeepsVersions, KeepsVerdicts, Promotes, GoesBackAndBreaksGlass, IsShared, KeepsNotesAndRuns, KeepsBytes
):
    @pytest.fixture
    def ledger(self, open_ledger):
        return open_ledger()
