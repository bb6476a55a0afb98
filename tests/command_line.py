"""Call the command line as people do, and read what it said."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from gates.execution.libraries import LIBRARIES
from gates.processes.fork_server import fork
from gates.registry import Registry
from gates.work.backends.local.steps import LIBRARIES as STEPS

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Told:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str
    document: dict


Gates = Callable[..., Told]


def heed_interrupts() -> None:
    """For ``preexec_fn``: whoever starts the tests in the background has SIGINT ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


# What commands and their children import: once for all tests of a worker.
INSTALLED = tuple(dict.fromkeys(name for names in (*LIBRARIES.values(), STEPS) for name in names))


def call(*arguments: str, home: Path, env: Mapping[str, str] | None = None, timeout: float = 600) -> Told:
    """Run ``gates`` in a process of its own, with ``--json`` where the command knows it."""
    account = home.parent / f"{home.name}.json"
    account.unlink(missing_ok=True)
    extra = ["--json", str(account)] if arguments[0] in ("run", "check", "nightly", "promote") else []
    done = run_gates([*arguments, "--home", str(home), *extra], env or {}, timeout)
    document = json.loads(account.read_text(encoding="utf-8")) if account.exists() else {}
    return Told(done.returncode, done.stdout, done.stderr, document)


def run_gates(
    arguments: Sequence[str], env: Mapping[str, str], timeout: float = 600, folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run ``gates`` in a process that is forked where that is possible, because each new Python would import for seconds."""
    environment = {**os.environ, **env}
    steered = any(name.startswith("PYTHON") for name in environment)  # a fork would not heed it
    with TemporaryFile() as out, TemporaryFile() as err:
        child = None if steered else fork(
            "gates", arguments, folder=folder, environment=environment, libraries=INSTALLED, output=out, errors=err, heir=True
        )  # fmt: skip
        if child is None:
            command = [sys.executable, "-m", "gates", *arguments]
            return subprocess.run(
                command,
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=timeout,
                stdin=subprocess.DEVNULL,
            )
        try:
            code = child.wait(timeout)
        finally:
            child.end()
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(["gates", *arguments], code, out.read().decode(), err.read().decode())


def champion_of(home: Path, name: str = "COVID19Articles_model") -> int | None:
    """The champion's version, read from the ledger."""
    champion = Registry(home).champion(name)
    return champion.version.version if champion else None


def write_rows(rows: Iterable[list[str]], path: Path) -> str:
    """Write rows, the header first, to a CSV file and return its path as text."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return str(path)
