"""Where mutants of a promotion are tried: a copy of one home in which the clean model may be promoted, and was."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gates.attest import Binding
from gates.digest import Digest
from gates.errors import GatesError, PromotionRefused, SubjectError
from gates.judgement.judge import Judgement
from gates.judging import Case, keep_verdict, make_bindings
from gates.promotion.execute import AwaitingApproval, Promoted, promote
from gates.registry import Version
from gates.selftest.bench import Bench
from gates.selftest.catch import Catch
from gates.session import Session

Fault = Callable[["Stand"], None]


@dataclass(slots=True)
class Stand:
    """A home of its own in which ``model`` has four fresh verdicts and the model of a while ago is champion.

    Whoever promotes is `session`; a fault may put another one there.
    """

    bench: Bench
    home: Path
    session: Session
    model: Version

    def judged(self, gate: str) -> Judgement:
        return self.bench.clean.judgements[gate]

    def keep_all(self, session: Session) -> None:
        """Newer verdicts of every gate, as a session of another project would write them."""
        for gate, binding in bind_version(session, self.model).items():
            keep_verdict(session, self.judged(gate), binding)

    def blob(self, digest: str | Digest) -> Path:
        """A stored file, made writable."""
        path = self.session.registry.blobs.path(digest if isinstance(digest, Digest) else Digest.parse(digest))
        path.parent.chmod(0o755)
        path.chmod(0o644)
        return path

    def sql(self, *statements: str) -> None:
        """Change the ledger behind its back, as somebody with an editor would: the triggers are gone first."""
        with contextlib.closing(sqlite3.connect(self.home / "registry.db")) as ledger:
            triggers = ledger.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                ledger.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                ledger.execute(statement)
            for _, text in triggers:
                ledger.execute(text)
            ledger.commit()


def promotable(bench: Bench) -> Path:
    """The home from which every stand is copied, made once. Raises `SubjectError` when the clean model is not promoted from it."""
    home = bench.folder / "promotable"
    with bench.ledger:
        if not home.exists():
            shutil.copytree(bench.home, home, ignore=shutil.ignore_patterns("runs", "servers", "scratch"))
            session = bench.open(home=home)
            for version, moves in ((bench.clean.past, True), (bench.clean.model, False)):
                for gate, binding in bind_version(session, version).items():
                    keep_verdict(session, bench.clean.judgements[gate], binding)
                if moves:
                    _promote_clean(session, version)
            with stand_on(bench) as control:
                _promote_clean(control.session, control.model)
    return home


def _promote_clean(session: Session, version: Version) -> None:
    """Raises `SubjectError` where the promotion is refused; the policy of the bench wants nobody's approval."""
    try:
        outcome = promote(session, version)
    except PromotionRefused as refused:
        raise SubjectError(
            f"the clean model may not be promoted, so refusing a mutant would prove nothing: {refused.message}",
            refused.remedy,
        ) from None
    assert isinstance(outcome, Promoted), outcome


def bind_version(session: Session, version: Version) -> dict[str, Binding]:
    data = Digest.parse(version.facts["data"])
    case = Case(batch_digest=data, challenger=session.model_file(version), champion=session.champion())
    return dict(make_bindings(session, case))


@contextmanager
def stand_on(bench: Bench) -> Iterator[Stand]:
    home = bench.place() / "home"
    shutil.copytree(bench.folder / "promotable", home)
    try:
        session = bench.open(home=home)
        yield Stand(bench, home, session, bench.clean.model)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def try_promotion(bench: Bench, fault: Fault) -> tuple[Catch, ...]:
    """Inject the fault, then ask for the promotion."""
    promotable(bench)
    with stand_on(bench) as stand:
        fault(stand)
        try:
            outcome = promote(stand.session, stand.model)
        except PromotionRefused as refused:
            return tuple(Catch("promotion", reason) for reason in refused.reasons)
        except GatesError as error:
            return (Catch.error("registry", error.message),)
    if isinstance(outcome, AwaitingApproval):
        return (Catch("promotion", outcome.reason),)
    return ()


def try_audit(bench: Bench, fault: Fault) -> tuple[Catch, ...]:
    """Promote, inject the fault, and look at everything again as `gates verify` does."""
    promotable(bench)
    with stand_on(bench) as stand:
        promote(stand.session, stand.model)
        fault(stand)
        try:
            return tuple(
                Catch.error("verify", str(finding)) for finding in bench.open(home=stand.home).registry.audit()
            )
        except GatesError as error:
            return (Catch.error("verify", error.message),)
