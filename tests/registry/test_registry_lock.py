"""One command at a time: a second one is told who holds the home, and a killed one holds it no longer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gates.errors import BackendError
from gates.registry.lock import hold

HOLDER = """
import sys, time
from pathlib import Path
from gates.registry.lock import hold
with hold(Path(sys.argv[1]), purpose="gates run"):
    print("held", flush=True)
    if sys.argv[2] == "child":
        import subprocess
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False, stdout=subprocess.DEVNULL)
        print(child.pid, flush=True)
    time.sleep(float(sys.argv[3]))
"""


@pytest.fixture
def holder(home):
    started: list[subprocess.Popen[str]] = []

    def start(how: str = "alone", seconds: float = 60) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLDER, str(home), how, str(seconds)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout.readline() == "held\n"
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_held_home_is_refused_with_pid_purpose_and_time(home, holder):
    process = holder()
    with pytest.raises(BackendError) as refusal, hold(home, purpose="gates promote"):
        pass
    assert f"this home is in use by gates run (process {process.pid}, since 20" in refusal.value.message
    assert "--wait" in refusal.value.remedy


def test_the_lock_is_free_again_after_its_block(home):
    for purpose in ("first", "second"):
        with hold(home, purpose=purpose):
            assert purpose in (home / "lock").read_text(encoding="utf-8")
    assert (home / "lock").read_bytes() == b""


def test_the_lock_is_free_again_after_an_error(home):
    with pytest.raises(KeyError), hold(home, purpose="first"):
        raise KeyError
    with hold(home, purpose="second"):
        pass


def test_a_command_does_not_hold_a_home_twice(home):
    with (
        hold(home, purpose="outer"),
        pytest.raises(BackendError, match=f"outer \\(process {os.getpid()},"),
        hold(home, purpose="inner"),
    ):
        pass


def test_kill_9_frees_the_lock(home, holder):
    process = holder()
    process.send_signal(signal.SIGKILL)
    process.wait()
    with hold(home, purpose="next"):
        pass


def test_a_child_of_a_killed_command_does_not_keep_the_lock(home, holder):
    process = holder("child")
    child = int(process.stdout.readline())
    try:
        process.kill()
        process.wait()
        os.kill(child, 0)
        with hold(home, purpose="next"):
            pass
    finally:
        os.kill(child, signal.SIGKILL)


def test_waiting_takes_the_lock_when_it_comes_free(home, holder):
    holder(seconds=0.5)
    with hold(home, purpose="patient", wait=30):
        assert "patient" in (home / "lock").read_text(encoding="utf-8")


def test_waiting_ends(home, holder):
    holder()
    started = time.monotonic()
    with pytest.raises(BackendError, match="in use"), hold(home, purpose="patient", wait=0.3):
        pass
    assert 0.3 <= time.monotonic() - started < 10


def test_a_wait_that_is_no_number_does_not_wait_for_ever(home, holder):
    holder()
    with pytest.raises(BackendError, match="in use"), hold(home, purpose="x", wait=float("nan")):
        pass


def test_a_lock_file_that_was_deleted_meanwhile_guards_nothing(home, holder):
    holder(seconds=1.5)

    def delete_and_wait():
        (home / "lock").unlink()
        with hold(home, purpose="next"):
            return (home / "lock").read_text(encoding="utf-8")

    assert "next" in delete_and_wait()


def test_a_reader_of_a_lock_that_says_nothing_is_told_so(home):
    with hold(home, purpose="mute"):
        (home / "lock").write_text("[]", encoding="utf-8")
        with pytest.raises(BackendError, match="in use by another command"), hold(home, purpose="next"):
            pass


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("elsewhere")])
def test_a_lock_that_is_no_file_is_refused(home, make):
    home.mkdir()
    make(home / "lock")
    with pytest.raises(BackendError, match="cannot be opened for writing"), hold(home, purpose="x"):
        pass


def test_a_home_that_is_a_file_is_refused(home):
    home.touch()
    with pytest.raises(BackendError, match="cannot be opened for writing"), hold(home, purpose="x"):
        pass
