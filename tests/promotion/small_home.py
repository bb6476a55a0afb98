"""A home and a session on the small project, in this process: what a promotion needs, without training and without children."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from small_project import Project, make_project

from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, Verdict, open_envelope
from gates.attest.decision import Decided, read_decision
from gates.attest.keys import PrivateKey, make_key_file
from gates.attest.result import read_result
from gates.digest import Digest
from gates.judgement.judge import CheckResult, Judgement
from gates.judging import Case, keep_verdict, make_bindings
from gates.policy.records import GATES
from gates.promotion.execute import promote
from gates.registry import Finding, Version
from gates.reports.progress import Progress
from gates.run import Outcome
from gates.session import Session
from gates.verification.signatures import verify

NAME = "papers"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Someone:
    """A person with a key of their own."""

    name: str
    file: Path

    @property
    def signer(self) -> PrivateKey:
        return PrivateKey.from_file(self.file)

    @property
    def key(self) -> str:
        """As the policy writes it."""
        return base64.b64encode(self.signer.public.der).decode()

    def entry(self, more: str = "") -> str:
        """Their entry in a list of the policy."""
        return f'{{ name = "{self.name}", key = "{self.key}"{more} }}'


@dataclass
class Clock:
    """A clock that a test sets."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **length: float) -> None:
        self.now += timedelta(**length)


@dataclass
class SmallHome:
    """The small project with a home beside it. Each `session` is a new command on it."""

    project: Project
    clock: Clock = field(default_factory=Clock)

    @property
    def config(self) -> Path:
        return self.project.root / "pyproject.toml"

    @property
    def folder(self) -> Path:
        return self.project.root / ".gates"

    @property
    def session(self) -> Session:
        opened = Session.open(self.config, self.folder, Progress(quiet=True))
        opened.clock = self.clock
        return opened

    def gates(self, text: str) -> None:
        """Add lines to ``[tool.gates]``."""
        self.project.edit("pyproject.toml", 'first_model = "floors"', f'first_model = "floors"\n{text}')

    def someone(self, name: str) -> Someone:
        """A person, whose key is made when they are first named."""
        path = self.project.root.parent / f"{name}.pem"
        if not path.exists():
            make_key_file(path)
        return Someone(name, path)

    def register(self, words: str = "A") -> Version:
        session = self.session
        blobs = session.registry.blobs
        facts = {
            "data": str(blobs.put_bytes(b"id,x\n1,2\n")),
            "golden": str(blobs.put_bytes(b"golden")),
            "run": session.id,
        }
        return session.registry.register(NAME, blobs.put_bytes(f"model {words}".encode()), facts)

    def judge(
        self, version: Version, *, misses: Mapping[str, str] | None = None, outcome: Outcome = Outcome.FAILED
    ) -> None:
        """Keep a fresh verdict of every gate about a version, against the champion of now.

        ``misses`` maps checks that missed, with ``outcome``, to what waived them.
        """
        waived = misses or {}
        session = self.session
        batch = Digest.parse(version.facts["data"])
        case = Case(batch_digest=batch, challenger=session.model_file(version), champion=session.champion())
        bindings = make_bindings(session, case)
        for gate in GATES:
            checks = tuple(
                CheckResult(
                    name, outcome if name in waived else Outcome.PASSED, True, "holds", waived=waived.get(name, "")
                )
                for name in session.policy.gates[gate].checks
            )
            keep_verdict(session, Judgement(gate, checks, (), True), bindings[gate])

    def verdict(self, digest: Digest) -> Verdict:
        """A kept verdict, opened with the home's own keys."""
        session = self.session
        envelope = session.registry.verdict_document(digest)
        return read_result(open_envelope(envelope, STATEMENT_TYPE, session.keys.trusted(GATE)))

    def judged(self, words: str = "A") -> Version:
        version = self.register(words)
        self.judge(version)
        return version

    def crowned(self, words: str = "A") -> Version:
        """A version that was judged and promoted."""
        version = self.judged(words)
        promote(self.session, version)
        return version

    def decided(self) -> Decided:
        """The newest decision, opened with the home's own keys."""
        session = self.session
        envelope = session.registry.blobs.read(session.registry.log(NAME)[-1].decision)
        return read_decision(open_envelope(envelope, STATEMENT_TYPE, session.keys.trusted(GATEKEEPER)))

    def findings(self) -> tuple[Finding, ...]:
        """What `gates verify` finds."""
        session = self.session
        return verify(session.registry, session.keys, session.landmarks, NAME, session.policy.promotion)


def make_small_home(root: Path) -> SmallHome:
    project = make_project(root)
    project.edit("pyproject.toml", "small.work:open_work", "fakes.work:open_work")
    return SmallHome(project)
