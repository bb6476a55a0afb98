"""Judge one gate of one case, and keep what was judged: the piece that `run`, `check` and `promote` share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from gates.attest import GATE, STATEMENT_TYPE, Binding, Keyring, bind, sign, take_sources
from gates.attest.result import write_result
from gates.context import Context, ModelFile
from gates.digest import Digest
from gates.environment import environment_digest
from gates.errors import SubjectError
from gates.execution.runner import run_gate
from gates.history.alias_moves import tell_glass
from gates.history.anchor import anchor_of
from gates.history.holdout import use_holdout
from gates.history.rollback_guard import Landmarks
from gates.home import Home, new_run_id
from gates.judgement.decision import Account, Decision, Standing, Timing, put_in_order
from gates.judgement.judge import Judgement, judge
from gates.policy.reader import read_policy
from gates.policy.records import GATES, Policy
from gates.ports import Deployment, Work, open_work
from gates.redaction import Secrets
from gates.registry import Champion, Ledger, Registry, Version
from gates.registry.opening import open_registry
from gates.reports.progress import Progress


@dataclass(frozen=True, slots=True)
class Case:
    """What is being judged: the data, the challenger if there is one yet, and the champion it would follow.

    ``reference`` is the other file of two, ``options`` what the caller asked for beyond the policy.
    """

    batch: Path | None = None
    batch_digest: Digest | None = None
    challenger: ModelFile | None = None
    champion: Champion | None = None
    endpoint_url: str = ""
    endpoint_key: str = field(default="", repr=False)
    endpoint_deployment: str = ""
    accepted: Mapping[str, str] = field(default_factory=dict)
    reference: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    def at(self, deployment: Deployment) -> Case:
        """The same case, with the endpoint that serves it."""
        return replace(
            self,
            endpoint_url=deployment.url,
            endpoint_key=deployment.key or "",
            endpoint_deployment=deployment.name,
        )


class Engine:
    """The policy, the work and the registry of one home, and the record of one run of the engine on them."""

    def __init__(
        self,
        policy: Policy,
        work: Work,
        home: Home,
        progress: Progress,
        clock: Callable[[], datetime] | None = None,
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
        self.landmarks = Landmarks(home.keys / "landmarks", self.keys, policy.landmark)
        self.clock = clock or (lambda: datetime.now(UTC))
        self.id = new_run_id(self.clock())
        self.timings: list[Timing] = []
        self.judgements: list[Judgement] = []
        self.cause = ""  # what started this run, where it was not a person

    @classmethod
    def open(cls, config: Path, home: Path, progress: Progress) -> Engine:
        """Read the policy, then open home and work: nothing is written before the configuration is known to be sound."""
        secrets = Secrets(os.environ)
        keys = take_sources(os.environ)  # first of all: nothing that this process starts may inherit them
        policy = read_policy(config)
        work = open_work(policy.work, policy.source)
        opened = Home.at(home)
        registry = open_registry(opened.path, policy.registry, policy.source)
        trusted = Keyring(opened.keys, keys, policy.trust)
        return cls(policy, work, opened, progress, keys=trusted, secrets=secrets, registry=registry)

    @property
    def folder(self) -> Path:
        return self.home.run_folder(self.id)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        wall, cpu = time.monotonic(), _cpu_seconds()
        try:
            with self.progress.stage(name):
                yield
        finally:
            for log in self.folder.glob("*.log"):  # of training, which knows nothing of what is secret
                self.secrets.hide_in(log)
            self.timings.append(Timing(name, time.monotonic() - wall, _cpu_seconds() - cpu))

    def champion(self) -> Champion | None:
        return self.registry.champion(self.work.name)

    def anchor(self, champion: Champion | None) -> Version | None:
        """The best champion so far; None where that is the champion itself, or where there is none."""
        return anchor_of(self.registry, champion, self.keys.trusted(GATE)) if champion else None

    def model_file(self, version: Version) -> ModelFile:
        """A registered version with the paths of its bytes. Raises `DigestMismatch` when they are not what was registered."""
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

    def conditions(self, case: Case) -> Mapping[str, bool]:
        """What this process itself finds true about a case; a check that wants to be left out must be right about it."""
        previous = self.model_file(case.champion.version).data if case.champion else ""
        found = self.work.conditions(
            batch=case.batch,
            previous=Path(previous) if previous else None,
            model=Path(case.challenger.path) if case.challenger else None,
        )
        keyless = bool(found.get("no_key")) and not case.endpoint_key
        return {
            **found,
            "no_champion": case.champion is None,
            "no_anchor": self.anchor(case.champion) is None,
            "no_key": keyless,
        }

    def judge(self, gate: str, case: Case) -> Judgement:
        """Run one gate on a case and judge what happened. Does not print; see `tell`."""
        self.policy.require(gate)
        found = self.conditions(case if gate in GATES else replace(case, batch=None))  # unlabelled rows will do there
        conditions = {**found, **self.policy.gates[gate].conditions}
        champion = self.model_file(case.champion.version) if case.champion else None
        anchor = self.anchor(case.champion) if gate == "model" else None
        context = Context(
            gate=gate,
            config=str(self.policy.source),
            batch=str(case.batch or ""),
            batch_digest=str(case.batch_digest or ""),
            previous=champion.data if champion else "",
            challenger=case.challenger,
            champion=champion,
            anchor=self.model_file(anchor) if anchor else None,
            holdout_uses=self._use_holdout(case) if gate == "model" else 0,
            endpoint_url=case.endpoint_url,
            endpoint_deployment=case.endpoint_deployment,
            reference=str(case.reference or ""),
            options=case.options,
            conditions=conditions,
        )
        run = run_gate(
            self.policy,
            context,
            self.folder,
            lambda fact: self.progress.hear(gate, fact),
            key=case.endpoint_key,
            secrets=self.secrets,
        )
        judgement = judge(run, self.policy.gates[gate], conditions, case.accepted, self.clock())
        self.judgements.append(judgement)
        return judgement

    def _use_holdout(self, case: Case) -> int:
        if case.batch_digest is None or case.challenger is None:
            return 0
        return use_holdout(self.registry, self.work.name, case.batch_digest, case.challenger.digest, self.clock())

    def tell(self, judgement: Judgement) -> None:
        seconds = next((t.seconds for t in reversed(self.timings) if judgement.gate in t.stage), 0.0)
        self.progress.gate(judgement, seconds)

    def bindings(self, case: Case) -> Mapping[str, Binding]:
        """The binding that a verdict of each gate would have, made at this moment."""
        if case.challenger is None or case.batch_digest is None:
            raise SubjectError("a verdict needs a model and its data", "register a model with gates run")
        champion = case.champion
        environment = environment_digest()
        return {
            gate: Binding(
                name=case.challenger.name,
                model=Digest.parse(case.challenger.digest),
                data=case.batch_digest,
                policy=self.policy.digest,
                suite=self.policy.suite_digest(gate),
                environment=environment,
                champion_epoch=champion.epoch if champion else 0,
                champion=champion.version.digest if champion else None,
            )
            for gate in GATES
            if gate in self.policy.gates
        }

    def keep(self, judgement: Judgement, binding: Binding) -> Digest:
        """Bind a judgement, sign it with the gate key, and keep it as a verdict."""
        now = self.clock()
        statement = write_result(bind(judgement, binding, at=now, run=self.id))
        document = sign(STATEMENT_TYPE, self.secrets.hide(statement), self.keys.signer(GATE))
        return self.registry.keep_verdict(binding.name, judgement.gate, binding.model, document, judgement.passed, now)

    def account(self, decision: Decision, command: str) -> Account:
        champion = self.champion()
        standing = None
        if champion is not None:
            version = champion.version
            glass = tell_glass(self.registry, self.keys, version.name)
            standing = Standing(version.name, version.version, version.digest, champion.epoch, glass)
        hide = self.secrets.hide_text
        told = replace(
            decision,
            sentence=hide(decision.sentence),
            reasons=tuple(replace(reason, text=hide(reason.text)) for reason in decision.reasons),
            notes=tuple(hide(note) for note in decision.notes),
        )
        judgements, timings = put_in_order(self.judgements), tuple(self.timings)
        return Account(self.id, told, judgements, timings, standing, self.policy.digest, hide(command), self.cause)


def _cpu_seconds() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
