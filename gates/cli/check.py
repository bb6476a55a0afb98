"""`gates check`: run one gate and judge it."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

from gates.cli import prediction_files, two_files
from gates.cli.options import Commands, command, data_of, session_of, split_version, takes_data, tells_a_decision
from gates.cli.run import finish
from gates.digest import Digest
from gates.errors import ConfigError, SubjectError
from gates.judgement.decision import Decision, Ending, refuse
from gates.judgement.judge import Judgement
from gates.judging import Case, bind_as_judged, is_mapped, judge_gate, keep_verdict
from gates.policy.layers import WITHOUT_PROJECT
from gates.policy.lockfile import require_locked
from gates.policy.records import GATES
from gates.registry import Version
from gates.registry.lock import hold
from gates.session import Session
from gates.workflow.run_history import recorded


def add(commands: Commands) -> None:
    """Add the parser of `gates check` to the commands."""
    parser = command(commands, "check", "run one gate and judge it")
    parser.add_argument("gate", choices=GATES, help="which gate")
    parser.add_argument(
        "--model",
        default="challenger",
        metavar="WHICH",
        help="NAME@VERSION, champion, or challenger (default: the newest version)",
    )
    takes_data(parser, "the data (default: what the model was trained with, else data of [tool.ml])")
    parser.add_argument(
        "--endpoint",
        default="",
        metavar="URL",
        help="check a running endpoint; its key, if it has one, in GATES_ENDPOINT_KEY (default: start one for the model)",
    )
    parser.add_argument(
        "--deployment", default="", metavar="NAME", help="the deployment to ask for by name behind a shared endpoint"
    )
    two_files.add(parser)
    prediction_files.add(parser)
    tells_a_decision(parser)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Run one gate on a model and data, on two files or on files of predictions, and return the exit code.

    Raises `ConfigError` for options that do not go together, and `SubjectError` where there is nothing to judge.
    """
    options.data = data_of(options)
    if prediction_files.is_wanted(options):
        return _check_predictions(options)
    two_files.require_sense(options)
    session = session_of(options, otherwise=None if options.reference is None else WITHOUT_PROJECT)
    judge = _check if options.reference is None else two_files.check_two_files
    with hold(session.home.path, purpose=f"gates check {options.gate}", wait=options.wait):
        decision = recorded(session, f"check {options.gate}", lambda: judge(session, options))
    return finish(session, decision, options)


def _check_predictions(options: argparse.Namespace) -> int:
    session = session_of(options, otherwise=WITHOUT_PROJECT)
    compared: list[dict[str, object]] = []

    def judge() -> Decision:
        decision, what = prediction_files.judge_files(session, options)
        compared.extend(what)
        return decision

    with hold(session.home.path, purpose="gates check model", wait=options.wait):
        decision = recorded(session, "check model", judge)
    return finish(session, decision, options, compared=compared)


def _check(session: Session, options: argparse.Namespace) -> Decision:
    gate: str = options.gate
    session.policy.require(gate)
    require_locked(session.policy)
    for sentence in session.work.sweep(session.home.path):
        session.progress.line(sentence, "mild")
    version = _resolve(session, options.model)
    if version is None and gate != "data":
        raise SubjectError(
            f"no version of {session.work.name} is registered; the {gate} gate has nothing to judge",
            "run gates run first",
        )
    case = _with_data(session, Case(champion=session.champion()), version, options.data)
    if version is not None:
        case = replace(case, challenger=session.model_file(version))
    if gate == "endpoint" and version is not None and not options.endpoint:
        return _check_endpoint(session, case, version)
    case = replace(
        case,
        endpoint_url=options.endpoint.rstrip("/"),
        endpoint_key=os.environ.get("GATES_ENDPOINT_KEY", ""),
        endpoint_deployment=options.deployment,
        endpoint_given=bool(options.endpoint),
    )
    with session.stage(f"{gate} gate"):
        judgement = judge_gate(session, gate, case)
    return _decide(session, case, judgement, version)


def _check_endpoint(session: Session, case: Case, version: Version) -> Decision:
    assert case.challenger is not None
    with session.stage("staging endpoint"):
        deployment = session.work.deploy(session.home.path, "challenger", Path(case.challenger.path), version)
    try:
        case = case.at(deployment)
        with session.stage("endpoint gate"):
            judgement = judge_gate(session, "endpoint", case)
    finally:
        deployment.stop()
    return _decide(session, case, judgement, version)


def _decide(session: Session, case: Case, judgement: Judgement, version: Version | None) -> Decision:
    """Print the judgement and, where it is about a registered version and the data it was trained with, keep it as a verdict."""
    session.tell(judgement)
    if version is not None and str(case.batch_digest) == version.facts.get("data"):
        digest = keep_verdict(session, judgement, bind_as_judged(session, case, judgement.gate))
        session.progress.line(f"verdict {digest.short} kept for {version.name}@{version.version}", "dim")
    decision = Decision(Ending.PASSED, f"the {judgement.gate} gate passed")
    if not judgement.passed:
        decision = refuse([judgement], "nothing was promoted")
    if judgement.gate == "endpoint" and version is not None and is_mapped(session, case):
        note = (
            f"the endpoint names no digest: that it serves {version.name}@{version.version} is judged by its predictions of the "
            "golden rows alone (parity)"
        )
        return replace(decision, notes=(*decision.notes, note))
    return decision


def _resolve(session: Session, which: str) -> Version | None:
    name = session.work.name
    if which == "champion":
        champion = session.champion()
        if champion is None:
            raise SubjectError(f"{name} has no champion", "run gates run first")
        return champion.version
    if which == "challenger":
        return session.registry.latest(name)
    wanted, number = split_version(which)
    if wanted != name:
        raise ConfigError(
            f"--model names {wanted!r}, but this project's model is {name!r}", "use --policy for another project"
        )
    return session.registry.version(wanted, number)


def _with_data(session: Session, case: Case, version: Version | None, source: str | None) -> Case:
    """Return the case with the data to judge: those named, else what the model was trained with, else those of the
    configuration.
    """
    blobs = session.registry.blobs
    if source is None and version is not None:
        digest = Digest.parse(version.facts["data"])
    else:
        batch = session.work.take(source, session.home.scratch)
        digest = blobs.put(batch.path)
        batch.path.unlink(missing_ok=True)
    return replace(case, batch=blobs.path(digest), batch_digest=digest)
