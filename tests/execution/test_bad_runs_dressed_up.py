"""Runs that went wrong and want to look well. Most end with exit code 0."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from bent_runs import (
    Row,
    checks,
    conftest,
    policy,
    refused,
)

BAD_RUNS: dict[str, Row] = {
    # what went wrong and wants to look well
    "pytest.exit(0)": (
        checks(second="def test_answers():\n    pytest.exit('enough', returncode=0)\n"),
        "pytest stopped early (interrupt): ",
    ),
    "KeyboardInterrupt": (
        checks(second="def test_answers():\n    raise KeyboardInterrupt\n"),
        "pytest stopped early (interrupt): KeyboardInterrupt()",
    ),
    "os._exit(0)": (
        checks(second="import os\n\n\ndef test_answers():\n    os._exit(0)\n"),
        "the model gate's run did not finish (exit code 0)",
    ),
    "a segmentation fault": (
        checks(second="import ctypes\n\n\ndef test_answers():\n    ctypes.string_at(0)\n"),
        f"the model gate's run did not finish (exit code -{int(signal.SIGSEGV)})",
    ),
    "a hang after the end": (
        conftest("import atexit, time\n\natexit.register(time.sleep, 60)\n") | policy('"20s"', '"1s"'),
        "the model gate was still running after 1 s and was stopped",
    ),
    "another exit code at the end": (
        conftest("import atexit, os\n\natexit.register(os._exit, 5)\n"),
        "the model gate's run did not finish (exit code 5)",
    ),
    "an internal error": (
        conftest("def pytest_runtest_logreport(report):\n    raise RuntimeError('hook')\n"),
        "pytest stopped early (internalerror)",
    ),
    "conftest forces passed on a measurement": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", 0.1, n=9)\n')
        | conftest(
            """
            @pytest.hookimpl(wrapper=True, tryfirst=True)
            def pytest_runtest_makereport(item, call):
                report = yield
                report.outcome = "passed"
                report.user_properties = [p for p in report.user_properties if p[0] == "gates.evidence"]
                return report
            """
        ),
        "accuracy = 0.1 (required >= 0.8, n = 9)",
    ),
    "conftest forces passed on an assertion": (
        checks(second="def test_answers():\n    assert False\n")
        | conftest(
            """
            @pytest.hookimpl(wrapper=True, tryfirst=True)
            def pytest_runtest_makereport(item, call):
                report = yield
                report.outcome = "passed"
                return report
            """
        ),
        "reported as passed although it raised AssertionError; something in the suite edits reports",
    ),
    "a conftest that runs a check again until it is green": (
        checks(second="TRIES = []\n\n\ndef test_answers():\n    TRIES.append(1)\n    assert len(TRIES) == 3\n")
        | conftest(
            """
            from _pytest.runner import runtestprotocol


            def pytest_runtest_protocol(item, nextitem):
                for _ in range(9):
                    reports = runtestprotocol(item, nextitem=nextitem, log=False)
                    if all(report.passed for report in reports):
                        break
                for report in reports:
                    item.ihook.pytest_runtest_logreport(report=report)
                return True
            """
        ),
        "model_checks/test_floors.py::test_answers: its call took 3 attempts; a check has one",
    ),
    "conftest unregisters the recorder": (
        conftest(
            """
            def pytest_collection_finish(session):
                manager = session.config.pluginmanager
                for plugin in list(manager.get_plugins()):
                    if type(plugin).__name__ == "Recorder":
                        manager.unregister(plugin)
            """
        ),
        "the model gate's run did not finish (exit code 0)",
    ),
}


# What only a process of its own can show. A stopped gate's child is looked at below.
OF_A_CHILD = {
    "os._exit(0)",
    "a segmentation fault",
    "a hang after the end",
    "another exit code at the end",
    "conftest forces passed on an assertion",  # that a child's conftest.py meets the same plugin as one in this process
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD_RUNS)
def test_a_bad_run_is_refused_with_its_sentence(name, tmp_path):
    files, sentence = BAD_RUNS[name]
    refused(files, sentence, tmp_path, child=name in OF_A_CHILD)


@pytest.mark.slow
def test_a_hang_is_stopped_and_leaves_no_process_behind(tmp_path):
    hang = f"""
        import os, subprocess
        from pathlib import Path


        def test_answers():
            child = subprocess.Popen(["sleep", "60"])
            Path({str(tmp_path / "pids")!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
            child.wait()
        """
    files = checks(second=hang) | policy('"20s"', '"4s"')
    refused(files, "the model gate was still running after 4 s and was stopped", tmp_path, child=True)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    time.sleep(0.2)
    assert len(pids) == 2
    assert [pid for pid in pids if _is_alive(pid)] == []


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
