"""A server left behind is found by its record and stopped; nothing else ever is."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from gates.work.backends.local import servers
from gates.work.backends.local.endpoint import LocalEndpoint
from gates.work.backends.local.servers import Server
from gates.work.processes import began, end_of, stop_group

GONE = 2**22 - 3


@pytest.fixture
def sleeper():
    """A process in a group of its own, as a server is."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    yield process
    stop_group(process, patience=1.0)


def record(home, process, *, owner=GONE, owner_began="1", process_began=None, name="challenger"):
    folder = servers.folder_of(home) / f"{name}-x"
    folder.mkdir(parents=True)
    when = began(process.pid) if process_began is None else process_began
    servers.record(home, name, Server(process.pid, when, owner, owner_began, "http://127.0.0.1:1", str(folder)))
    return folder


def test_a_server_whose_command_is_gone_is_stopped(tmp_path, sleeper):
    folder = record(tmp_path, sleeper)
    assert servers.sweep(tmp_path) == (
        f"stopped server challenger (process {sleeper.pid}), which a command left behind",
    )
    assert not began(sleeper.pid)
    assert not folder.exists()
    assert servers.recorded(tmp_path, "challenger") is None


def test_a_server_whose_command_lives_is_left_alone(tmp_path, sleeper):
    owner, owner_began = servers.this_process()
    folder = record(tmp_path, sleeper, owner=owner, owner_began=owner_began)
    assert servers.sweep(tmp_path) == ()
    assert began(sleeper.pid)
    assert folder.exists()


def test_a_number_that_belongs_to_another_process_by_now_is_never_stopped(tmp_path, sleeper):
    record(tmp_path, sleeper, process_began="12345")
    assert servers.sweep(tmp_path) == ()
    assert began(sleeper.pid)
    assert servers.recorded(tmp_path, "challenger") is None


def test_an_owner_whose_number_was_used_again_is_gone(tmp_path, sleeper):
    record(tmp_path, sleeper, owner=os.getpid(), owner_began="12345")
    assert len(servers.sweep(tmp_path)) == 1


def test_a_record_cannot_have_another_folder_removed(tmp_path, sleeper):
    precious = tmp_path / "precious"
    precious.mkdir()
    servers.folder_of(tmp_path).mkdir()
    servers.record(tmp_path, "challenger", Server(sleeper.pid, "1", GONE, "1", "", str(precious)))
    servers.sweep(tmp_path)
    assert precious.exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 1, "pid": 1}', '{"schema": 2}'])
def test_an_unreadable_record_is_removed_and_told(tmp_path, content):
    servers.folder_of(tmp_path).mkdir()
    (servers.folder_of(tmp_path) / "challenger.json").write_text(content)
    assert servers.sweep(tmp_path) == ("removed an unreadable record of server challenger",)
    assert servers.sweep(tmp_path) == ()


def test_a_name_that_another_living_command_serves_is_not_taken(tmp_path, sleeper):
    record(tmp_path, sleeper, owner=sleeper.pid, owner_began=began(sleeper.pid), name="champion")
    endpoint = LocalEndpoint(tmp_path, "challenger")
    endpoint.become("champion")
    assert servers.recorded(tmp_path, "champion").pid == sleeper.pid
    assert began(sleeper.pid)


def test_a_server_that_begins_in_the_place_of_one_that_is_swept_keeps_its_record(tmp_path, sleeper, monkeypatch):
    """`gates serve` holds no lock of the home: it may write its record while another command removes the one before."""
    folder = record(tmp_path, sleeper)
    owner, owner_began = servers.this_process()
    new = Server(
        os.getpid(), owner_began, owner, owner_began, "http://127.0.0.1:2", str(folder.with_name("challenger-y"))
    )
    beginning = threading.Thread(target=servers.record, args=(tmp_path, "challenger", new))
    end = servers.end

    def end_while_another_begins(server):
        beginning.start()
        beginning.join(0.3)  # without a lock it is written now, and then removed as the record of the old one
        end(server)

    monkeypatch.setattr(servers, "end", end_while_another_begins)
    assert len(servers.sweep(tmp_path)) == 1
    beginning.join()
    assert servers.recorded(tmp_path, "challenger") == new


def test_a_server_of_a_home_that_was_deleted_is_forgotten_without_an_error(tmp_path):
    servers.forget(tmp_path / "deleted", "challenger", os.getpid())
    assert not (tmp_path / "deleted").exists()


def test_an_empty_home_needs_no_sweeping(tmp_path):
    assert servers.sweep(tmp_path) == ()


def test_only_the_newest_logs_are_kept(tmp_path):
    folder = servers.folder_of(tmp_path)
    folder.mkdir()
    for number in range(15):
        (folder / f"challenger-{number:02d}.log").write_text("")
        os.utime(folder / f"challenger-{number:02d}.log", (number, number))
    servers.sweep(tmp_path)
    assert sorted(path.name for path in folder.glob("*.log")) == [
        f"challenger-{number:02d}.log" for number in range(5, 15)
    ]


def test_the_end_of_a_log_is_short(tmp_path):
    (tmp_path / "log").write_text("\n".join(f"line {number}" for number in range(5000)))
    assert end_of(tmp_path / "log", 2) == "line 4998\nline 4999"
    assert end_of(tmp_path / "absent") == "(no log)"
    (tmp_path / "log").write_text("\n")
    assert end_of(tmp_path / "log") == "(the log is empty)"
