"""The whole way of `gates run`: data gate, train, model and drift gates, register, staging endpoint, endpoint gate, promotion."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from gates.context import ModelFile
from gates.digest import Digest
from gates.errors import PromotionRefused
from gates.judgement.decision import Decision, Ending, refuse
from gates.judgement.judge import Judgement
from gates.policy.lockfile import require_locked
from gates.policy.records import GATES, ROLES
from gates.ports import Trained
from gates.promotion.approvals.process import promote_or_ask
from gates.promotion.rules import is_nothing_new
from gates.reason import Code, Reason
from gates.registry import Version
from gates.session import Case, Engine


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asked for."""

    source: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    accept_drift: str = ""


def run_pipeline(engine: Engine, request: Request) -> Decision:
    """Take the data all the way to a champion, or stop at the first stage that says no. The champion stays unless all pass."""
    engine.policy.require(*GATES)
    require_locked(engine.policy)
    for sentence in engine.work.sweep(engine.home.path):
        engine.progress.line(sentence, "mild")
    champion = engine.champion()
    engine.landmarks.require(engine.work.name, engine.registry.log(engine.work.name))
    if champion is None and engine.policy.first_model == "refuse":
        raise PromotionRefused(
            Reason(
                Code.FIRST_MODEL_REFUSED,
                f"{engine.work.name} has no champion, and first_model = 'refuse' lets no model be the first",
            ),
            "set first_model = 'floors' in [tool.gates] for the first model, or restore the registry",
        )
    for role in ROLES:  # a key that must not be used is told before anything is judged
        engine.keys.signer(role)
    batch = engine.work.take(request.source, engine.home.scratch)
    digest = engine.registry.blobs.put(batch.path)
    data = engine.registry.blobs.path(digest)
    batch.path.unlink(missing_ok=True)
    accepted = {"drift": request.accept_drift} if request.accept_drift else {}
    case = Case(batch=data, batch_digest=digest, champion=champion, accepted=accepted)
    engine.progress.line(f"data {digest.short}  {batch.source}")

    with engine.stage("data gate"):
        of_data = engine.judge("data", case)
    engine.tell(of_data)
    if not of_data.passed:
        return refuse([of_data], _stays(engine))

    with engine.stage("train"):
        trained = engine.work.train(data, str(digest), dict(request.params), engine.folder)
    case = replace(case, challenger=_seal(engine, trained, data))
    engine.progress.line(f"trained {_recipe(trained.facts)}")
    for note in filter(None, trained.facts.get("notes", "").split("; ")):
        engine.progress.line(f"  {note}", "mild")

    of_model, of_drift = _side_by_side(engine, case)
    if not (of_model.passed and of_drift.passed):
        return refuse([of_model, of_drift], _stays(engine))
    if is_nothing_new(of_model):
        return Decision(
            Ending.NOTHING_TO_PROMOTE,
            f"nothing to promote: the challenger predicts every holdout row as the champion does; {_stays(engine)}",
        )

    version = _register(engine, case, trained)
    case = replace(case, challenger=engine.model_file(version))
    engine.progress.line(f"registered {version.name} version {version.version}  {version.digest.short}")
    return _serve_and_promote(engine, case, version, [of_data, of_model, of_drift])


def _stays(engine: Engine) -> str:
    champion = engine.champion()
    if champion is None:
        return "nothing was promoted, there is no champion yet"
    return f"the champion is still {champion.version.name} version {champion.version.version}"


def _seal(engine: Engine, trained: Trained, data: Path) -> ModelFile:
    """Put the trained bytes under their own name; from here on only these bytes are judged."""
    blobs = engine.registry.blobs
    model, golden = blobs.put(trained.model), blobs.put(trained.golden)
    trained.model.unlink()
    trained.golden.unlink()
    return ModelFile(engine.work.name, None, str(model), str(blobs.path(model)), str(data), str(blobs.path(golden)))


def _recipe(facts: Mapping[str, str]) -> str:
    return (
        ", ".join(f"{key} {value}" for key, value in facts.items() if key in ("recipe", "rows", "holdout_rows"))
        or "a model"
    )


def _side_by_side(engine: Engine, case: Case) -> tuple[Judgement, Judgement]:
    """The model and drift gates do not depend on each other; two processors, two children."""
    with engine.stage("model gate and drift gate"), ThreadPoolExecutor(2) as pool:
        of_model, of_drift = pool.map(lambda gate: engine.judge(gate, case), ("model", "drift"))
    engine.tell(of_model)
    engine.tell(of_drift)
    return of_model, of_drift


def _register(engine: Engine, case: Case, trained: Trained) -> Version:
    assert case.challenger is not None
    assert case.batch_digest is not None
    golden = Digest.of(Path(case.challenger.golden))
    facts = {**trained.facts, "data": str(case.batch_digest), "golden": str(golden), "run": engine.id}
    return engine.registry.register(engine.work.name, Digest.parse(case.challenger.digest), facts)


def _serve_and_promote(engine: Engine, case: Case, version: Version, before: list[Judgement]) -> Decision:
    assert case.challenger is not None
    with engine.stage("staging endpoint"):
        deployment = engine.work.deploy(engine.home.path, "challenger", Path(case.challenger.path), version)
    try:
        case = case.at(deployment)
        with engine.stage("endpoint gate"):
            of_endpoint = engine.judge("endpoint", case)
        engine.tell(of_endpoint)
        bindings = engine.bindings(case)
        for judgement in [*before, of_endpoint]:
            engine.keep(judgement, bindings[judgement.gate])
        if not of_endpoint.passed:
            return refuse([of_endpoint], _stays(engine))
        with engine.stage("promotion"):
            return promote_or_ask(engine, version)
    finally:
        with engine.stage("stopping the endpoint"):
            deployment.stop()
