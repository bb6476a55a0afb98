"""The wait of threads for a core is read from the kernel, and a miss that it explains is not held against the service."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from gates.measures.endpoint.client import Endpoint
from gates.measures.endpoint.latency import measure_latency
from gates.measures.endpoint.load import LoadSize, measure_load
from gates.measures.endpoint.run_queue import RunQueue, Times, find_listeners, wait_between

PORT, INODE, URL = 5001, 77, "http://127.0.0.1:5001"
LISTENING = f"   0: 0100007F:{PORT:04X} 00000000:0000 0A 0:0 0:0 0 1000 0 {INODE} 1\n"
CONNECTED = f"   1: 0100007F:{PORT:04X} 0100007F:C350 01 0:0 0:0 0 1000 0 78 1\n"
TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class Machine:
    """An invented /proc: process 10 calls, 20 listens, 30 is connected to the same port and serves nothing."""

    def __init__(self, proc: Path) -> None:
        self.proc = proc
        (proc / "net").mkdir(parents=True)
        (proc / "net/tcp").write_text(f"  sl  local_address\n{LISTENING}{CONNECTED}", encoding="ascii")
        self.busy(0)
        for process, inode in ((10, 0), (20, INODE), (30, 78)):
            self.thread(process, process)
            (proc / f"{process}/fd").mkdir()
            (proc / f"{process}/fd/3").symlink_to(f"socket:[{inode}]")

    def thread(self, process: int, thread: int, text: str = "0 0 0") -> None:
        folder = self.proc / f"{process}/task/{thread}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "schedstat").write_text(f"{text}\n", encoding="ascii")

    def busy(self, ticks: int) -> None:
        numbers = [ticks, 0, 0, 5000, 500, 0, 0, 0, 0, 0]
        (self.proc / "stat").write_text(f"cpu  {' '.join(map(str, numbers))}\ncpu0 1 2\n", encoding="ascii")

    @property
    def queue(self) -> RunQueue:
        return RunQueue.of(URL, proc=self.proc, own=10)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "proc")


def test_the_processes_that_listen_are_those_that_hold_the_socket(machine):
    assert find_listeners(URL, machine.proc) == (20,)
    assert machine.queue == RunQueue((10, 20), True, True, machine.proc)


@pytest.mark.parametrize(
    "url", ["http://example.org:5001", "http://127.0.0.1:5002", "https://localhost", "http://[::1]:9"]
)
def test_a_service_elsewhere_leaves_the_callers_alone(url, machine):
    queue = RunQueue.of(url, proc=machine.proc, own=10)
    assert (queue.processes, queue.served_here) == ((10,), False)
    assert queue.sentence == "the callers waited for a core"


def test_each_thread_is_read_and_one_that_is_unreadable_is_left_out(machine):
    machine.thread(20, 21, "7 300 2")
    machine.thread(20, 22, "")
    machine.thread(20, 23, "x y z")
    machine.thread(30, 31, "9 999 9")
    assert machine.queue.read() == {(10, 10): Times(0, 0), (20, 20): Times(0, 0), (20, 21): Times(7, 300)}


def test_threads_that_began_count_and_threads_that_ended_do_not():
    before = {(1, 1): Times(5, 100), (1, 2): Times(5, 900)}
    assert wait_between(before, {(1, 1): Times(5, 150), (1, 3): Times(5, 30)}) == 80


def test_of_the_wait_no_more_counts_than_others_ran(machine):
    end = machine.queue.share_of_others()
    machine.thread(20, 20, f"{3 * TICK} {4 * TICK} 1")
    machine.busy(5)
    assert end() == 0.5  # five ticks of the machine, three of them the service's own, against four of waiting


def test_a_service_whose_threads_keep_each_other_from_a_core_has_no_excuse(machine):
    end = machine.queue.share_of_others()
    machine.thread(20, 20, f"{8 * TICK} {9 * TICK} 1")
    machine.busy(8)
    assert end() == 0.0


def test_no_wait_has_no_share(machine):
    end = machine.queue.share_of_others()
    machine.busy(50)
    assert end() == 0.0


def test_a_machine_that_does_not_say_how_busy_it_is_excuses_nothing(machine):
    end = machine.queue.share_of_others()
    machine.thread(20, 20, f"0 {4 * TICK} 1")
    (machine.proc / "stat").unlink()
    assert end() == 0.0


def test_without_proc_every_wait_is_zero_and_that_is_in_the_sentence(tmp_path):
    queue = RunQueue.of(URL, proc=tmp_path / "none", own=10)
    assert (queue.read(), queue.busy(), queue.known, queue.served_here) == ({}, 0, False, False)
    assert queue.share_of_others()() == 0.0
    assert queue.sentence == "this system does not say how long a process waits for a core"


def test_a_miss_that_the_wait_explains_is_undecided():
    latency = measure_latency(50, [80.0] * 70, [45.0] * 70, "service and callers waited for a core")
    assert latency.upper == 80.0  # it is never made to pass
    assert latency.undecided_n(50.0) == 70
    assert latency.counted(50.0) == 1
    assert latency.describe(50.0).startswith(
        "the machine was busy: 70 of 70 requests took more than 50 ms only with the wait for a core, so run again"
    )


@pytest.mark.parametrize("wait", [0.0, 45.0])
def test_a_service_that_is_slow_without_any_wait_is_refused_on_a_busy_machine_too(wait):
    latency = measure_latency(50, [300.0] * 70, [wait] * 70, "x")
    assert (latency.undecided_n(50.0), latency.counted(50.0)) == (None, 70)
    assert "busy" not in latency.describe(50.0)


def test_a_few_requests_that_waited_do_not_excuse_the_others():
    latency = measure_latency(50, [80.0] * 70, [45.0] * 10 + [0.0] * 60, "x")
    assert latency.undecided_n(50.0) is None


def test_without_a_bound_nothing_is_busy():
    latency = measure_latency(50, [80.0] * 70, [80.0] * 70, "x")
    assert (latency.undecided_n(None), latency.counted(None), latency.is_busy(None)) == (None, 70, False)


def test_a_miss_for_want_of_requests_is_laid_to_the_wait_where_it_lifted_some():
    latency = measure_latency(50, [10.0] * 55 + [30.0] * 45, [0.0] * 95 + [20.0] * 5, "x")
    assert latency.undecided_n(20.0) == latency.measured.undecided_n(20.0)
    assert latency.counted(20.0) == 95
    assert latency.describe(20.0).startswith("the machine was busy: 5 of 100 requests")


def test_what_passes_is_never_called_busy():
    latency = measure_latency(50, [10.0] * 95 + [30.0] * 5, [9.0] * 95 + [20.0] * 5, "x")
    assert not latency.is_busy(20.0)
    assert latency.counted(20.0) == 100


def test_a_bound_between_the_limits_needs_more_requests_as_before():
    latency = measure_latency(50, [10.0] * 55 + [30.0] * 45, [0.0] * 100, "x")
    assert latency.undecided_n(20.0) == latency.measured.undecided_n(20.0)


@pytest.mark.parametrize(
    ("wait", "sentence"),
    [
        (15.0, "*(required <= 20, n = 1): the machine was busy: 70 of 70 *; too few rows to tell, it needs n >= 70*"),
        (
            0.01,
            "*p50 scoring time = 21.5 ms (required <= 20, n = 70): observed 21.50 ms;*waited for a core * ms a request*",
        ),
    ],
    ids=["a busy machine", "an idle machine"],
)
def test_slow_scoring_is_inconclusive_only_where_the_wait_explains_it(
    wait, sentence, service, toys, run_checks, wait_for_a_core
):
    def slow(asked):
        answer = toys.sound(asked)
        return toys.Reply(answer.status, answer.body, {**answer.headers, "x-ms-run-fn-exec-ms": "21.500"})

    service.respond = slow
    wait_for_a_core(wait)
    result = run_checks(service.url, "latency")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines([sentence])


SERVER = """
import json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        end = time.thread_time() + float(sys.argv[1])
        while time.thread_time() < end:
            pass
        time.sleep(float(sys.argv[2]))
        body = json.dumps({"result": ["high"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *about):
        pass

os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.nice(int(sys.argv[3]))
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
BURN = "import os\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nwhile True: pass"


@pytest.fixture
def crowded() -> Iterator[None]:
    """One core on which three more processes always want to run."""
    burners = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(3)]
    yield
    for burner in burners:
        burner.kill()
        burner.wait()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="this system keeps no wait of a thread")
@pytest.mark.parametrize(
    ("computes", "sleeps", "nice", "busy"),
    [(0.006, 0.0, 10, True), (0.0, 0.4, 0, False)],
    ids=["a starved service", "a sleeping service"],
)
def test_on_a_crowded_core_a_starved_service_is_told_from_a_sleeping_one(computes, sleeps, nice, busy, crowded):
    command = [sys.executable, "-c", SERVER, str(computes), str(sleeps), str(nice)]
    golden = SimpleNamespace(rows=[{"a": 1.0}], matrix=[[1.0]], predictions=["high"], probabilities=None)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            load = measure_load(Endpoint(f"http://127.0.0.1:{port}"), golden, LoadSize(7, 1, 1))
        finally:
            server.kill()
    assert load.errors == ()
    assert load.whose_wait == "service and callers waited for a core"
    latency = load.wall_ms(50)
    limit = (
        latency.measured.lower / 2
    )  # a sleep is longer than this; what is computed is shorter, and waits for the rest
    assert latency.is_busy(limit) is busy, latency.describe(limit)
