"""An open project: its policy, its work, its home with registry and keys, and one command's run on them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from gates.attest import GATE, Keyring, take_sources
from gates.context import ModelFile
from gates.digest import Digest
from gates.environment import Environment, look_at_environment
from gates.errors import ConfigError, NothingKept
from gates.history.anchor import anchor_of
from gates.history.rollback_guard import Landmarks
from gates.home import Home, new_run_id
from gates.judgement.judge import Judgement
from gates.policy.reader import read_policy
from gates.policy.records import GATES, Policy
from gates.ports import Work, open_work
from gates.processes.fork_server import cpu_seconds
from gates.redaction import Secrets
from gates.registry import Champion, Ledger, Registry, Version
from gates.registry.opening import open_registry
from gates.reports.account import StageTime
from gates.reports.progress import Progress
from gates.toml_reader import read_toml

Clock = Callable[[], datetime]


def read_clock() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Hold what a gate judged under: the digests of the policy, of everything that the gate ran, and of the installed packages."""

    policy: Digest
    suite: Digest
    environment: Digest


class Session:
    """Hold a project that is open for writing, and the record of the one run that a command does on it.

    ``judgements``, ``timings`` and, by gate, ``circumstances`` grow while the command goes on; ``cause`` is what started it,
    where that was not a person.
    """

    def __init__(
        self,
        policy: Policy,
        work: Work,
        home: Home,
        progress: Progress,
        clock: Clock | None = None,
        keys: Keyring | None = None,
        secrets: Secrets | None = None,
        registry: Ledger | None = None,
    ) -> None:
        self.policy = policy
        self.work = work
        self.home = home
        self.progress = progress
        self.secrets = secrets or Secrets(os.environ)
        self.keys = keys or Keyring(home.keys, pinned=policy.trust)
        self.registry: Ledger = registry or Registry(home.path)
        self.landmarks = _landmarks(home, self.keys, policy)
        self.clock = clock or read_clock
        self.id = new_run_id(self.clock())
        self.timings: list[StageTime] = []
        self.judgements: list[Judgement] = []
        self.circumstances: dict[str, Circumstances] = {}
        self.cause = ""

    @classmethod
    def open(cls, config: Path, home: Path, progress: Progress) -> Session:
        """Read the policy and open work and home; nothing is written before the configuration is known to be sound.

        Removes the keys' variables from this process's environment. Raises `ConfigError` for a faulty policy or work,
        `BackendError` for a home that cannot be written or a ledger that is not sound.
        """
        secrets = Secrets(os.environ)
        keys = take_sources(os.environ)  # first of all: nothing that this process starts may inherit them
        policy = read_policy(config)
        work = open_work(policy.work, policy.source)
        opened = Home.at(home)
        opened.lend_temporary_folder()
        registry = open_registry(opened.path, policy.registry, policy.source)
        trusted = Keyring(opened.keys, keys, policy.trust)
        return cls(policy, work, opened, progress, keys=trusted, secrets=secrets, registry=registry)

    @staticmethod
    def open_readonly(config: Path | None, home: Path) -> ReadOnlySession:
        """Return a look at a project, or at a home alone where ``config`` is None. Writes nothing, and makes no folder."""
        return ReadOnlySession(config, Home(home))

    def caused_by(self, cause: str) -> Session:
        """Return another run on the same project, with an id of its own, that ``cause`` starts."""
        other = Session(
            self.policy,
            self.work,
            self.home,
            self.progress,
            self.clock,
            keys=self.keys,
            secrets=self.secrets,
            registry=self.registry,
        )
        other.cause = cause
        return other

    @cached_property
    def begun(self) -> Mapping[str, Circumstances]:
        """Return what each gate would judge under when the command began, by gate; fixed when it is first used.

        Raises `SubjectError` for a suite that cannot be named by its content.
        """
        packages = self.environment.digest
        gates = [gate for gate in GATES if gate in self.policy.gates]
        return {gate: Circumstances(self.policy.digest, self.policy.suite_digest(gate), packages) for gate in gates}

    @cached_property
    def environment(self) -> Environment:
        """Return what was installed when the command began; fixed when it is first used."""
        return look_at_environment()

    @property
    def folder(self) -> Path:
        """Return the folder of this run, which is made when it is not there."""
        return self.home.run_folder(self.id)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show that a stage is under way, measure its wall and CPU seconds, and hide the secrets in what it logged.

        Raises `BackendError` where a log cannot be rewritten.
        """
        wall, cpu = time.monotonic(), _cpu_seconds()
        try:
            with self.progress.stage(name):
                yield
        finally:
            for log in self.folder.glob("*.log"):  # of training, which knows nothing of what is secret
                self.secrets.hide_in(log)
            self.timings.append(StageTime(name, time.monotonic() - wall, _cpu_seconds() - cpu))

    def tell(self, judgement: Judgement) -> None:
        """Print a judgement with the seconds of its stage."""
        seconds = next((timing.seconds for timing in reversed(self.timings) if judgement.gate in timing.stage), 0.0)
        self.progress.gate(judgement, seconds)

    def champion(self) -> Champion | None:
        """Return who serves now; None before the first move. Raises `BackendError` where the alias does not follow the log."""
        return self.registry.champion(self.work.name)

    def anchor(self, champion: Champion | None) -> Version | None:
        """Return the best champion so far; None where that is the champion itself, or where there is none."""
        return anchor_of(self.registry, champion, self.keys.trusted(GATE)) if champion else None

    def model_file(self, version: Version) -> ModelFile:
        """Return a registered version with the paths of its bytes.

        Raises `DigestMismatch` when they are not what was registered.
        """
        facts = version.facts
        return ModelFile(
            version.name,
            version.version,
            str(version.digest),
            str(self.registry.blobs.path(version.digest)),
            self._blob(facts.get("data", "")),
            self._blob(facts.get("golden", "")),
        )

    def _blob(self, digest: str) -> str:
        return str(self.registry.blobs.path(Digest.parse(digest))) if digest else ""


class ReadOnlySession:
    """Hold a project that is only looked at. Each part is opened when it is first used, so that one that is broken hides no
    other.

    ``config`` is None outside of any project: then there is no policy, every kept key is trusted, and the registry is the home's.
    """

    def __init__(self, config: Path | None, home: Home, clock: Clock = read_clock) -> None:
        self.config = config
        self.home = home
        self.clock = clock

    @cached_property
    def policy(self) -> Policy | None:
        """Return the policy. Raises `ConfigError` for a faulty one: what it says of trust must not be ignored."""
        return read_policy(self.config) if self.config else None

    @cached_property
    def work(self) -> Work | None:
        """Return the work that the policy names. Raises `ConfigError` where it cannot be opened."""
        return open_work(self.policy.work, self.policy.source) if self.policy else None

    @cached_property
    def keys(self) -> Keyring:
        """Return the keys of the home; where the policy names trusted key ids, only those count."""
        return Keyring(self.home.keys, pinned=self.policy.trust if self.policy else None)

    @cached_property
    def landmarks(self) -> Landmarks:
        """Return the signed landmarks, beside the keys and in the repository, of how far the registry had come."""
        return _landmarks(self.home, self.keys, self.policy)

    @cached_property
    def registry(self) -> Ledger:
        """Return the ledger. Raises `NothingKept` where nothing was ever kept, and makes none; `BackendError` for a damaged one."""
        registry = open_registry(self.home.path, _shared_registry(self.config), self.config, must_exist=True)
        if registry is None:
            raise NothingKept(
                f"{self.home.path} holds no registry", "name the folder with --home, or make one with gates run"
            )
        return registry

    def project(self) -> tuple[Policy, Work]:
        """Return policy and work. Raises `ConfigError` outside of any project."""
        policy, work = self.policy, self.work
        if policy is None or work is None:
            raise ConfigError(
                "no gates.toml and no pyproject.toml with [tool.gates] here or above",
                "run in the project's folder, or name a file with --policy",
            )
        return policy, work


def _shared_registry(config: Path | None) -> str:
    """What ``[tool.gates] registry`` says, read by itself: a policy with faults elsewhere does not hide the ledger."""
    tool = read_toml(config).get("tool") if config else None
    table = tool.get("gates") if isinstance(tool, dict) else None
    return str(table.get("registry", "")) if isinstance(table, dict) else ""


def _landmarks(home: Home, keys: Keyring, policy: Policy | None) -> Landmarks:
    return Landmarks(home.keys / "landmarks", keys, policy.landmark if policy else None)


def _cpu_seconds() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system + cpu_seconds()
