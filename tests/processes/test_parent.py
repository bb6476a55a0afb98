"""A process ends with its parent, at once where that is gone already, and can care for orphans: real processes, no waiting."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from command_line import ROOT

from gates.processes import parent

HEAD = (
    f"import os, signal, subprocess, sys, time\nsys.path.insert(0, {str(ROOT)!r})\nfrom gates.processes import parent\n"
)
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel of Linux does this")


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", HEAD + code], capture_output=True, text=True, timeout=60, check=False)


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_ends_with_its_parent_however_that_ends(number):
    """The child holds the writing end of a pipe: its end is the end of the pipe."""
    child = f"{HEAD}parent.end_with(os.getppid(), signal.Signals({int(number)}))\nprint('bound', flush=True)\ntime.sleep(600)"
    owner = f"{HEAD}subprocess.Popen([sys.executable, '-c', {child!r}])\ntime.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", owner], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "bound\n"
        process.kill()
        assert process.stdout.read() == "", "nobody holds the pipe any more"


@linux
def test_a_process_whose_parent_is_gone_already_ends_at_once():
    ended = run("parent.end_with(os.getppid() + 1)\nprint('went on')")
    assert (ended.returncode, ended.stdout) == (3, "")


@linux
def test_an_orphan_becomes_a_child_of_who_adopts_it():
    code = (
        "parent.adopt_orphans()\nreading, writing = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    between = os.getpid()\n"
        "    if os.fork() == 0:\n"
        "        while os.getppid() == between:\n            time.sleep(0.001)\n"
        "        os.write(writing, str(os.getppid()).encode())\n"
        "    os._exit(0)\n"
        "os.wait()\nprint(int(os.read(reading, 20)) == os.getpid())"
    )
    assert run(code).stdout == "True\n"


def test_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "_exit", lambda code: pytest.fail("it ended"))
    parent.end_with(os.getppid() + 1)
    parent.adopt_orphans()
