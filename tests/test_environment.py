"""The environment is named by what is installed at the moment, and an editable Gates by its files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gates import environment
from gates.environment import environment_digest, installed


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that stands for the package of Gates."""
    folder = tmp_path / "gates"
    folder.mkdir()
    (folder / "judge.py").write_text("STRICT = True\n")
    monkeypatch.setattr(environment, "_PACKAGE", folder)
    return folder


def own() -> str:
    (line,) = (package for package in installed() if package.startswith("gates=="))
    return line


def test_an_editable_installation_is_named_by_its_files(package, monkeypatch):
    monkeypatch.setattr(environment, "_is_editable", lambda: True)
    before, digest = own(), environment_digest()
    assert before.startswith("gates==0.1.0+tree.")
    assert own() == before
    (package / "judge.py").write_text("STRICT = False\n")
    assert own() != before
    assert environment_digest() != digest


def test_an_installed_one_is_named_by_its_version(package, monkeypatch):
    monkeypatch.setattr(environment, "_is_editable", lambda: False)
    assert own() == "gates==0.1.0"
    (package / "judge.py").write_text("STRICT = False\n")
    assert own() == "gates==0.1.0"


def test_this_one_is_looked_at():
    assert isinstance(environment._is_editable(), bool)


def test_a_package_that_is_installed_or_removed_meanwhile_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    before = environment_digest()
    info = tmp_path / "surprise-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: surprise\nVersion: 1.0\n")
    assert "surprise==1.0" in installed()
    assert environment_digest() != before
    (info / "METADATA").unlink()
    info.rmdir()
    assert environment_digest() == before
