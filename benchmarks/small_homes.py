"""The tests' small subject for benchmarks of whole commands: four real gates in half a second each, work in a few lines.

The lab's own work takes fifteen seconds a run; two hundred of those would measure scikit-learn. What a kill can break is the same.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from gates.cli import main as gates
from gates.context import ModelFile
from gates.digest import Digest
from gates.errors import BackendError
from gates.judgement.judge import CheckResult, Judgement
from gates.judging import Case, keep_verdict, make_bindings
from gates.registry import Registry, Version
from gates.reports.progress import Progress
from gates.run import Outcome
from gates.session import Session

ROOT = Path(__file__).parents[1]
NAME = "small"
sys.path += [str(ROOT / "tests")]  # last: what lies there must not hide what is installed

from selftest.small_subject import make_subject  # noqa: E402


@dataclass(frozen=True)
class SmallHomes:
    """A project in a folder, and homes beside it."""

    config: Path

    @classmethod
    def make(cls, folder: Path) -> SmallHomes:
        return cls(make_subject(folder / "project").root / "pyproject.toml")

    def start(self, command: str, home: Path, *arguments: str) -> subprocess.Popen[bytes]:
        """A command as people start it, in a process of its own."""
        paths = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
        return subprocess.Popen(
            [sys.executable, "-m", "gates", command, *arguments, "--home", str(home), "--policy", str(self.config)],
            cwd=self.config.parent, env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def session(self, home: Path) -> Session:
        return Session.open(self.config, home, Progress(quiet=True))

    def register(self, home: Path, words: str) -> Version:
        """A version with a model of these words."""
        session = self.session(home)
        blobs = session.registry.blobs
        facts = {"data": str(blobs.put_bytes(b"id,x\n1,2\n")), "golden": str(blobs.put_bytes(b"golden"))}
        version = session.registry.register(NAME, blobs.put_bytes(f"0.9 {words}".encode()), facts)
        session.registry.close()
        return version

    def judge(self, home: Path, *versions: Version) -> None:
        """Fresh verdicts of every gate about each version, against the champion of now; no child is started."""
        session = self.session(home)
        champion = session.champion()
        for version in versions:
            file: ModelFile = session.model_file(version)
            case = Case(batch_digest=Digest.parse(version.facts["data"]), challenger=file, champion=champion)
            for gate, binding in make_bindings(session, case).items():
                checks = tuple(
                    CheckResult(name, Outcome.PASSED, True, "holds") for name in session.policy.gates[gate].checks
                )
                keep_verdict(session, Judgement(gate, checks, (), True), binding)
        session.registry.close()


def faults(home: Path, name: str = NAME) -> list[str]:
    """What `gates verify` says about a home, and whether its champion is the last entry of its log; empty when all is well."""
    if not (home / "registry.db").exists():
        return ["there are blobs without a ledger"] if any((home / "blobs").rglob("*")) else []
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        code = gates(["verify", "--home", str(home)])
    found = [line for line in told.getvalue().splitlines() if line] if code else []
    registry = Registry(home)
    try:
        champion, log = registry.champion(name), registry.log(name)
    except BackendError as error:
        return [*found, error.message]
    finally:
        registry.close()
    if (champion.epoch if champion else 0) != len(log):
        found.append(f"the log has {len(log)} entries, the champion is of epoch {champion and champion.epoch}")
    if champion and champion.version.version != log[-1].new_version:
        found.append("the champion is not the log's last entry")
    return found


def epoch_of(home: Path, name: str = NAME) -> int:
    if not (home / "registry.db").exists():
        return 0
    registry = Registry(home)
    champion = registry.champion(name)
    registry.close()
    return champion.epoch if champion else 0
