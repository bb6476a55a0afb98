"""A run whose process is gone is interrupted, and no other process is taken for it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from registry.ledger_acts import NOON
from registry.ledger_files import execute

from gates.registry import Registry, processes

_processes = multiprocessing.get_context("fork")


def test_a_run_whose_process_was_killed_is_interrupted(made):
    def start_and_die() -> None:
        Registry(made).keep_run("killed", "started", b"{}")
        os.kill(os.getpid(), signal.SIGKILL)

    child = _processes.Process(target=start_and_die)
    child.start()
    child.join(60)
    assert Registry(made).run("killed").state == "interrupted"


def test_a_run_whose_process_is_dead_and_not_yet_buried_is_interrupted(made):
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    while Path(f"/proc/{child.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    execute(made, f"INSERT INTO run VALUES ('r', 'started', {child.pid}, 'born', '{NOON.isoformat()}', x'7b7d')")
    assert Registry(made).run("r").state == "interrupted"
    child.wait()


def test_another_process_with_the_same_number_is_not_taken_for_the_run(made):
    registry = Registry(made)
    registry.keep_run("mine", "started", b"{}")
    assert registry.run("mine").state == "started"
    execute(made, "UPDATE run SET born = 'an earlier boot/17'")
    assert registry.run("mine").state == "interrupted"


def test_without_proc_a_process_is_asked_whether_it_lives(monkeypatch, tmp_path):
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    assert processes.birth(os.getpid()) == "alive"
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    assert processes.birth(child.pid) == ""
