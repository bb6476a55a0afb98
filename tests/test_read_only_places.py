"""Where something cannot be written, a command ends with one sentence and exit code 2 or 3, never with a traceback."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from promotion.small_home import SmallHome, make_small_home
from test_read_only_session import heed_permissions

from gates.cli import main
from gates.errors import BackendError
from gates.home import Home, temporary_folder

_processes = multiprocessing.get_context("fork")
FAULT = "this is a fault in gates"


@pytest.fixture
def small(tmp_path, monkeypatch) -> SmallHome:
    monkeypatch.setenv("GATES_NO_FORK", "1")  # no child here needs the libraries that are imported ahead
    home = make_small_home(tmp_path / "project")
    home.crowned("A")
    return home


def end(small: SmallHome, *arguments: str) -> tuple[int, str]:
    """Run a command in a process without root's right to write everywhere; return its exit code and what it said of errors."""

    def run() -> None:
        if os.geteuid() == 0:  # for root no folder is read-only
            heed_permissions()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as errors:
            code = main([*arguments, "--home", str(small.folder), "--policy", str(small.config)])
        writing.send((code, errors.getvalue()))

    reading, writing = _processes.Pipe(duplex=False)
    child = _processes.Process(target=run)
    child.start()
    writing.close()
    ended: tuple[int, str] = reading.recv() if reading.poll(100) else (-1, "it did not end in time")
    child.join(60)
    return ended


def close(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o555)


@pytest.mark.parametrize(
    ("place", "command", "said"),
    [
        ("", ("promote", "papers@1"), "cannot be written: Permission denied"),
        ("runs", ("check", "data"), "cannot be made: Permission denied"),
        ("scratch", ("check", "data", "--data", "rows.csv"), "scratch cannot be made: File exists"),
        ("blobs", ("check", "data"), "cannot take a blob: Permission denied"),
        ("keys", ("keys",), "gate.pem cannot be written: Permission denied; nothing was signed"),
    ],
    ids=["home", "runs", "scratch", "blobs", "keys"],
)
def test_a_part_of_the_home_that_cannot_be_written_is_one_sentence(small, place, command, said):
    folder = small.folder / place
    if place in ("keys", "scratch"):
        shutil.rmtree(folder, ignore_errors=True)
    if place == "scratch":
        folder.write_text("in the place of a folder")
    else:
        close(folder)
    try:
        code, text = end(small, *command)
    finally:
        folder.chmod(0o755)
    assert code in (2, 3), text
    assert said in text
    assert FAULT not in text


def write_lock(small: SmallHome) -> tuple[str, ...]:
    close(small.project.root)
    return ("lock",)


def write_report(small: SmallHome) -> tuple[str, ...]:
    close(small.project.root / "reports")
    return ("promote", "papers@1", "--json", str(small.project.root / "reports" / "x.json"))


def write_copy(small: SmallHome) -> tuple[str, ...]:
    close(small.project.root / "copies")
    return ("export", str(small.project.root / "copies" / "copy"))


@pytest.mark.parametrize("prepare", [write_lock, write_report, write_copy])
def test_a_result_that_cannot_be_written_is_one_sentence(small, prepare: Callable[[SmallHome], tuple[str, ...]]):
    try:
        code, text = end(small, *prepare(small))
    finally:
        small.project.root.chmod(0o755)
    assert code in (2, 3), text
    assert "cannot be written: Permission denied" in text
    assert FAULT not in text


def test_no_home_of_the_user_is_needed(small, monkeypatch):
    monkeypatch.delenv("HOME")
    assert end(small, "status") == (0, "")


@pytest.fixture
def nowhere(monkeypatch):
    """A system without any folder for temporary files but what TMPDIR names."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", "/no/such/folder")
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [os.environ["TMPDIR"]])


def test_the_home_lends_a_folder_for_temporary_files_where_the_system_has_none(tmp_path, nowhere):
    home = Home.at(tmp_path / "home")
    home.lend_temporary_folder()
    assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(home.scratch)
    with tempfile.NamedTemporaryFile() as file:
        assert Path(file.name).parent == home.scratch


def test_a_folder_of_the_system_is_used_where_there_is_one(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    Home.at(tmp_path / "home").lend_temporary_folder()
    assert os.environ["TMPDIR"] == tempfile.gettempdir() == str(tmp_path)


def test_a_selftest_without_a_folder_for_temporary_files_is_one_sentence(small, nowhere):
    with pytest.raises(BackendError, match="no folder for temporary files can be written"), temporary_folder("x-"):
        pass
    code, text = end(small, "selftest", "--only", "policy")
    assert code == 3
    assert "no folder for temporary files can be written" in text
    assert "name one in the variable TMPDIR" in text
