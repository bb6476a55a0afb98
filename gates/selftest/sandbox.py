"""A sandbox for mutants of a promotion: a copy of one home in which the clean model may be promoted, and was."""

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
from gates.selftest.detection import Detection
from gates.session import Session

Fault = Callable[["PromotionSandbox"], None]


@dataclass(slots=True)
class PromotionSandbox:
    """Hold a home of its own in which ``model`` has four fresh verdicts and the earlier model is champion.

    ``session`` is the one that promotes; a fault may replace it.
    """

    bench: Bench
    home: Path
    session: Session
    model: Version

    def judged(self, gate: str) -> Judgement:
        """Return the judgement of the clean model by a gate."""
        return self.bench.clean.judgements[gate]

    def keep_all(self, session: Session) -> None:
        """Keep newer verdicts of every gate, bound as a session of another project would bind them."""
        for gate, binding in bind_version(session, self.model).items():
            keep_verdict(session, self.judged(gate), binding)

    def blob(self, digest: str | Digest) -> Path:
        """Return the path of a stored file, made writable. Raises `SubjectError` for a digest that is none, or not stored."""
        path = self.session.registry.blobs.path(digest if isinstance(digest, Digest) else Digest.parse(digest))
        path.parent.chmod(0o755)
        path.chmod(0o644)
        return path

    def sql(self, *statements: str) -> None:
        """Change the ledger without its triggers, as somebody with an editor would; the triggers are created again afterwards."""
        with contextlib.closing(sqlite3.connect(self.home / "registry.db")) as ledger:
            triggers = ledger.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                ledger.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                ledger.execute(statement)
            for _, text in triggers:
                ledger.execute(text)
            ledger.commit()


def prepare_home(bench: Bench) -> Path:
    """Return the home from which every sandbox is copied, made at the first call.

    Raises `SubjectError` when the clean model cannot be promoted from it.
    """
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
            with open_sandbox(bench) as control:
                _promote_clean(control.session, control.model)
    return home


def _promote_clean(session: Session, version: Version) -> None:
    """Promote. Raises `SubjectError` where that is refused; the policy of the bench wants no approvals."""
    try:
        outcome = promote(session, version)
    except PromotionRefused as refused:
        raise SubjectError(
            f"the clean model may not be promoted, so refusing a mutant would prove nothing: {refused.message}",
            refused.remedy,
        ) from None
    assert isinstance(outcome, Promoted), outcome


def bind_version(session: Session, version: Version) -> dict[str, Binding]:
    """Return the binding, by gate, that a verdict about this version and its data would have now."""
    data = Digest.parse(version.facts["data"])
    case = Case(batch_digest=data, challenger=session.model_file(version), champion=session.champion())
    return dict(make_bindings(session, case))


@contextmanager
def open_sandbox(bench: Bench) -> Iterator[PromotionSandbox]:
    """Yield a sandbox in a new copy of the prepared home, which is removed when the block ends."""
    home = bench.place() / "home"
    shutil.copytree(bench.folder / "promotable", home)
    try:
        session = bench.open(home=home)
        yield PromotionSandbox(bench, home, session, bench.clean.model)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def try_promotion(bench: Bench, fault: Fault) -> tuple[Detection, ...]:
    """Inject the fault, try to promote, and return each detection; nothing where the model was promoted."""
    prepare_home(bench)
    with open_sandbox(bench) as sandbox:
        fault(sandbox)
        try:
            outcome = promote(sandbox.session, sandbox.model)
        except PromotionRefused as refused:
            return tuple(Detection("promotion", reason) for reason in refused.reasons)
        except GatesError as error:
            return (Detection.error("registry", error.message),)
    if isinstance(outcome, AwaitingApproval):
        return (Detection("promotion", outcome.reason),)
    return ()


def try_audit(bench: Bench, fault: Fault) -> tuple[Detection, ...]:
    """Inject the fault after a promotion, audit the registry as `gates verify` does, and return each detection."""
    prepare_home(bench)
    with open_sandbox(bench) as sandbox:
        promote(sandbox.session, sandbox.model)
        fault(sandbox)
        try:
            return tuple(
                Detection.error("verify", str(finding)) for finding in bench.open(home=sandbox.home).registry.audit()
            )
        except GatesError as error:
            return (Detection.error("verify", error.message),)
