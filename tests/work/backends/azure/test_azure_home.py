"""A job gets a sound copy of the ledger, wherever that lies, and never reaches for the original."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from command_line import ROOT
from registry.ledger_acts import NAME, crown, standing

from gates.registry import Registry
from gates.registry.opening import open_registry
from gates.work.backends.azure.errors import RolloutFailed
from gates.work.backends.azure.home import COPY, copy_ledger
from gates.work.backends.azure.judging import Gates

STORE = "registry.folder_store:open_store"


@pytest.fixture
def gates(tmp_path, monkeypatch):
    monkeypatch.setenv("SHARED_FOLDER", str(tmp_path / "store"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests"))
    return Gates(ROOT / "pyproject.toml", tmp_path / "home", quiet=True)


@pytest.mark.parametrize("shared", ["", STORE])
def test_a_copy_knows_the_champion(gates, tmp_path, monkeypatch, shared):
    monkeypatch.setenv("GATES_REGISTRY", shared)
    assert copy_ledger(gates, tmp_path / "before") is None
    version = crown(open_registry(gates.home, "", gates.config))
    copy = copy_ledger(gates, tmp_path / "copy")
    assert standing(Registry(copy)) == (1, version.digest)


def test_a_ledger_that_cannot_be_copied_is_not_a_ledger_that_is_not_there(gates, tmp_path, monkeypatch):
    monkeypatch.setenv("GATES_REGISTRY", "nowhere:open_store")
    with pytest.raises(RolloutFailed, match="gates export ended with exit code 2"):
        copy_ledger(gates, tmp_path / "copy")


def test_whoever_works_on_the_copy_does_not_see_the_shared_one(gates, tmp_path, monkeypatch):
    monkeypatch.setenv("GATES_REGISTRY", STORE)
    crown(open_registry(gates.home, "", gates.config), "A")
    copy = copy_ledger(gates, tmp_path / "copy")
    crown(open_registry(gates.home, "", gates.config), "B")
    command = [sys.executable, "-m", "gates", "show", f"{NAME}@2", "--home", str(copy)]
    codes = [
        subprocess.run(command, cwd=ROOT, env={**os.environ, **more}, capture_output=True, check=False).returncode
        for more in (COPY, {})
    ]
    assert codes == [3, 0], "version 2 is in the shared ledger only"
