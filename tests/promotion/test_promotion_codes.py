"""Each reason code of moving the champion and of starting a run: the smallest case on a home, and its code alone.

Wording is not asserted here: `docs/faults.md` holds it.
"""

from __future__ import annotations

import json

import pytest
from faults import held_examples
from promotion.small_home import SmallHome
from small_project import FILES, FLOOR, PYPROJECT, make_project

from gates.errors import PromotionRefused
from gates.policy.lockfile import Lock, lock_path, render
from gates.promotion.approvals.answers import approve, reject
from gates.promotion.approvals.store import ApprovalStore
from gates.promotion.break_glass import break_glass
from gates.promotion.execute import AwaitingApproval, promote
from gates.promotion.rollback import roll_back
from gates.reason import Code, Reason
from gates.workflow.pipeline import RunRequest, run_pipeline
from gates.workflow.run_history import recorded

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(autouse=True)
def examples(request):
    """Hold the examples of docs/faults.md that name this test to the reasons that it makes."""
    yield from held_examples(request.node.nodeid)


@pytest.fixture
def codes_of(examples):
    """Return a function that gives the codes with which an act is refused."""

    def refuse(act, *arguments) -> set[Code]:
        with pytest.raises(PromotionRefused) as refused:
            act(*arguments)
        examples.extend(refused.value.reasons)
        return {reason.code for reason in refused.value.reasons}

    return refuse


def test_a_rollback_needs_a_reason_a_champion_and_somewhere_to_go(small, codes_of):
    assert codes_of(roll_back, small.session, "it errs") == {Code.NO_CHAMPION}
    small.crowned("A")
    assert codes_of(roll_back, small.session, " ") == {Code.REASON_MISSING}
    assert codes_of(roll_back, small.session, "it errs") == {Code.NOTHING_TO_GO_BACK_TO}


def test_glass_breaks_for_a_listed_key_only(small, codes_of):
    version = small.register("B")
    assert codes_of(break_glass, small.session, version, small.someone("Eve").signer, "errors", "T-7") == {
        Code.KEY_NOT_ALLOWED
    }


@pytest.fixture
def approving(small: SmallHome, monkeypatch: pytest.MonkeyPatch) -> SmallHome:
    """Return a home where two of three people must approve, and Cy starts every command."""
    for module in ("promotion.approvals.requests", "workflow.run_history"):
        monkeypatch.setattr(f"gates.{module}.find_initiators", lambda: ("cy", "runner"))
    people = ", ".join(small.someone(name).entry() for name in ("Ada", "Bo", "Cy"))
    small.gates(f"[tool.gates.promotion]\napprovals = 2\napprovers = [{people}]\n")
    return small


def test_an_approval_is_refused_with_a_code_for_each_fault(approving, codes_of, examples):
    version = approving.judged("A")
    session = approving.session
    outcome = promote(session, version)
    assert isinstance(outcome, AwaitingApproval)
    assert outcome.reason.code is Code.NOT_APPROVED
    examples.append(outcome.reason)
    request = ApprovalStore.of(session).find(session.id)
    ada, cy = approving.someone("Ada").signer, approving.someone("Cy").signer
    assert isinstance(promote(approving.session, version), AwaitingApproval)
    assert codes_of(approve, approving.session, request, cy) == {Code.APPROVER_NOT_ALLOWED}
    assert codes_of(reject, approving.session, request, ada, " ") == {Code.REASON_MISSING}
    approving.clock.forward(minutes=1)
    approving.judge(version)
    assert codes_of(approve, approving.session, request, ada) == {Code.REQUEST_OUTDATED}


def test_a_rejected_request_is_closed(approving, codes_of):
    version, session = approving.judged("A"), approving.session
    promote(session, version)
    reject(approving.session, ApprovalStore.of(session).find(session.id), approving.someone("Ada").signer, "too early")
    assert codes_of(promote, approving.session, version) == {Code.REQUEST_CLOSED}


def test_a_lost_registry_and_a_changed_policy_stop_a_run(small, codes_of):
    small.gates("require_lock = true")
    lock_path(small.project.policy).write_text(render(Lock.of(small.project.policy)))
    small.crowned("A")
    for path in small.folder.glob("registry.db*"):
        path.unlink()
    for path in sorted((small.folder / "blobs").rglob("*"), reverse=True):
        path.parent.chmod(0o755)
        path.unlink() if path.is_file() else path.rmdir()
    (small.folder / "blobs").rmdir()
    assert codes_of(run_pipeline, small.session, RunRequest()) == {Code.LEDGER_BEHIND}
    small.project.edit("pyproject.toml", ">= 0.8", ">= 0.1")
    assert codes_of(run_pipeline, small.session, RunRequest()) == {Code.LOCK_DIFFERS}


def test_a_policy_may_let_no_model_be_the_first(small, codes_of):
    small.project.edit("pyproject.toml", 'first_model = "floors"', 'first_model = "refuse"')
    assert codes_of(run_pipeline, small.session, RunRequest()) == {Code.FIRST_MODEL_REFUSED}


def test_a_run_that_ends_in_an_error_is_kept_with_its_code(small, examples):
    session = small.session

    def fail():
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        recorded(session, "run", fail)
    (kept,) = [run for run in session.registry.runs() if run.state == "failed"]
    (reason,) = json.loads(kept.document)["reasons"]
    examples.append(Reason.from_json(reason))
    assert examples[0].code is Code.ERROR


HEAD = "import time\n\nimport pytest\n\npytestmark = pytest.mark.gate('model')\n\n\ndef test_clears_the_floor():\n    "
BODIES = {
    Code.RUN_TIMED_OUT: "time.sleep(60)\n",
    Code.SUITE_CHANGED: "open(__file__, 'a').write('# changed')\n",
    Code.PROCESS_LEFT_BEHIND: "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)\n",
}


@pytest.mark.parametrize("code", BODIES)
def test_a_suite_that_hangs_edits_itself_or_leaves_a_process_has_a_code_of_its_own(code, tmp_path, examples):
    limit = "3s" if code is Code.RUN_TIMED_OUT else "10m"
    policy = PYPROJECT.replace('timeout = "20s"', f'timeout = "{limit}"')
    project = make_project(tmp_path, **{**FILES, FLOOR: HEAD + BODIES[code], "pyproject.toml": policy})
    examples += project.judge().reasons
    assert code in {reason.code for reason in examples}
