"""While another process holds the ledger nothing is promoted, and it can still be read as it was at one moment."""

from __future__ import annotations

import sqlite3

import pytest
from registry.ledger_acts import crown, judge, promote, register, standing

from gates.errors import BackendError
from gates.registry import Registry


def test_a_busy_ledger_is_a_sentence_and_nothing_is_promoted(made):
    impatient = Registry(made, patience=0.1)
    version = register(impatient, "B")
    verdict = judge(impatient, version)
    other = sqlite3.connect(made / "registry.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BackendError, match="the registry is busy; nothing was promoted"):
        promote(impatient, version, verdict)
    assert standing(impatient)[0] == 1
    other.execute("ROLLBACK")
    assert promote(impatient, version, verdict) == 2


def test_a_busy_ledger_can_still_be_read_and_audited(made):
    other = sqlite3.connect(made / "registry.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    reader = Registry(made, patience=0.1)
    assert standing(reader)[0] == 1
    assert reader.audit() == ()


def test_an_audit_beside_a_promotion_sees_one_moment(made, monkeypatch):
    from gates.registry import audit as module

    busy = Registry(made)
    real = module._chain

    def promote_after_the_chain_was_read(db, needs):
        yield from real(db, needs)
        crown(busy, "B")

    promote_after_the_chain_was_read.__name__ = "_chain"
    monkeypatch.setattr(module, "_chain", promote_after_the_chain_was_read)
    assert Registry(made).audit() == ()
    assert standing(busy)[0] == 2
