"""Run the suite of one gate in a clean child process and collect its facts. The child reports; it never decides."""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

from gates.context import Context
from gates.digest import digest_list
from gates.environment import Environment, look_at_environment
from gates.errors import BackendError, ConfigError
from gates.execution import child
from gates.execution.libraries import LIBRARIES, OTHERWISE
from gates.execution.run_record import Facts
from gates.policy.reader import read_digest
from gates.policy.records import Policy
from gates.processes.fork_server import Process, fork, strays_of
from gates.reason import Code
from gates.redaction import Secrets
from gates.run import Run

_log = logging.getLogger(__name__)

Listener = Callable[[Mapping[str, object]], None]


def run_gate(
    policy: Policy,
    context: Context,
    folder: Path,
    listen: Listener = lambda fact: None,
    *,
    key: str = "",
    secrets: Secrets | None = None,
    environment: Environment | None = None,
) -> Run:
    """Run the suite of ``context.gate`` and return what it reported; context, record and output are kept in ``folder``.

    ``listen`` is called with each fact as it arrives. ``key`` opens the endpoint: it is given to the child and written to no
    file. ``secrets`` are removed from everything the child reports or prints. ``environment`` is what was installed when the
    command began, by default when the gate does; any installation from then until the child's end disturbs the run. Raises
    `SubjectError` for a suite with a symbolic link or an absent file, and `BackendError` where the child cannot be started.
    """
    gate = policy.gates[context.gate]
    before, at_start = policy.suite_digest(gate.gate), look_at_environment()
    environment = environment or at_start
    other_policy = _policy_fault(policy, "before")
    _log.debug("suite of the %s gate: %s", gate.gate, before)
    folder.mkdir(parents=True, exist_ok=True)
    context_file = folder / f"{gate.gate}.context.json"
    context.write(context_file)
    secrets = (secrets or Secrets(os.environ)).and_also(key)
    facts = Facts(listen, secrets.hide)
    started = time.monotonic()
    log = folder / f"{gate.gate}.log"
    with tempfile.TemporaryDirectory(prefix=f"{gate.gate}-", dir=folder) as private:
        command = _command(policy, gate.gate, context_file, private)
        code, timed_out = _in_child(command, policy.root, log, gate.timeout.total_seconds(), facts, key, gate.gate)
    _log.info("child of the %s gate ended with %d after %.1f s", gate.gate, code, time.monotonic() - started)
    secrets.hide_in(log)
    if timed_out:
        facts.disturb(
            Code.RUN_TIMED_OUT,
            f"the {gate.gate} gate was still running after {gate.timeout.total_seconds():.0f} s and was stopped",
        )
    after = policy.suite_files(gate.gate)
    for label in sorted(facts.loaded - after.keys()):
        facts.disturb(
            Code.CODE_WITHOUT_DIGEST,
            f"{label} was imported, and neither the lock nor the verdict covers it: import it by an import statement in the suite",
        )
    other = sorted(
        label for label, digest in facts.files_read.items() if label in after and str(after[label]) != digest
    )
    if other and digest_list(after) == before:
        facts.disturb(
            Code.SUITE_CHANGED,
            f"{', '.join(other[:5])} was another file when the {gate.gate} gate read it, and was put back; run it again",
        )
    if digest_list(after) != before:
        facts.disturb(Code.SUITE_CHANGED, f"the suite of the {gate.gate} gate changed while it ran; run it again")
    read_other = (
        bool(facts.policies - {str(policy.digest)}) and f"{policy.source.name} was another one when it was read while"
    )
    if fault := other_policy or _policy_fault(policy, "while") or read_other:
        facts.disturb(Code.POLICY_CHANGED, f"{fault} the {gate.gate} gate ran; run it again")
    if at_start != environment or look_at_environment() != environment:  # what came and went leaves no state behind
        text = f"packages were installed, removed or edited before the {gate.gate} gate ended; run it again"
        facts.disturb(Code.ENVIRONMENT_CHANGED, text)
    run = facts.run(
        gate.gate, before, code, time.monotonic() - started, log.read_text(encoding="utf-8", errors="replace")
    )
    return replace(run, environment=environment.digest)


def _policy_fault(policy: Policy, when: str) -> str:
    """The child reads the policy file itself: one that is not the parent's any more would give other settings."""
    try:
        same = read_digest(policy.source) == policy.digest
    except ConfigError as error:
        return f"{policy.source.name} became unreadable ({error.message}) {when}"
    return "" if same else f"{policy.source.name} changed {when}"


def _command(policy: Policy, gate: str, context: Path, private: str) -> list[str]:
    """Return the command of pytest as it was approved: no foreign plugins, no ini file, no cache, assertions rewritten."""
    return [
        *(sys.executable, "-s", "-E", "-P", child.__file__, str(policy.source.parent), str(policy.root), private),
        *("-c", os.devnull, f"--rootdir={policy.root}", f"--confcutdir={policy.root}"),
        *(
            "-p",
            "no:cacheprovider",
            "-p",
            "gates.plugin",
            "--strict-markers",
            "-q",
            "--no-header",
            "--tb=short",
            "--import-mode=importlib",
        ),
        *("-o", "empty_parameter_set_mark=fail_at_collect", "-W", "ignore", f"--gates-context={context}"),
        *(str(member.path) for member in policy.gates[gate].suite),
    ]


def _environment(key: str) -> dict[str, str]:
    """Return the caller's environment without what steers Python or pytest, and with the key of the endpoint if there is one."""
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "PYTHON", "GATES_", "COV_"))
    }
    return kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | ({"GATES_ENDPOINT_KEY": key} if key else {})


def _in_child(
    command: list[str], root: Path, log: Path, limit: float, facts: Facts, key: str, gate: str
) -> tuple[int, bool]:
    """Run the command with a pipe for facts; end its whole process group on time-out, error or Ctrl-C."""
    reading, writing = os.pipe()
    try:
        with log.open("wb") as output:
            process = _start([*command, f"--gates-record={writing}"], root, output, writing, key, gate)
    except OSError as error:
        os.close(reading)
        raise BackendError(
            f"the gate's child process cannot be started: {error}", "check memory and process limits"
        ) from None
    finally:
        os.close(writing)
    _log.debug("child %d started: %s", process.pid, shlex.join(command))
    ended = threading.Event()
    reader = threading.Thread(target=facts.read, args=(reading, ended), daemon=True)
    reader.start()
    try:
        return process.wait(limit), False
    except subprocess.TimeoutExpired:
        return -signal.SIGKILL, True
    finally:
        _end(process)
        ended.set()
        reader.join()  # ends by itself; a descriptor closed under it could come back as another file
        os.close(reading)
        for name in strays_of(process):
            facts.disturb(
                Code.PROCESS_LEFT_BEHIND,
                f"{name} was started in a session of its own and outlived the run; it was ended: end it in the check",
            )


def _start(command: list[str], root: Path, output: IO[bytes], record: int, key: str, gate: str) -> Process:
    """Fork the child where that is possible, else start it; ``command`` names its program and then its arguments."""
    arguments = command[command.index(child.__file__) + 1 :]
    environment, libraries = _environment(key), LIBRARIES.get(gate, OTHERWISE)
    forked = fork(
        "gates.execution.child:main", arguments, folder=root, environment=environment, libraries=libraries, output=output,
        descriptors=[record],
    )  # fmt: skip
    return forked or subprocess.Popen(
        command,
        cwd=root, env=environment, pass_fds=(record,), stdin=subprocess.DEVNULL,
        stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def _end(process: Process) -> None:
    """End the child and whatever it started; a process group that is already gone is fine."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
