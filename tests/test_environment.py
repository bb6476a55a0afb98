"""The environment is named by what is installed at the moment, and an editable Gates by its files."""

from __future__ import annotations

import site
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


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("helper.pth", "import sys\n", "import sys; sys.dont_write_bytecode = True\n"),
        ("helper.pth", "/a/folder\n", "/a/folder\nimport\tos\n"),
        ("sitecustomize.py", "", "import os\n"),
        ("usercustomize.py", "A = 1\n", "A = 2\n"),
    ],
)
def test_code_that_runs_at_every_start_of_python_counts(name, before, after, tmp_path, monkeypatch):
    """It is edited in place: no folder changes, and no distribution."""
    (tmp_path / name).write_text(before)
    monkeypatch.setattr(environment, "_site_folders", lambda: [*site.getsitepackages(), str(tmp_path)])
    digest = environment_digest()
    (tmp_path / name).write_text(after)
    assert environment_digest() != digest
    assert any(package.startswith(f"{name}==code.") for package in installed())


def test_a_path_file_that_names_only_folders_says_nothing_of_this_machine(tmp_path, monkeypatch):
    digest = environment_digest()
    monkeypatch.setattr(environment, "_site_folders", lambda: [*site.getsitepackages(), str(tmp_path)])
    (tmp_path / "_editable.pth").write_text(f"{tmp_path}\n# import nothing\n")
    assert environment_digest() == digest


def test_code_that_appears_meanwhile_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "_site_folders", lambda: [*site.getsitepackages(), str(tmp_path)])
    digest = environment_digest()
    (tmp_path / "late.pth").write_text("import os\n")
    assert environment_digest() != digest
