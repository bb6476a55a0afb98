"""Prepare what mutants are tried on: a temporary home with a clean model in it, which is served, judged, and known to pass.

The refusal of a mutant proves something only where the clean subject passes: so all four gates judge that first, and without
four passes there is no bench.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from gates.attest import Keyring
from gates.context import ModelFile
from gates.digest import Digest
from gates.errors import SubjectError
from gates.home import Home
from gates.judgement.judge import Judgement
from gates.judging import Case, judge_gate
from gates.policy.reader import read_policy
from gates.policy.records import GATES, Policy
from gates.ports import Deployment, open_work
from gates.registry import Champion, Version
from gates.reports.progress import Progress
from gates.selftest.detection import Detection
from gates.selftest.port import Mutants, Mutation, open_mutants
from gates.selftest.project import Project, holds_shipped_suites, shown
from gates.session import Session


@dataclass(frozen=True, slots=True)
class Clean:
    """Hold the clean subject: today's batch and model, the earlier model ``past``, the endpoint, and the judgement of each
    gate.

    ``seconds`` is how long each gate took.
    """

    batch: Path
    digest: Digest
    model: Version
    past: Version
    url: str
    judgements: Mapping[str, Judgement]
    seconds: Mapping[str, float]


@dataclass(slots=True)
class Bench:
    """Hold the clean subject and the temporary folder in which mutants are tried; the folder is removed at the end.

    ``left_out`` gives, by mutant, why it cannot be made; ``mutants`` is None where the policy names none; ``ledger`` is held
    while the home for promotions is prepared.
    """

    policy: Policy
    folder: Path
    clean: Clean
    left_out: Mapping[str, str]
    mutants: Mutants | None
    ledger: threading.Lock = field(default_factory=threading.Lock)

    @property
    def made(self) -> Path:
        """Return the folder in which the work writes its mutants of data and models, each in a folder of its name."""
        return self.folder / "made"

    @property
    def home(self) -> Path:
        """Return the folder of the temporary home."""
        return self.folder / "home"

    def open(self, config: Path | None = None, home: Path | None = None) -> Session:
        """Return a new session without output, on the bench's home and the project's policy unless others are named."""
        return open_session(config or self.policy.source, home or self.home)

    def place(self) -> Path:
        """Return a new empty folder."""
        return Path(tempfile.mkdtemp(prefix="mutant-", dir=self.folder))

    def project(self) -> Project:
        """Return a new copy of the project, to be damaged."""
        return Project.copy(self.policy, self.place() / self.policy.root.name)

    def case(self, gate: str) -> Case:
        """Return the clean case of a gate. The data gate compares today's batch with the one of the earlier model."""
        session, clean = self.open(), self.clean
        champion = clean.past if gate == "data" else clean.model
        return Case(
            batch=clean.batch,
            batch_digest=clean.digest,
            challenger=None if gate == "data" else session.model_file(clean.model),
            champion=Champion(champion, 1, datetime.now(UTC)),
            endpoint_url=clean.url if gate == "endpoint" else "",
        )

    def judge(self, gate: str, case: Case, config: Path | None = None) -> tuple[Detection, ...]:
        """Judge a case with a gate, and return each detection; nothing where it passes. ``config`` is another policy file."""
        return complaints(judge_gate(self.open(config), gate, case))

    def present(self, gate: str, case: Case) -> tuple[Detection, ...]:
        """Judge a case as `judge` does. The work reads data and model beforehand: that it refuses them is a detection, too."""
        try:
            return self.judge(gate, case)
        except Exception as error:
            if not hasattr(error, "remedy"):
                raise
            return (Detection.error("work", str(getattr(error, "message", error))),)


def open_session(config: Path, home: Path) -> Session:
    """Return a session without output that signs with the temporary home's own keys, never with the user's.

    So the keys that the policy trusts are not needed, no approval is requested, and no landmark is written in the project. No lock
    is required: it would refuse every damaged copy before its gate could.
    """
    policy = read_policy(config)
    nobody = replace(policy.promotion, approvals=0, approvers=())
    policy = replace(policy, landmark=None, trust={}, promotion=nobody, require_lock=False)
    place = Home.at(home)
    work = open_work(policy.work, policy.source)
    return Session(policy, work, place, Progress(quiet=True), keys=Keyring(place.keys))


def complaints(judgement: Judgement) -> tuple[Detection, ...]:
    """Return a detection for each reason of each check that does not count, then for those of the run; nothing where the gate
    passed.
    """
    if judgement.passed:
        return ()
    by_check = [reason for check in judgement.checks if not check.counts for reason in check.reasons]
    seen = {(reason.code, reason.check) for reason in by_check}
    other = [reason for reason in judgement.reasons if (reason.code, reason.check) not in seen]
    return tuple(Detection(judgement.gate, reason) for reason in (*by_check, *other))


@contextmanager
def prepare(
    policy: Policy, source: str | None, folder: Path, names: Callable[[Mutation], bool], progress: Progress
) -> Iterator[Bench]:
    """Make everything that mutants are made from, serve the clean model, judge it, and yield the bench.

    ``source`` is the data (None: those of the project); ``names`` says which of the work's mutations are wanted. Where the
    policy runs suites that Gates ships, everything works on a copy of the project that holds them, so that a mutant differs in
    its fault alone. Raises `SubjectError` when the clean subject does not pass, and `ConfigError` for a gate that is not
    configured.
    """
    policy.require(*GATES)
    if holds_shipped_suites(policy):
        policy = Project.copy(policy, folder / "project" / policy.root.name).policy
    session = open_session(policy.source, folder / "home")
    with progress.stage("data"):
        batch = session.work.take(source, session.home.scratch)
    mutants = open_mutants(policy)
    left_out: Mapping[str, str] = {}
    today = past = batch.path
    if mutants is not None:
        wanted = [mutation.name for mutation in mutants.mutations if mutation.gate != "endpoint" and names(mutation)]
        with progress.stage(f"making {len(wanted)} mutants of data and models"):
            left_out = mutants.make(wanted, batch.path, batch.digest, folder / "made")
        today, past = (folder / "made" / side / "batch.csv" for side in ("clean", "past"))
    with progress.stage("training the clean model, and one of a while ago"), ThreadPoolExecutor(2) as pool:
        versions = tuple(pool.map(lambda side: _train(policy, folder, *side), (("past", past), ("clean", today))))
    with progress.stage("serving the clean model"):
        endpoint = _serve(session, versions[1])
    try:
        blob = Digest.parse(versions[1].facts["data"])
        clean = Clean(session.registry.blobs.path(blob), blob, versions[1], versions[0], endpoint.url, {}, {})
        bench = Bench(policy, folder, clean, left_out, mutants)
        with progress.stage("judging the clean subject with all four gates"):
            bench.clean = _control(bench)
        yield bench
    finally:
        endpoint.stop()


def _train(policy: Policy, folder: Path, side: str, batch: Path) -> Version:
    """Return a model trained as `gates run` trains it, stored and registered."""
    session = open_session(policy.source, folder / "home")
    blobs = session.registry.blobs
    digest = blobs.put(batch)
    place = session.folder / side
    place.mkdir()
    trained = session.work.train(blobs.path(digest), str(digest), {}, place)
    facts = {**trained.facts, "data": str(digest), "golden": str(blobs.put(trained.golden)), "run": session.id}
    return session.registry.register(session.work.name, blobs.put(trained.model), facts)


def _serve(session: Session, version: Version) -> Deployment:
    model = Path(session.model_file(version).path)
    return session.work.deploy(session.home.path, "challenger", model, version)


def _control(bench: Bench) -> Clean:
    """Judge the clean case with every gate. Raises `SubjectError` where one refuses: then refusing a mutant would prove
    nothing.
    """
    seconds: dict[str, float] = {}

    def judge(gate: str) -> Judgement:
        started = time.monotonic()
        judgement = judge_gate(bench.open(_config_of(bench, gate)), gate, bench.case(gate))
        seconds[gate] = time.monotonic() - started
        return judgement

    with ThreadPoolExecutor(2) as pool:
        judgements = dict(zip(GATES, pool.map(judge, GATES), strict=True))
    refused = [shown(f"{gate} gate: {reason}") for gate, of in judgements.items() for reason in of.reasons]
    if refused:
        raise SubjectError(
            "the clean subject does not pass, so refusing a mutant would prove nothing: " + "; ".join(refused),
            "make gates run pass on these data first",
        )
    return replace(bench.clean, judgements=judgements, seconds=seconds)


def _config_of(bench: Bench, gate: str) -> Path | None:
    """Return a policy under which the drift gate sees a clean current window, as its mutants see damaged ones; else None."""
    drifts = [mutation for mutation in bench.mutants.mutations if mutation.gate == "drift"] if bench.mutants else []
    if gate != "drift" or not any(mutation.tables for mutation in drifts):
        return None
    project = bench.project()
    project.lay(drifts[0].tables, bench.made / "window")
    return project.config


def model_file(bench: Bench, model: Path, golden: Path) -> ModelFile:
    """Return a mutant's model as a challenger: its own bytes under their own digest, trained on the clean batch."""
    return ModelFile(
        bench.clean.model.name, None, str(Digest.of(model)), str(model), str(bench.clean.batch), str(golden)
    )
