"""Whatever decides may change at any moment of a run; then that run promotes nothing, and what it signed is still true.

A matrix of inputs and stages. The children are replaced by records of sound runs, so that each cell takes a fraction of a second;
`tests/promotion/test_promotion_codes.py` has real ones.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from faults import held_examples
from promotion.small_home import SmallHome, make_small_home

from gates.attest import GATE, STATEMENT_TYPE, open_envelope
from gates.attest.result import read_result
from gates.digest import Digest
from gates.environment import Environment
from gates.errors import PromotionRefused
from gates.execution import runner
from gates.execution.run_record import Facts
from gates.judgement.decision import Ending
from gates.policy.lockfile import Lock, lock_path, render
from gates.policy.reader import read_policy
from gates.policy.records import GATES, Policy
from gates.ports import Work
from gates.reason import Code, Reason
from gates.workflow import pipeline
from gates.workflow.pipeline import RunRequest, run_pipeline

Edit = Callable[[Path], None]
VALUES = {"rows": "200.0", "accuracy": "0.9", "p_value": "0.4"}


def append(name: str) -> Edit:
    def edit(root: Path) -> None:
        with (root / name).open("a", encoding="utf-8") as file:
            file.write("\n# changed\n")

    return edit


def add(name: str) -> Edit:
    return lambda root: (root / name).write_text("VALUE = 1\n", encoding="utf-8") and None


def exchange(file: Path, text: str) -> None:
    """Give a file another text at once: the stand-in of another gate may be reading it."""
    changed = file.with_name("changed.toml")
    changed.write_text(text, encoding="utf-8")
    changed.replace(file)


def replace_in_policy(old: str, new: str) -> Edit:
    def edit(root: Path) -> None:
        file = root / "pyproject.toml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        exchange(file, text.replace(old, new))

    return edit


INPUTS: dict[str, Edit] = {
    "suite of the data gate": append("data_checks/test_rows.py"),
    "suite of the model gate": append("model_checks/test_floors.py"),
    "suite of the drift gate": append("model_checks/test_drift.py"),
    "suite of the endpoint gate": append("endpoint_checks/test_smoke.py"),
    "a new file in a suite": add("endpoint_checks/helper.py"),
    "conftest": append("conftest.py"),
    "a bound": replace_in_policy(">= 0.8", ">= 0.1"),
    "a setting": replace_in_policy('["accuracy", "macro_f1"]', '["accuracy"]'),
    "the configuration of the work": replace_in_policy(
        "[tool.gates.data]", "[tool.ml]\ndepth = 1\n\n[tool.gates.data]"
    ),
    "the installed packages": lambda root: PACKAGES.append(b"one more"),
}
STAGES = ("data gate", "training", "model gate", "drift gate", "deployment", "endpoint gate", "promotion")
PACKAGES = [b"as they were"]


@pytest.fixture
def examples(request: pytest.FixtureRequest):
    """Hold the examples of docs/faults.md that name this test to the reasons that it makes."""
    yield from held_examples(request.node.nodeid)


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return make_small_home(tmp_path / "project")


CHANGED = {
    *(Code.SUITE_CHANGED, Code.POLICY_CHANGED, Code.ENVIRONMENT_CHANGED),
    *(Code.OTHER_SUITE, Code.OTHER_POLICY, Code.OTHER_ENVIRONMENT),
}


class Stages:
    """Runs something once, when a run comes to a stage."""

    def __init__(self) -> None:
        self.act: dict[str, Callable[[], None]] = {}
        self._lock = threading.Lock()

    def reach(self, stage: str) -> None:
        with self._lock:
            self.act.pop(stage, lambda: None)()


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Stages:
    """Sound records instead of children, and a hook at every stage; between a gate's start and its end for the gates."""
    stages = Stages()
    PACKAGES[:] = [b"as they were"]
    for module in ("execution.runner", "judging", "session"):
        monkeypatch.setattr(
            f"gates.{module}.look_at_environment", lambda: Environment(Digest.of_bytes(b"".join(PACKAGES)), 0)
        )

    def run_child(
        command: list[str], root: Path, log: Path, limit: float, facts: Facts, key: str, gate: str
    ) -> tuple[int, bool]:
        context = next(word.partition("=")[2] for word in command if word.startswith("--gates-context="))
        about = json.loads(Path(context).read_text(encoding="utf-8"))
        log.write_bytes(b"")
        for line in record_of(about["gate"], Path(about["config"])):
            facts._take(json.dumps(line).encode())  # as it comes from the pipe
        stages.reach(f"{about['gate']} gate")
        return 0, False

    monkeypatch.setattr(runner, "_in_child", run_child)
    original = pipeline.promote

    def promote(*arguments):
        stages.reach("promotion")
        return original(*arguments)

    monkeypatch.setattr(pipeline, "promote", promote)
    return stages


@cache
def policy_of(config: Path) -> Policy:
    """The policy as the first child read it: gates run side by side, and a test writes into the file meanwhile."""
    return read_policy(config)


def record_of(gate: str, config: Path):
    checks = policy_of(config).gates[gate].checks
    yield {"kind": "collected", "seen": [*checks], "kept": [*checks]}
    for name, check in checks.items():
        evidence = [{"id": id, "value": VALUES[id], **MEASURED} for id in check.bounds]
        for when in ("setup", "call", "teardown"):
            given = evidence if when == "call" else []
            yield {"kind": "report", "id": name, "when": when, "outcome": "passed", "evidence": given, **ORDINARY}
    yield {
        "kind": "finish",
        "exit": 0,
        "optimize": 0,
        "asserts": "rewrite",
        "options": {},
        "code": [],
        "read": {},
        "policy": str(policy_of(config).digest),
    }


MEASURED = {"n": 200, "detail": "", "needed_n": None, "kind": "measurement", "name": "", "unit": "", "better": ""}
ORDINARY = {
    "xfail": False, "subtest": False, "why": "", "not_applicable": "", "inconclusive": False, "crashed": False,
    "misconfigured": False, "raised": "", "attempts": 1, "seconds": 0.0,
}  # fmt: skip


@dataclass(frozen=True)
class Watched:
    """The work of a session, with a hook where training and deployment begin."""

    work: Work
    stages: Stages

    def __getattr__(self, name: str) -> object:
        return getattr(self.work, name)

    def train(self, *arguments: object) -> object:
        self.stages.reach("training")
        return self.work.train(*arguments)

    def deploy(self, *arguments: object) -> object:
        self.stages.reach("deployment")
        return self.work.deploy(*arguments)


def run(small: SmallHome, stages: Stages) -> tuple[Reason, ...]:
    """Run the whole way. Return what stands against a promotion; nothing where it promoted."""
    session = small.session
    session.work = Watched(session.work, stages)
    try:
        decision = run_pipeline(session, RunRequest())
    except PromotionRefused as error:
        return error.reasons
    assert decision.reasons or decision.ending is Ending.PROMOTED
    return decision.reasons


def test_a_run_that_nobody_disturbs_promotes(small, stages):
    assert run(small, stages) == ()


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", INPUTS)
def test_a_change_at_any_stage_stops_the_promotion(name, stage, small, stages):
    stages.act[stage] = lambda: INPUTS[name](small.project.root)
    codes = {reason.code for reason in run(small, stages)}
    assert stages.act == {}, "the stage was never reached"
    assert codes & CHANGED, codes
    assert small.session.champion() is None


@pytest.mark.parametrize(
    ("code", "name"), [(Code.POLICY_CHANGED, "a bound"), (Code.ENVIRONMENT_CHANGED, "the installed packages")]
)
def test_what_changes_while_a_gate_runs_has_a_code_of_its_own(code, name, small, stages, examples):
    stages.act["model gate"] = lambda: INPUTS[name](small.project.root)
    examples += run(small, stages)
    assert code in {reason.code for reason in examples}


def test_a_policy_that_becomes_unreadable_while_a_gate_runs_refuses_it(small, stages):
    session = small.session
    stages.act["model gate"] = lambda: exchange(small.project.root / "pyproject.toml", "[tool")
    texts = [reason.text for reason in run(small, stages) if reason.code is Code.POLICY_CHANGED]
    assert texts  # the drift gate runs beside the model gate: it says the same where it ends later
    assert all("pyproject.toml became unreadable" in text for text in texts)
    assert session.champion() is None


def test_a_suite_that_is_exchanged_and_put_back_is_noticed_by_the_gate_that_ran_it(small, stages):
    file = small.project.root / "model_checks/test_floors.py"
    original = file.read_bytes()
    stages.act["training"] = lambda: append("model_checks/test_floors.py")(small.project.root)
    stages.act["deployment"] = lambda: file.write_bytes(original)
    reason = next(reason for reason in run(small, stages) if reason.code is Code.SUITE_CHANGED)
    assert "changed after this command began; run it again" in reason.text
    assert small.session.champion() is None


def test_packages_that_are_there_while_a_gate_runs_and_gone_again_before_the_promotion_are_noticed(small, stages):
    stages.act["training"] = lambda: PACKAGES.append(b"another one")
    stages.act["model gate"] = PACKAGES.pop  # between the gate's start and its end
    assert Code.ENVIRONMENT_CHANGED in {reason.code for reason in run(small, stages)}
    assert small.session.champion() is None


def test_the_lock_is_held_before_every_gate(small, stages):
    small.gates("require_lock = true")
    lock_path(small.project.policy).write_text(render(Lock.of(small.project.policy)))
    assert run(small, stages) == ()
    stages.act["training"] = lambda: append("endpoint_checks/test_smoke.py")(small.project.root)
    assert {reason.code for reason in run(small, stages)} == {Code.LOCK_DIFFERS}


def test_a_verdict_names_what_its_gate_ran_with(small, stages):
    """Also where the run is refused: a verdict that is kept is true."""
    policy = small.project.policy
    suites = {gate: policy.suite_digest(gate) for gate in GATES}
    stages.act["promotion"] = lambda: [
        append(name)(small.project.root) for name in ("conftest.py", "model_checks/test_floors.py")
    ]
    assert Code.OTHER_SUITE in {reason.code for reason in run(small, stages)}
    session = small.session
    version = session.registry.latest("papers")
    kept = session.registry.verdicts("papers", version.digest)
    verdicts = [
        read_result(
            open_envelope(session.registry.verdict_document(one.digest), STATEMENT_TYPE, session.keys.trusted(GATE))
        )
        for one in kept
    ]
    assert {verdict.gate: verdict.binding.suite for verdict in verdicts} == suites
    assert {verdict.binding.policy for verdict in verdicts} == {policy.digest}
