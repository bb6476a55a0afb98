"""Killed half-way, stopped by hand, or two at once: nothing is lost, the champion stays, and nothing is left running."""

import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest
from command_line import ROOT, call, champion_of, heed_interrupts

LOGISTIC = ("--param", "estimator=logistic_regression")


def start(papers, home, *options):
    command = [sys.executable, "-m", "gates", "run", "--data", str(papers), "--home", str(home), *LOGISTIC, *options]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )


def wait_for(process, words):
    """Read the command's lines until one begins with ``words``."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(words):
            return
    raise AssertionError(f"the command ended before it said {words!r}")


def left_running(home):
    """Processes that know this home: their command line, folder or environment names it."""
    found = []
    for process in psutil.process_iter():
        try:
            known = [*process.cmdline(), process.cwd(), *process.environ().values()]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(home) in text for text in known):
            found.append(" ".join(process.cmdline()))
    return found


def nothing_is_left(home, patience=10.0):
    deadline = time.monotonic() + patience
    while (left := left_running(home)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left == [] or left


STAGES = [
    "data gate ...",
    "train ...",
    "model gate and drift gate ...",
    "staging endpoint ...",
    "endpoint gate ...",
    "promotion ...",
]


@pytest.mark.parametrize("stage", STAGES)
def test_kill_9_at_any_stage_leaves_a_sound_registry_and_no_server(stage, papers, home):
    draw = random.Random(stage)
    process = start(papers, home)
    wait_for(process, stage)
    time.sleep(draw.uniform(0.0, 0.02 if stage == "promotion ..." else 2.0))
    process.kill()
    process.wait()

    assert call("verify", home=home).code == 0
    assert nothing_is_left(home) is True
    assert champion_of(home) in (1, 2)
    assert "interrupted" in call("status", home=home).out or champion_of(home) == 2


def test_ctrl_c_ends_with_a_sentence_and_stops_what_it_started(papers, home):
    process = start(papers, home)
    wait_for(process, "endpoint gate ...")
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert nothing_is_left(home) is True
    assert champion_of(home) == 1
    assert call("verify", home=home).code == 0


def test_a_second_command_on_the_same_home_is_refused_by_name(papers, home):
    process = start(papers, home)
    try:
        wait_for(process, "data gate ...")
        told = call("check", "data", "--data", str(papers), home=home)
        assert told.code == 3
        assert f"process {process.pid}" in told.err
        assert "--wait" in told.err
        assert call("status", home=home).code == 0
    finally:
        process.kill()
        process.communicate()


def test_a_second_command_may_wait(papers, home):
    process = start(papers, home)
    wait_for(process, "data gate ...")
    told = call("check", "data", "--data", str(papers), "--wait", "120", home=home)
    process.communicate(timeout=120)
    assert (process.returncode, told.code) == (0, 0)
