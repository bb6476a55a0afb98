"""Judge one gate of one case, and keep what was judged: the piece that `run`, `check` and `promote` share."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gates.attest import GATE, STATEMENT_TYPE, Binding, bind, sign
from gates.attest.result import write_result
from gates.context import Context, ModelFile
from gates.digest import Digest
from gates.environment import look_at_environment
from gates.errors import SubjectError
from gates.execution.packages import require_packages
from gates.execution.runner import run_gate
from gates.history.holdout import use_holdout
from gates.judgement.judge import Judgement, judge
from gates.policy.lockfile import require_locked
from gates.policy.reader import read_digest
from gates.policy.records import GATES
from gates.ports import Deployment, Marking
from gates.reason import Code, Reason
from gates.registry import Champion
from gates.session import Circumstances, Session

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Case:
    """Hold what is judged: the data, the challenger if there is one yet, and the champion it would follow.

    ``endpoint_given`` is whether a person named the endpoint, so that it is not one that this command started. ``reference`` is
    the other file of two, ``options`` what the caller wants beyond the policy.
    """

    batch: Path | None = None
    batch_digest: Digest | None = None
    challenger: ModelFile | None = None
    champion: Champion | None = None
    endpoint_url: str = ""
    endpoint_key: str = field(default="", repr=False)
    endpoint_deployment: str = ""
    endpoint_given: bool = False
    accepted: Mapping[str, str] = field(default_factory=dict)
    reference: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    def at(self, deployment: Deployment) -> Case:
        """Return the same case, with the endpoint that serves it."""
        return replace(
            self,
            endpoint_url=deployment.url,
            endpoint_key=deployment.key or "",
            endpoint_deployment=deployment.name,
        )


def find_conditions(session: Session, case: Case) -> Mapping[str, bool]:
    """Return which conditions hold for a case, by name, as computed in this process and not in the gate's child.

    A check that does not apply counts only where its condition is true here.
    """
    previous = session.model_file(case.champion.version).data if case.champion else ""
    of_work = session.work.conditions(
        batch=case.batch,
        previous=Path(previous) if previous else None,
        model=Path(case.challenger.path) if case.challenger else None,
    )
    return {
        **of_work,
        "no_champion": case.champion is None,
        "no_anchor": session.anchor(case.champion) is None,
        "mapped_endpoint": is_mapped(session, case),
        "no_key": bool(of_work.get("no_key")) and not case.endpoint_key,
    }


def is_mapped(session: Session, case: Case) -> bool:
    """Return whether the endpoint was named by a person and speaks, by the policy, a form that is not Gates' own."""
    endpoint = session.policy.gates.get("endpoint")
    return case.endpoint_given and endpoint is not None and endpoint.endpoint_map is not None


def find_marks(session: Session, case: Case) -> tuple[str, ...]:
    """Return the sentences on a case's models that stand in every verdict about it, as the work reads them from the files."""
    work = session.work
    if not isinstance(work, Marking):
        return ()
    marks = list(work.marks(Path(case.challenger.path))) if case.challenger else []
    if case.champion is not None and (
        case.challenger is None or str(case.champion.version.digest) != case.challenger.digest
    ):
        path = session.model_file(case.champion.version).path
        marks += [f"the champion: {mark}" for mark in work.marks(Path(path))]
    return tuple(marks)


def judge_gate(session: Session, gate: str, case: Case) -> Judgement:
    """Run one gate on a case, judge what happened, and add the judgement to the session. Prints nothing; `Session.tell` does.

    A run of the model gate is recorded as a use of the holdout first.
    Raises `ConfigError` for a gate that is not configured, `MissingExtra` for a package that its checks need,
    `SubjectError` for a suite that cannot be named by its content,
    `PromotionRefused` where the policy wants a lock and what decides at this moment is not what was locked.
    """
    policy = session.policy
    policy.require(gate)
    require_packages(policy.gates[gate])
    require_locked(policy)
    _ = session.begun  # before the child can change anything
    of_case = find_conditions(
        session, case if gate in GATES else replace(case, batch=None)
    )  # other gates may run on rows without labels
    conditions = {**of_case, **policy.gates[gate].conditions}
    champion = session.model_file(case.champion.version) if case.champion else None
    anchor = session.anchor(case.champion) if gate == "model" else None
    context = Context(
        gate=gate,
        config=str(policy.source),
        batch=str(case.batch or ""),
        batch_digest=str(case.batch_digest or ""),
        previous=champion.data if champion else "",
        challenger=case.challenger,
        champion=champion,
        anchor=session.model_file(anchor) if anchor else None,
        holdout_uses=_use_holdout(session, case) if gate == "model" else 0,
        endpoint_url=case.endpoint_url,
        endpoint_deployment=case.endpoint_deployment,
        reference=str(case.reference or ""),
        options=case.options,
        conditions=conditions,
    )
    run = run_gate(
        policy,
        context,
        session.folder,
        lambda fact: session.progress.hear(gate, fact),
        key=case.endpoint_key,
        secrets=session.secrets,
        environment=session.environment,
    )
    judged = Circumstances(policy.digest, run.suite, session.environment.digest)
    session.circumstances[gate] = judged
    run = replace(run, disturbances=(*run.disturbances, *_changed_since(session.begun.get(gate, judged), judged, gate)))
    judgement = judge(run, policy.gates[gate], conditions, case.accepted, session.clock())
    marks = find_marks(session, case)
    judgement = replace(judgement, marks=marks)
    session.judgements.append(judgement)
    return judgement


def _changed_since(begun: Circumstances, judged: Circumstances, gate: str) -> Iterator[Reason]:
    """Yield a reason for each thing that is not what it was when the command began, though no gate was running when it changed."""
    if judged.suite != begun.suite:
        yield Reason(
            Code.SUITE_CHANGED,
            f"the suite of the {gate} gate, or code that goes with it, changed after this command began; run it again",
        )


def make_bindings(session: Session, case: Case) -> Mapping[str, Binding]:
    """Return the binding, by gate, that a verdict would have that is made at this moment, from the files as they are now.

    Raises `SubjectError` for a case without a model and its data, `ConfigError` for a policy file that became unreadable.
    """
    policy, environment = read_digest(session.policy.source), look_at_environment().digest
    return {
        gate: _bind(case, Circumstances(policy, session.policy.suite_digest(gate), environment))
        for gate in GATES
        if gate in session.policy.gates
    }


def bind_as_judged(session: Session, case: Case, gate: str) -> Binding:
    """Return the binding of a gate that was judged in this session: to the policy, suite and packages that it ran with.

    Whatever changed since then differs from `make_bindings`, and so stops the promotion. Raises `SubjectError` as that does.
    """
    return _bind(case, session.circumstances[gate])


def _bind(case: Case, judged: Circumstances) -> Binding:
    if case.challenger is None or case.batch_digest is None:
        raise SubjectError("a verdict needs a model and its data", "register a model with gates run")
    champion = case.champion
    return Binding(
        name=case.challenger.name,
        model=Digest.parse(case.challenger.digest),
        data=case.batch_digest,
        policy=judged.policy,
        suite=judged.suite,
        environment=judged.environment,
        champion_epoch=champion.epoch if champion else 0,
        champion=champion.version.digest if champion else None,
    )


def keep_verdict(session: Session, judgement: Judgement, binding: Binding) -> Digest:
    """Bind a judgement, sign it with the gate key, and keep it as a verdict. Returns the digest of the kept envelope."""
    now = session.clock()
    statement = session.secrets.hide(write_result(bind(judgement, binding, at=now, run=session.id)))
    document = sign(STATEMENT_TYPE, statement, session.keys.signer(GATE))
    digest = session.registry.keep_verdict(binding.name, judgement.gate, binding.model, document, judgement.passed, now)
    word = "passed" if judgement.passed else "refused"
    _log.info("verdict kept: the %s gate %s about %s, %s", judgement.gate, word, binding.name, digest.short)
    return digest


def _use_holdout(session: Session, case: Case) -> int:
    if case.batch_digest is None or case.challenger is None:
        return 0
    model = case.challenger.digest
    return use_holdout(session.registry, session.work.name, case.batch_digest, model, session.clock())
