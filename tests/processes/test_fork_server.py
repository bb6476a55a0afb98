"""A child that is forked differs from one that was started only in what is imported already, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from record_lines import GOOD, without_seconds
from small_project import make_project

from gates.context import Context
from gates.execution.runner import run_gate
from gates.processes import fork_server
from gates.processes.fork_server import Forked, fork
from gates.work.processes import began

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="children are forked on Linux only")


@pytest.fixture(autouse=True)
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list]:
    """The servers that a test starts, ended with it."""
    started: list = []
    monkeypatch.setattr(fork_server, "_servers", started)
    yield started
    for server in started:
        server.close()


class Program:
    """A program of one test: its file, and what it printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "program.log"

    def fork(self, body: str, *arguments: str, **options: object) -> Forked:
        (self.folder / "program.py").write_text(dedent(body), encoding="utf-8")
        with self.log.open("wb") as output:
            child = fork(
                "tests.run_file", [str(self.folder / "program.py"), *arguments], folder=self.folder, output=output,
                **{"environment": {"PATH": os.environ["PATH"]}, **options},
            )  # fmt: skip
        assert child is not None
        return child

    def run(self, body: str, *arguments: str, **options: object) -> tuple[int, str]:
        code = self.fork(body, *arguments, **options).wait(60)
        return code, self.log.read_text(encoding="utf-8")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return a program to be written and forked."""
    return Program(tmp_path)


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 20
    while began(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_it_has_exactly_the_environment_the_folder_and_the_arguments_it_is_given(program, monkeypatch):
    monkeypatch.setenv("GATES_SIGNING_KEY", "of nobody's business")
    monkeypatch.setenv("SEEN_BY_THE_SERVER", "1")
    code, out = program.run(
        """
        import json, os, sys
        begun = open("/proc/self/environ").read()
        print(json.dumps([dict(os.environ), os.getcwd(), sys.argv[1:], "GATES_SIGNING_KEY" in begun, sys.stdin.read()]))
        print("seen", file=sys.stderr)
        """,
        "one", "--two",
        environment={"A": "1", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert code == 0
    first, second = out.splitlines() if out.startswith("[") else reversed(out.splitlines())
    assert json.loads(first) == [{"A": "1", "LC_ALL": "C.UTF-8"}, str(program.folder), ["one", "--two"], False, ""]
    assert second == "seen"


@pytest.mark.parametrize(
    ("body", "code", "printed"),
    [
        ("pass", 0, ""),
        ("import sys; sys.exit(7)", 7, ""),
        ("import sys; sys.exit()", 0, ""),
        ("import sys; sys.exit('no such thing')", 1, "no such thing"),
        ("raise KeyError('lost')", 1, "KeyError: 'lost'"),
        ("import os; os._exit(9)", 9, ""),
        ("import os; os.kill(os.getpid(), 11)", -11, ""),
        ("import atexit; atexit.register(print, 'at the end')", 0, "at the end"),
        (
            "import threading, time; threading.Thread(target=lambda: (time.sleep(0.3), print('the thread'))).start()",
            0,
            "the thread",
        ),
    ],
)
def test_it_ends_as_a_started_one_does(body, code, printed, program):
    found, out = program.run(body)
    assert found == code
    assert printed in out
    started = subprocess.run(
        [sys.executable, program.folder / "program.py"], capture_output=True, text=True, check=False
    )
    assert (started.returncode, printed in started.stdout + started.stderr) == (code, True)


def test_it_has_the_descriptors_under_their_numbers_and_no_other(program):
    reading, writing = os.pipe()
    code, out = program.run(
        """
        import os, sys
        os.write(int(sys.argv[1]), b"a fact")
        print(*sorted(int(name) for name in os.listdir("/proc/self/fd")))
        """,
        str(writing),
        descriptors=[writing],
    )
    os.close(writing)
    assert (code, os.read(reading, 100)) == (0, b"a fact")
    os.close(reading)
    inside = {int(number) for number in out.split()}
    assert {0, 1, 2, writing} < inside
    assert len(inside) <= 6  # and what lists them, and the file of the program


def test_libraries_are_there_before_and_what_cannot_be_imported_is_left_to_the_child(program):
    code, out = program.run(
        "import sys; print('decimal' in sys.modules, 'no_such_library' in sys.modules)",
        libraries=["no_such_library", "decimal"],
    )
    assert (code, out) == (0, "True False\n")


def test_no_file_of_the_project_stands_in_for_a_library(program, monkeypatch):
    monkeypatch.chdir(program.folder)
    for name in ("decimal", "json", "gates"):
        (program.folder / f"{name}.py").write_text("raise SystemExit('the project was imported')\n")
    code, out = program.run("import decimal, json; print(json.__file__)", libraries=["decimal"])
    assert (code, str(program.folder) in out) == (0, False)


def test_children_do_not_draw_the_same_random_numbers_and_hash_alike(program):
    body = "import numpy, random; print(numpy.random.random(), random.random(), hash('text'))"
    first, second = (program.run(body, libraries=["numpy"])[1].split() for _ in range(2))
    assert first[0] != second[0]
    assert first[1] != second[1]
    assert first[2] == second[2]


def test_two_threads_fork_at_once(tmp_path):
    results = {}

    def run(name: str) -> None:
        folder = tmp_path / name
        folder.mkdir()
        results[name] = Program(folder).run("import sys, time; time.sleep(0.2); print(sys.argv[1])", name)

    threads = [threading.Thread(target=run, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == {name: (0, f"{name}\n") for name in "abcdef"}


def test_waiting_has_a_limit_and_ending_one_ends_its_group(program):
    child = program.fork(
        "import subprocess, time; subprocess.Popen(['sleep', '600']); print('up', flush=True); time.sleep(600)"
    )
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.2)
    assert child.poll() is None
    child.end()
    assert child.wait() == -signal.SIGKILL
    assert gone(child.pid)
    assert child.strays == ()


def test_processes_that_left_the_group_are_ended_and_named(program):
    child = program.fork(
        """
        import subprocess
        with open("pids", "w") as file:
            print(subprocess.Popen(["sleep", "600"]).pid, file=file)
            print(subprocess.Popen(["setsid", "--fork", "sleep", "601"]).wait(), file=file)
            print(subprocess.Popen(["sleep", "602"], start_new_session=True).pid, file=file)
        """
    )
    assert child.wait(60) == 0
    assert len(child.strays) == 2
    assert set(child.strays) <= {"sleep", "setsid"}  # the one that setsid forked may not have become its program yet
    for pid in (program.folder / "pids").read_text().split():
        assert int(pid) == 0 or gone(int(pid))


def test_a_server_that_is_killed_takes_its_children_along_and_another_one_follows(program, servers):
    child = program.fork("import time; time.sleep(600)")
    os.kill(servers[0]._pid, signal.SIGKILL)
    assert child.wait(20) == -signal.SIGKILL
    assert gone(child.pid)
    assert program.run("print('again')") == (0, "again\n")


def test_another_environment_gets_another_server(program, servers, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    program.run("pass")
    program.run("pass")
    assert len(servers) == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    program.run("pass")
    assert [server.environment.get("OMP_NUM_THREADS") for server in servers] == ["3", "1"]


def test_nothing_outlives_a_command_that_is_killed(tmp_path):
    script = tmp_path / "command.py"
    script.write_text(
        dedent(
            """
            import os, sys, time
            from pathlib import Path
            from gates.processes import fork_server
            with open(os.devnull, "wb") as nothing:
                child = fork_server.fork("timeit", ["-n1", "-r1", "import time; time.sleep(600)"], folder=Path("/"), environment={},
                                         output=nothing)
            print(child.pid, fork_server._servers[0]._pid, flush=True)
            time.sleep(600)
            """
        )
    )
    command = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE)
    pids = [int(word) for word in command.stdout.readline().split()]
    assert all(map(began, pids))
    command.kill()
    command.wait()
    command.stdout.close()
    assert all(map(gone, pids))


def test_its_processor_time_counts(program):
    before = fork_server.cpu_seconds()
    program.run("import time\nwhile time.process_time() < 0.3: pass")
    assert fork_server.cpu_seconds() - before > 0.25


def test_it_can_be_switched_off_and_what_a_library_holds_is_refused(program, servers, monkeypatch, tmp_path):
    with (tmp_path / "log").open("wb") as output:
        arguments = {"folder": tmp_path, "environment": {}, "output": output}
        child = fork("timeit", ["-n1", "-r1", "pass"], **arguments)
        assert child is not None
        assert child.wait(20) == 0
        held = max(int(path.name) for path in Path(f"/proc/{servers[0]._pid}/fd").iterdir())
        given = os.dup2(output.fileno(), held)
        assert fork("timeit", ["-n1", "pass"], descriptors=[given], **arguments) is None
        os.close(given)
        monkeypatch.setenv("GATES_NO_FORK", "1")
        assert fork("timeit", ["-n1", "pass"], **arguments) is None


def test_a_command_that_is_forked_gets_a_server_of_its_own(program):
    body = """
        import os, sys
        from pathlib import Path
        from gates.processes import fork_server
        with open("inner.log", "wb") as output:
            server = fork_server._servers[0]._pid
            child = fork_server.fork("this", [], folder=Path("."), environment={}, output=output)
            print(child.wait(60), fork_server._servers[0]._pid == server, flush=True)
        """
    code, out = program.run(body, libraries=["decimal"], heir=True, environment=dict(os.environ))
    assert (code, out) == (0, "0 True\n")
    assert "Beautiful is better than ugly." in (program.folder / "inner.log").read_text()


@pytest.mark.parametrize("forked", [True, False])
def test_a_gate_reports_the_same_facts_either_way(forked, tmp_path, servers, monkeypatch):
    if not forked:
        monkeypatch.setenv("GATES_NO_FORK", "1")
    facts: list[dict[str, object]] = []
    context = Context(gate="model", config=str(tmp_path / "pyproject.toml"))
    run = run_gate(make_project(tmp_path).policy, context, tmp_path / "kept", lambda fact: facts.append(dict(fact)))
    assert [without_seconds(fact) for fact in facts] == [without_seconds(fact) for fact in GOOD]
    assert run.disturbances == ()
    assert len(servers) == forked
