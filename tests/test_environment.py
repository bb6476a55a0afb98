"""The environment is named by what is installed at the moment, and an editable Gates by its files."""

from __future__ import annotations

import os
import re
import shutil
import site
import sys
from pathlib import Path

import pytest

from gates import environment
from gates.environment import environment_digest, installed, look_at_environment


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


def test_one_that_is_not_editable_is_named_without_its_files(package, monkeypatch):
    monkeypatch.setattr(environment, "_is_editable", lambda: False)
    before = own()
    assert "+tree." not in before
    (package / "judge.py").write_text("STRICT = False\n")
    assert own() == before, "its RECORD counts, as that of any other distribution"


def test_this_one_is_looked_at():
    assert isinstance(environment._is_editable(), bool)


def test_a_package_that_is_installed_again_leaves_another_state(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    info = tmp_path / "surprise-1.0.dist-info"
    info.mkdir()
    (info / "RECORD").write_text("surprise.py,sha256=x,1\n")
    before = look_at_environment()
    assert look_at_environment() == before
    shutil.rmtree(info)
    assert look_at_environment().digest != before.digest
    info.mkdir()
    (info / "RECORD").write_text("surprise.py,sha256=x,1\n")
    after = look_at_environment()
    assert after.digest == before.digest
    assert after != before


def test_what_python_compiles_at_the_first_import_is_no_installation(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "_site_folders", lambda: [str(tmp_path)])
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    os.utime(tmp_path, ns=(0, 0))
    before = look_at_environment()
    (tmp_path / "__pycache__").mkdir()
    assert look_at_environment() == before


def test_a_source_that_is_edited_and_put_back_leaves_another_state(package, monkeypatch):
    monkeypatch.setattr(environment, "_is_editable", lambda: True)
    before, file = look_at_environment(), package / "judge.py"
    original = file.read_text()
    file.write_text("STRICT = False\n")
    assert look_at_environment().digest != before.digest
    file.write_text(original)
    os.utime(file, ns=(0, 0))
    after = look_at_environment()
    assert after.digest == before.digest
    assert after != before


@pytest.mark.parametrize("settled", [True, False])
def test_a_file_that_is_added_is_seen_however_shortly_after_the_last_look(settled, package, monkeypatch):
    monkeypatch.setattr(environment, "_is_editable", lambda: True)
    status = package.stat()
    if settled:
        os.utime(package, ns=(0, 0))
    before = own()
    (package / "other.py").write_text("")
    if not settled:  # within one step of the clock of the file system
        os.utime(package, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert own() != before


def test_a_record_is_named_without_what_the_installer_adds():
    plain = b"b.py,sha256=x,1\na-1.dist-info/METADATA,sha256=y,2\na-1.dist-info/RECORD,,\n"
    other = b"../../bin/tool,sha256=z,9\n__pycache__/b.cpython-311.pyc,,\na-1.dist-info/INSTALLER,sha256=u,3\n" + plain
    lines = environment._lines_of_files(other, "a-1.dist-info")
    assert lines == environment._lines_of_files(plain, "a-1.dist-info")
    assert lines == [b"a-1.dist-info/METADATA,sha256=y,2", b"b.py,sha256=x,1"]
    assert environment._lines_of_files(plain.replace(b"=x", b"=w"), "a-1.dist-info") != lines


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


RECORD = """surprise/__init__.py,sha256=AAAA,10
surprise/core.so,sha256=BBBB,20
surprise-1.0.dist-info/METADATA,sha256=CCCC,30
surprise-1.0.dist-info/RECORD,,
"""


@pytest.fixture
def surprise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the metadata of a distribution that is installed beside the real ones."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    info = tmp_path / "surprise-1.0.dist-info"
    info.mkdir()
    (info / "RECORD").write_text(RECORD)
    return info


def line() -> str:
    (named,) = (package for package in installed() if package.startswith("surprise=="))
    return named


def test_a_distribution_is_named_by_its_record(surprise):
    assert re.fullmatch(r"surprise==1\.0\+record\.[0-9a-f]{32}", line())


def test_a_record_that_is_edited_in_place_is_another_environment(surprise):
    before, digest = line(), environment_digest()
    (surprise / "RECORD").write_text(RECORD.replace("BBBB", "BBBC"))
    assert line() != before
    assert environment_digest() != digest


def test_a_record_that_is_edited_and_given_its_old_time_back_is_another_environment(surprise):
    """The time at which a file's state changed cannot be set, so that nothing remembered is taken for what is there."""
    before, times = line(), (surprise / "RECORD").stat()
    (surprise / "RECORD").write_text(RECORD.replace("BBBB", "BBBC"))
    os.utime(surprise / "RECORD", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert line() != before


def test_the_same_version_installed_again_with_other_content_is_another_environment(surprise):
    before, digest = line(), environment_digest()
    shutil.rmtree(surprise)
    surprise.mkdir()
    (surprise / "RECORD").write_text(RECORD.replace("AAAA,10", "DDDD,11"))
    assert line() != before
    assert environment_digest() != digest


def test_a_record_that_is_gone_or_cannot_be_read_is_another_environment(surprise):
    before = line()
    (surprise / "RECORD").unlink()
    assert line() == "surprise==1.0" != before
    (surprise / "RECORD").mkdir()
    assert line() == "surprise==1.0+record.unreadable"


@pytest.mark.parametrize(
    "more",
    [
        "../../../bin/surprise,sha256=EEEE,200\n",
        "surprise/__pycache__/__init__.cpython-311.pyc,,\n",
        "surprise-1.0.dist-info/INSTALLER,sha256=FFFF,4\n",
        "surprise-1.0.dist-info/REQUESTED,sha256=FFFF,0\n",
        "surprise-1.0.dist-info/uv_cache.json,sha256=FFFF,40\n",
        "surprise-1.0.dist-info/direct_url.json,sha256=FFFF,60\n",
    ],
    ids=["script", "compiled", "installer", "requested", "uv", "origin"],
)
def test_what_differs_with_machine_and_installer_makes_no_other_environment(surprise, more):
    before = line()
    (surprise / "RECORD").write_text(more + "".join(reversed(RECORD.splitlines(keepends=True))))
    assert line() == before


def test_a_distribution_that_is_editable_is_named_by_its_version(surprise):
    (surprise / "direct_url.json").write_text('{"url": "file:///srv/surprise", "dir_info": {"editable": true}}')
    (surprise / "RECORD").write_text(RECORD + "surprise-1.0.dist-info/direct_url.json,sha256=FFFF,60\n")
    assert line() == "surprise==1.0"
    (surprise / "direct_url.json").write_text("[]")
    (surprise / "RECORD").write_text(RECORD + "surprise-1.0.dist-info/direct_url.json,sha256=FFFG,60\n")
    assert line().startswith("surprise==1.0+record."), "what it says of its origin cannot be read"


def test_nearly_every_real_distribution_here_is_named_by_its_record():
    named = [package for package in installed() if "==code." not in package and not package.startswith("python==")]
    assert sum("+record." in package for package in named) >= len(named) - 3
    assert len(named) > 50


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
