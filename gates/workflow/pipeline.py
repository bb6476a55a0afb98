"""Run all stages of `gates run`: data gate, training, model and drift gates, registration, staging endpoint, endpoint gate,
promotion.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from gates.context import ModelFile
from gates.digest import Digest
from gates.documents import read_json
from gates.errors import MissingExtra, PromotionRefused
from gates.execution.packages import find_missing_packages
from gates.history.data_source import FACT, name_place
from gates.judgement.decision import Decision, Ending, refuse
from gates.judgement.judge import Judgement
from gates.judging import Case, bind_as_judged, judge_gate, keep_verdict
from gates.policy.lockfile import require_locked
from gates.policy.records import GATES, ROLES
from gates.policy.suites import name_file
from gates.ports import ChecksPackages, ChecksParams, Trained
from gates.promotion.execute import conclude, promote
from gates.promotion.rules import is_nothing_new
from gates.reason import Code, Reason
from gates.registry import Version
from gates.session import Session


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Hold what the caller of a run wants: the data (None: those of the project), training parameters, and why drift is
    accepted.

    ``place`` is where the data came from, where ``source`` is only a kept copy of them.
    """

    source: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    accept_drift: str = ""
    place: str = ""


def run_pipeline(session: Session, request: RunRequest) -> Decision:
    """Take the data through all stages to a champion, or stop at the first that refuses; the champion stays unless all pass.

    Raises `ConfigError` for a gate that is not configured, `MissingExtra` with every package that a gate or the deployment needs
    and that is not installed, `PromotionRefused` where the lock differs, no first model is allowed
    or the promotion is refused, and the errors of the work.
    """
    session.policy.require(*GATES)
    _require_packages(session)
    require_locked(session.policy)
    _ = session.begun  # what changes from here on is noticed
    for sentence in session.work.sweep(session.home.path):
        session.progress.line(sentence, "mild")
    champion = session.champion()
    session.landmarks.require(session.work.name, session.registry.log(session.work.name))
    if champion is None and session.policy.first_model == "refuse":
        raise PromotionRefused(
            Reason(
                Code.FIRST_MODEL_REFUSED,
                f"{session.work.name} has no champion, and first_model = 'refuse' lets no model be the first",
            ),
            "set first_model = 'floors' in [tool.gates] for the first model, or restore the registry",
        )
    for role in ROLES:  # a key that must not be used is refused before anything is judged
        session.keys.signer(role)
    _check_params(session, request)
    batch = session.work.take(request.source, session.home.scratch)
    digest = session.registry.blobs.put(batch.path)
    data = session.registry.blobs.path(digest)
    batch.path.unlink(missing_ok=True)
    accepted = {"drift": request.accept_drift} if request.accept_drift else {}
    case = Case(batch=data, batch_digest=digest, champion=champion, accepted=accepted)
    session.progress.line(f"data {digest.short}  {batch.source}")

    with session.stage("data gate"):
        of_data = judge_gate(session, "data", case)
    session.tell(of_data)
    if not of_data.passed:
        return refuse([of_data], _stays(session))

    with session.stage("train"):
        trained = session.work.train(data, str(digest), dict(request.params), session.folder)
    _require_code(session, trained)
    case = replace(case, challenger=_seal(session, trained, data))
    session.progress.line(f"trained {_recipe(trained.facts)}")
    for note in filter(None, trained.facts.get("notes", "").split("; ")):
        session.progress.line(f"  {note}", "mild")

    of_model, of_drift = _side_by_side(session, case)
    if not (of_model.passed and of_drift.passed):
        return refuse([of_model, of_drift], _stays(session))
    if is_nothing_new(of_model):
        return Decision(
            Ending.NOTHING_TO_PROMOTE,
            f"nothing to promote: the challenger predicts every holdout row as the champion does; {_stays(session)}",
        )

    place = request.place or name_place(batch.source, session.policy, configured=request.source is None)
    version = _register(session, case, trained, place)
    case = replace(case, challenger=session.model_file(version))
    session.progress.line(f"registered {version.name} version {version.version}  {version.digest.short}")
    return _serve_and_promote(session, case, version, [of_data, of_model, of_drift])


def _require_packages(session: Session) -> None:
    """Refuse at the start, with all that is missing, what would stop a later stage."""
    missing = [error for gate in GATES for error in find_missing_packages(session.policy.gates[gate])]
    if hasattr(session.work, "missing_packages"):
        missing += cast(ChecksPackages, session.work).missing_packages()
    if missing:
        raise MissingExtra.of_all(missing)


def _check_params(session: Session, request: RunRequest) -> None:
    """Let the work refuse parameters before the data gate has spent its time, where the work can."""
    if hasattr(session.work, "check_params"):
        cast(ChecksParams, session.work).check_params(dict(request.params), session.folder)


def _stays(session: Session) -> str:
    champion = session.champion()
    if champion is None:
        return "nothing was promoted, there is no champion yet"
    return f"the champion is still {champion.version.name} version {champion.version.version}"


def _seal(session: Session, trained: Trained, data: Path) -> ModelFile:
    """Store the trained files under their digests, and return them as the challenger; from here on only these bytes are judged."""
    blobs = session.registry.blobs
    model, golden = blobs.put(trained.model), blobs.put(trained.golden)
    trained.model.unlink()
    trained.golden.unlink()
    return ModelFile(session.work.name, None, str(model), str(blobs.path(model)), str(data), str(blobs.path(golden)))


def _require_code(session: Session, trained: Trained) -> None:
    """Raise `PromotionRefused` where the training read code that no digest covers, or that is not what the digests say."""
    policy = session.policy
    covered = policy.suite_files("model")
    reasons = []
    for name, digest in read_json(trained.facts.get("code", "{}").encode()).items():
        label = name_file((policy.source.parent / name).resolve(), policy.gates["model"].suite, policy.root)
        if label not in covered:
            sentence = f"{label} was imported by the training, and neither the lock nor a verdict covers it"
            reasons.append(Reason(Code.CODE_WITHOUT_DIGEST, sentence))
        elif str(covered[label]) != digest:
            sentence = f"{label} was another file when the training read it; run again"
            reasons.append(Reason(Code.SUITE_CHANGED, sentence))
    if reasons:
        raise PromotionRefused(
            reasons, "import it by an import statement, and leave the files alone while a command runs"
        )


def _recipe(facts: Mapping[str, str]) -> str:
    return (
        ", ".join(f"{key} {value}" for key, value in facts.items() if key in ("recipe", "rows", "holdout_rows"))
        or "a model"
    )


def _side_by_side(session: Session, case: Case) -> tuple[Judgement, Judgement]:
    """Judge with the model and drift gates at the same time; they do not depend on each other."""
    with session.stage("model gate and drift gate"), ThreadPoolExecutor(2) as pool:
        of_model, of_drift = pool.map(lambda gate: judge_gate(session, gate, case), ("model", "drift"))
    session.tell(of_model)
    session.tell(of_drift)
    return of_model, of_drift


def _register(session: Session, case: Case, trained: Trained, place: str) -> Version:
    assert case.challenger is not None
    assert case.batch_digest is not None
    golden = Digest.of(Path(case.challenger.golden))
    facts = {name: fact for name, fact in trained.facts.items() if name != "code"}
    facts |= {"data": str(case.batch_digest), "golden": str(golden), "run": session.id}
    facts[FACT] = session.secrets.hide_text(place)
    return session.registry.register(session.work.name, Digest.parse(case.challenger.digest), facts)


def _serve_and_promote(session: Session, case: Case, version: Version, before: list[Judgement]) -> Decision:
    assert case.challenger is not None
    with session.stage("staging endpoint"):
        deployment = session.work.deploy(session.home.path, "challenger", Path(case.challenger.path), version)
    try:
        case = case.at(deployment)
        with session.stage("endpoint gate"):
            of_endpoint = judge_gate(session, "endpoint", case)
        session.tell(of_endpoint)
        for judgement in [*before, of_endpoint]:
            keep_verdict(session, judgement, bind_as_judged(session, case, judgement.gate))
        if not of_endpoint.passed:
            return refuse([of_endpoint], _stays(session))
        with session.stage("promotion"):
            return conclude(session, promote(session, version))
    finally:
        with session.stage("stopping the endpoint"):
            deployment.stop()
