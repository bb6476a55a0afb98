"""Commands that only look open the project read-only: they obey its trust, and need no home that can be written."""

import ctypes
import json
import multiprocessing
import os
import shutil
import struct
from pathlib import Path

import pytest
from promotion.small_home import NAME, SmallHome, make_small_home
from small_project import Project

from gates.cli import main
from gates.errors import ConfigError, NothingKept
from gates.home import Home
from gates.promotion.rollback import roll_back
from gates.session import Session

STRANGER = "0" * 64
_processes = multiprocessing.get_context("fork")


@pytest.fixture(scope="module")
def rolled_back(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project with a home whose champion came back by a rollback."""
    home = make_small_home(tmp_path_factory.mktemp("rolled_back") / "project")
    home.crowned("A")
    home.crowned("B")
    roll_back(home.session, "it errs")
    return home.project.root


@pytest.fixture
def small(rolled_back, tmp_path) -> SmallHome:
    """A copy of that home, for a test to change."""
    return SmallHome(Project(shutil.copytree(rolled_back, tmp_path / "project", symlinks=True)))


def heed_permissions() -> None:
    """Give up root's right to pass over the permissions of files. Another user might not reach this checkout at all."""
    header, empty = (
        struct.pack("II", 0x20080522, 0),
        struct.pack("6I", *[0] * 6),
    )  # version 3, this process; no capability
    if ctypes.CDLL(None, use_errno=True).capset(header, empty):
        raise OSError(ctypes.get_errno(), "capset")


def call(small: SmallHome, *arguments: str) -> int:
    return main([*arguments, "--home", str(small.folder), "--policy", str(small.config)])


def trust(small: SmallHome, role: str) -> None:
    """Trust, for one role, a key only that never signed here."""
    small.gates(f'[tool.gates.trust]\n{role} = ["{STRANGER}"]')


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the ledger's own, which SQLite tidies up when the last reader leaves."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("registry.db"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_show_opens_no_verdict_whose_key_the_policy_does_not_trust(small, capsys):
    entry = small.session.registry.log(NAME)[0]
    assert call(small, "show", str(entry.verdicts[0])) == 0
    trust(small, "gate")
    assert call(small, "show", str(entry.verdicts[0])) == 3
    assert "is signed by the unknown key" in capsys.readouterr().err
    assert call(small, "show", str(entry.decision)) == 0


def test_show_opens_no_decision_whose_key_the_policy_does_not_trust(small, capsys):
    entry = small.session.registry.log(NAME)[-1]
    trust(small, "gatekeeper")
    assert call(small, "show", str(entry.decision)) == 3
    assert "is signed by the unknown key" in capsys.readouterr().err


def test_show_and_status_tell_no_reason_that_nobody_trusted_signed(small, capsys):
    assert call(small, "show", f"{NAME}@1") == call(small, "status") == 0
    assert capsys.readouterr().out.count("it errs") == 2
    trust(small, "gatekeeper")
    assert call(small, "show", f"{NAME}@1") == call(small, "status") == 0
    out = capsys.readouterr().out
    assert "it errs" not in out
    assert out.count("is signed by the unknown key") >= 2


def test_verify_finds_what_the_policy_does_not_trust(small, capsys):
    assert call(small, "verify") == 0
    trust(small, "gate")
    assert call(small, "verify") == 1
    assert "is signed by the unknown key" in capsys.readouterr().out


def test_what_only_looks_writes_nothing(small, tmp_path, monkeypatch):
    def refuse(path: Path) -> Home:
        raise AssertionError(f"{path} was opened for writing")

    before = contents(small.folder)
    monkeypatch.setattr(Home, "at", refuse)
    for arguments in (("status",), ("show", f"{NAME}@1"), ("verify",), ("export", str(tmp_path / "copy"))):
        assert call(small, *arguments) == 0, arguments
    assert contents(small.folder) == before


@pytest.mark.parametrize("beside", [("-wal", "-shm"), ("-wal",), ()], ids=["open", "killed", "closed"])
def test_an_unwritable_home_can_be_looked_at(beside, small, tmp_path):
    """Whether another command has the ledger open, was killed while it had, or ended as it should."""
    session = small.session
    digest = str(session.registry.log(NAME)[-1].decision)
    session.registry.keep_run(session.id, "started", json.dumps({"schema": 2, "id": session.id}).encode())
    names = ("registry.db", *(f"registry.db{end}" for end in beside))
    kept = {name: (small.folder / name).read_bytes() for name in names} if beside else {}
    session.registry.close()
    assert not (small.folder / "registry.db-wal").exists()
    for name, content in kept.items():
        (small.folder / name).write_bytes(content)
    for role in ("gate", "gatekeeper"):  # whoever only looks holds no private key
        (small.folder / "keys" / f"{role}.pem").unlink()
    for path in (small.folder, *small.folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    elsewhere = tmp_path / "copies"
    elsewhere.mkdir()

    def look() -> None:
        if os.geteuid() == 0:  # for root no folder is read-only
            heed_permissions()
        with pytest.raises(PermissionError):
            (small.folder / "written").touch()
        commands = (("status",), ("show", digest), ("verify",), ("export", str(elsewhere / "copy")))
        writing.send([call(small, *arguments) for arguments in commands])

    reading, writing = _processes.Pipe(duplex=False)
    child = _processes.Process(target=look)
    child.start()
    writing.close()
    assert reading.poll(60)
    assert reading.recv() == [0, 0, 0, 0]
    child.join(60)


def test_a_faulty_policy_hides_no_run_and_opens_no_document(small, capsys):
    session = small.session
    session.registry.keep_run(session.id, "started", json.dumps({"schema": 2, "id": session.id}).encode())
    digest = str(session.registry.log(NAME)[0].decision)
    small.gates("no_such_key = 1")
    assert call(small, "show", session.id) == 0
    assert call(small, "show", digest) == 2
    assert "no_such_key" in capsys.readouterr().err


def test_a_home_alone_can_be_looked_at_outside_of_any_project(small, tmp_path):
    session = Session.open_readonly(None, small.folder)
    assert (session.policy, session.work) == (None, None)
    assert session.registry.names() == (NAME,)
    with pytest.raises(ConfigError, match=r"no pyproject.toml with \[tool.gates\] here"):
        session.project()


def test_a_home_without_a_ledger_is_not_made(small, tmp_path):
    session = Session.open_readonly(small.config, tmp_path / "nothing")
    with pytest.raises(NothingKept, match="holds no registry"):
        _ = session.registry
    assert not (tmp_path / "nothing").exists()
