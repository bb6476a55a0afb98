"""Which ledger a command opens: the one of its home, or the shared one that policy or environment name."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ROOT, call
from registry.folder_store import FolderStore
from registry.ledger_acts import crown, standing
from small_project import make_project

from gates.errors import BackendError, ConfigError
from gates.registry import Registry
from gates.registry.opening import VARIABLE, open_registry
from gates.registry.shared import SharedRegistry

STORE = "registry.folder_store:open_store"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SHARED_FOLDER", str(tmp_path / "store"))
    monkeypatch.delenv(VARIABLE, raising=False)
    return tmp_path / "store"


def test_a_home_has_its_own_ledger(folder, tmp_path):
    assert isinstance(open_registry(tmp_path / "home", "", ROOT / "pyproject.toml"), Registry)


def test_the_policy_names_a_shared_one_and_two_homes_share_it(folder, tmp_path):
    one, other = (open_registry(tmp_path / name, STORE, tmp_path) for name in ("one", "other"))
    assert isinstance(one, SharedRegistry)
    version = crown(one)
    assert standing(other) == (1, version.digest)
    assert not (tmp_path / "one" / "registry.db").exists(), "no copy that could be taken for the ledger"


def test_the_environment_wins(folder, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, STORE)
    assert isinstance(open_registry(tmp_path / "home", "", tmp_path), SharedRegistry)


def test_a_shared_ledger_that_never_was_is_not_made_by_looking(folder, tmp_path):
    assert open_registry(tmp_path / "home", STORE, tmp_path, must_exist=True) is None
    assert open_registry(tmp_path / "home", "", tmp_path, must_exist=True) is None
    assert not (folder / "registry.db").exists()


def test_a_shared_ledger_without_a_configuration_is_never_taken_for_a_local_one(folder, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, STORE)
    with pytest.raises(BackendError, match="no configuration says where it is"):
        open_registry(tmp_path / "home", "", None, must_exist=True)


def test_the_environment_can_ask_for_the_home_s_own(folder, tmp_path, monkeypatch):
    """A job that works on a copy must never reach for the ledger that it was copied from."""
    monkeypatch.setenv(VARIABLE, "local")
    assert isinstance(open_registry(tmp_path / "home", STORE, tmp_path), Registry)


@pytest.mark.parametrize("shared", ["", STORE])
def test_an_export_is_a_sound_ledger_of_its_own(folder, tmp_path, shared):
    original = open_registry(tmp_path / "home", shared, tmp_path)
    first = crown(original, "A")
    original.copy_into(tmp_path / "copy")
    second = crown(original, "B")
    copy = Registry(tmp_path / "copy")
    assert standing(copy) == (1, first.digest)
    assert copy.blobs.read(first.digest) == b"model A"
    assert copy.audit() == ()
    crown(copy, "C")
    assert standing(original) == (2, second.digest), "what happens to a copy stays there"
    with pytest.raises(BackendError, match="is not empty"):
        original.copy_into(tmp_path / "copy")


def test_the_command_exports_and_says_when_there_is_nothing(folder, tmp_path):
    env = {VARIABLE: STORE, "SHARED_FOLDER": str(folder), "PYTHONPATH": str(Path(__file__).parents[1])}
    told = call("export", str(tmp_path / "copy"), home=tmp_path / "home", env=env)
    assert (told.code, "nothing was ever kept" in told.out) == (0, True), told.out + told.err
    assert not (tmp_path / "copy").exists()
    version = crown(open_registry(tmp_path / "home", STORE, tmp_path))
    told = call("export", str(tmp_path / "copy"), home=tmp_path / "home", env=env)
    assert told.code == 0, told.err
    assert standing(Registry(tmp_path / "copy")) == (1, version.digest)


def test_a_store_that_cannot_be_imported_is_told(folder, tmp_path):
    with pytest.raises(ConfigError, match="registry = 'nowhere:open_store' cannot be imported"):
        open_registry(tmp_path / "home", "nowhere:open_store", tmp_path)


def test_the_policy_takes_an_import_string_only(tmp_path):
    project = make_project(tmp_path)
    assert project.policy.registry == ""
    project.edit("pyproject.toml", "[tool.gates]\n", f'[tool.gates]\nregistry = "{STORE}"\n')
    assert project.policy.registry == STORE
    project.edit("pyproject.toml", STORE, "folder")
    with pytest.raises(ConfigError, match="registry is 'folder', wanted an import string"):
        _ = project.policy


@pytest.mark.slow
def test_two_machines_share_one_champion(folder, tmp_path):
    """`gates run` on one, `gates status` and `gates verify` on another that has only the store, and who is trusted."""
    data = tmp_path / "papers.csv"
    subprocess.run([sys.executable, "-m", "ml.sample", "lab", str(data)], cwd=ROOT, check=True, capture_output=True)
    env = {VARIABLE: STORE, "SHARED_FOLDER": str(folder), "PYTHONPATH": str(Path(__file__).parents[1])}
    ran = call("run", "--data", str(data), home=tmp_path / "one", env=env, timeout=400)
    assert ran.code == 0, ran.out + ran.err
    status = call("status", home=tmp_path / "other", env=env)
    assert "version 1" in status.out, status.out + status.err
    stranger = call("verify", home=tmp_path / "other", env=env)
    assert stranger.code == 1
    assert "is signed by the unknown key" in stranger.out + stranger.err, "trust does not come out of the shared store"
    shutil.copytree(tmp_path / "one/keys/public", tmp_path / "other/keys/public")
    (tmp_path / "other/keys").chmod(0o700)
    verified = call("verify", home=tmp_path / "other", env=env)
    assert verified.code == 0, verified.out + verified.err
    (folder / FolderStore(folder).names("blobs/")[0]).write_bytes(b"X")
    broken = call("verify", home=tmp_path / "other", env=env)
    assert broken.code != 0
    assert "holds other bytes than its name says" in broken.out + broken.err
