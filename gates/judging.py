"""Judge one gate of one case, and keep what was judged: the piece that `run`, `check` and `promote` share."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gates.attest import GATE, STATEMENT_TYPE, Binding, bind, sign
from gates.attest.result import write_result
from gates.context import Context, ModelFile
from gates.digest import Digest
from gates.environment import environment_digest
from gates.errors import SubjectError
from gates.execution.runner import run_gate
from gates.history.holdout import use_holdout
from gates.judgement.judge import Judgement, judge
from gates.policy.records import GATES
from gates.ports import Deployment
from gates.registry import Champion
from gates.session import Session

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Case:
    """Hold what is judged: the data, the challenger if there is one yet, and the champion it would follow.

    ``reference`` is the other file of two, ``options`` what the caller wants beyond the policy.
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
        "no_key": bool(of_work.get("no_key")) and not case.endpoint_key,
    }


def judge_gate(session: Session, gate: str, case: Case) -> Judgement:
    """Run one gate on a case, judge what happened, and add the judgement to the session. Prints nothing; `Session.tell` does.

    A run of the model gate is recorded as a use of the holdout first. Raises `ConfigError` for a gate that is not configured,
    `SubjectError` for a suite that cannot be named by its content.
    """
    policy = session.policy
    policy.require(gate)
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
    )
    judgement = judge(run, policy.gates[gate], conditions, case.accepted, session.clock())
    session.judgements.append(judgement)
    return judgement


def make_bindings(session: Session, case: Case) -> Mapping[str, Binding]:
    """Return the binding, by gate, that a verdict would have that is made at this moment.

    Raises `SubjectError` for a case without a model and its data.
    """
    if case.challenger is None or case.batch_digest is None:
        raise SubjectError("a verdict needs a model and its data", "register a model with gates run")
    policy, champion = session.policy, case.champion
    environment = environment_digest()
    return {
        gate: Binding(
            name=case.challenger.name,
            model=Digest.parse(case.challenger.digest),
            data=case.batch_digest,
            policy=policy.digest,
            suite=policy.suite_digest(gate),
            environment=environment,
            champion_epoch=champion.epoch if champion else 0,
            champion=champion.version.digest if champion else None,
        )
        for gate in GATES
        if gate in policy.gates
    }


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
