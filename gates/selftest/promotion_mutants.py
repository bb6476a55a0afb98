"""Mutants of what a promotion relies on: verdicts that are missing, old, foreign or replayed, and files edited after the gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from gates.attest import Binding
from gates.digest import Digest
from gates.judging import keep_verdict
from gates.promotion.execute import promote
from gates.reason import Code, Reason
from gates.registry import Version
from gates.selftest.bench import Bench
from gates.selftest.detection import Detection
from gates.selftest.mutant import Mutant
from gates.selftest.project import Project
from gates.selftest.sandbox import Fault, PromotionSandbox, bind_version, try_audit, try_promotion

_REMEDY = "this is the promotion's own work: report it as a fault of gates"


def _no_verdict(sandbox: PromotionSandbox) -> None:
    sandbox.sql("DELETE FROM verdict WHERE gate = 'data'")


def _refused(sandbox: PromotionSandbox) -> None:
    """Keep a refusal as the newest verdict of a gate, after one that passed."""
    judgement = replace(sandbox.judged("model"), reasons=(Reason(Code.CHECK_FAILED, "selftest"),))
    keep_verdict(sandbox.session, judgement, bind_version(sandbox.session, sandbox.model)["model"])


def _stale(sandbox: PromotionSandbox) -> None:
    now, age = sandbox.session.clock(), sandbox.bench.policy.max_age + timedelta(minutes=5)
    sandbox.session.clock = lambda: now + age


def _future(sandbox: PromotionSandbox) -> None:
    """Set the clock back after the gates judged."""
    now = sandbox.session.clock()
    sandbox.session.clock = lambda: now - timedelta(hours=3)


def _replayed(sandbox: PromotionSandbox) -> None:
    """Promote the model, go back to the earlier one, and let the same verdicts promote the model again."""
    promote(sandbox.session, sandbox.model)
    _come_back(sandbox, sandbox.bench.clean.past)


def _come_back(sandbox: PromotionSandbox, version: Version) -> None:
    for gate, binding in bind_version(sandbox.session, version).items():
        keep_verdict(sandbox.session, sandbox.judged(gate), binding)
    promote(sandbox.session, version)


def _champion_moved(sandbox: PromotionSandbox) -> None:
    """Promote the earlier champion again: the same bytes serve, but since a later epoch (A-B-A)."""
    _come_back(sandbox, sandbox.bench.clean.past)


def _bound(sandbox: PromotionSandbox, change: Callable[[Binding], Binding]) -> None:
    """Keep a newer verdict of the model gate that is bound to something else."""
    binding = bind_version(sandbox.session, sandbox.model)["model"]
    digest = keep_verdict(sandbox.session, sandbox.judged("model"), change(binding))
    document = sandbox.session.registry.verdict_document(digest)
    if change(binding).model != binding.model:  # kept under a model that the verdict is not about
        sandbox.session.registry.keep_verdict(
            binding.name, "model", binding.model, document + b" ", True, sandbox.session.clock() + timedelta(seconds=1)
        )


def _other_keys(sandbox: PromotionSandbox) -> None:
    """Keep verdicts that somebody signed with a key of their own."""
    stranger = sandbox.bench.open(home=sandbox.bench.place())
    binding = bind_version(sandbox.session, sandbox.model)["model"]
    digest = keep_verdict(stranger, sandbox.judged("model"), binding)
    document = stranger.registry.verdict_document(digest)
    sandbox.session.registry.keep_verdict(
        binding.name, "model", binding.model, document, True, sandbox.session.clock() + timedelta(seconds=1)
    )


def _elsewhere(sandbox: PromotionSandbox, damage: Callable[[Project], None]) -> None:
    """Keep verdicts of another project: the same model and data, under a weaker suite or policy."""
    project = sandbox.bench.project()
    damage(project)
    sandbox.keep_all(sandbox.bench.open(project.config, home=sandbox.home))


def _loosen(project: Project) -> None:
    """Give the model gate bounds that hold whatever is measured."""
    for table in project.files("model").values():
        for bounds in table.get("thresholds", {}).values():
            for id, bound in bounds.items():
                bounds[id] = ">= -1e9" if str(bound).strip().startswith((">", "==")) else "<= 1e9"
    project.write()


def _hollow(project: Project) -> None:
    """Add a hook to conftest.py that could hide failures."""
    project.edit("conftest.py", lambda text: text + "\n\ndef pytest_runtest_call(item):\n    return None\n")


def _edit_model(sandbox: PromotionSandbox) -> None:
    path = sandbox.blob(sandbox.model.digest)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _swap_model(sandbox: PromotionSandbox) -> None:
    path, other = sandbox.blob(sandbox.model.digest), sandbox.blob(sandbox.bench.clean.past.digest)
    path.write_bytes(other.read_bytes())


def _link_model(sandbox: PromotionSandbox) -> None:
    path = sandbox.blob(sandbox.model.digest)
    path.symlink_to(path.replace(sandbox.home / "moved"))


def _lose_model(sandbox: PromotionSandbox) -> None:
    sandbox.blob(sandbox.model.digest).unlink()


def _edit_data(sandbox: PromotionSandbox) -> None:
    path = sandbox.blob(sandbox.model.facts["data"])
    path.write_bytes(path.read_bytes() + b"\n")


def _edit_verdict(sandbox: PromotionSandbox) -> None:
    kept = sandbox.session.registry.verdicts(sandbox.model.name, sandbox.model.digest)[-1]
    path = sandbox.blob(kept.digest)
    path.write_bytes(path.read_bytes().replace(b'"', b"'", 1))


def _move_alias(sandbox: PromotionSandbox) -> None:
    sandbox.sql(f"UPDATE alias SET version = {sandbox.bench.clean.past.version}")


def _edit_log(sandbox: PromotionSandbox) -> None:
    sandbox.sql("UPDATE promotion SET old_version = NULL WHERE epoch = 2")


def _cut_log(sandbox: PromotionSandbox) -> None:
    sandbox.sql("DELETE FROM promotion WHERE epoch = 1")


def _damage_cell(sandbox: PromotionSandbox) -> None:
    """Damage what the ledger says of the model to promote: the end of its JSON is gone."""
    sandbox.sql(f"UPDATE version SET facts = substr(facts, 1, 7) WHERE version = {sandbox.model.version}")


def _break_text(sandbox: PromotionSandbox) -> None:
    """Write bytes that are no UTF-8 into an entry of the log."""
    sandbox.sql("UPDATE promotion SET at = CAST(X'32FF30' AS TEXT) WHERE epoch = 1")


def _mutant(
    name: str,
    fault: str,
    inject: Fault,
    *codes: Code,
    attempt: Callable[[Bench, Fault], tuple[Detection, ...]] = try_promotion,
) -> Mutant:
    """Return a mutant. Without ``codes`` the registry itself has to end with an error: its files are not what it wrote."""
    by = "verify" if attempt is try_audit else "promotion"
    wanted = frozenset(codes or (Code.ERROR,))
    return Mutant(name, "promotion", by, fault, _REMEDY, lambda bench: attempt(bench, inject), wanted)


_NOTHING = Digest.of_bytes(b"nothing of the kind")

MUTANTS = (
    _mutant("verdict-missing", "a gate never judged", _no_verdict, Code.VERDICT_MISSING),
    _mutant("verdict-refused", "the newest verdict of a gate is a refusal", _refused, Code.VERDICT_REFUSED),
    _mutant("verdict-stale", "the verdicts are older than max_age", _stale, Code.VERDICT_TOO_OLD),
    _mutant(
        "verdict-from-the-future", "the clock was set back after the gates judged", _future, Code.VERDICT_FROM_FUTURE
    ),
    _mutant(
        "verdict-replayed",
        "verdicts that were used for a promotion are used again",
        _replayed,
        Code.VERDICT_USED,
        Code.VERDICT_MISSING,
    ),
    _mutant(
        "verdict-of-another-model",
        "a verdict about another model file",
        partial(_bound, change=lambda b: replace(b, model=_NOTHING)),
        Code.OTHER_MODEL,
    ),
    _mutant(
        "verdict-on-other-data",
        "a verdict made on other data",
        partial(_bound, change=lambda b: replace(b, data=_NOTHING)),
        Code.OTHER_DATA,
    ),
    _mutant(
        "verdict-of-another-suite",
        "the suite was edited after the gate",
        partial(_bound, change=lambda b: replace(b, suite=_NOTHING)),
        Code.OTHER_SUITE,
    ),
    _mutant(
        "verdict-of-another-policy",
        "the policy was edited after the gate",
        partial(_bound, change=lambda b: replace(b, policy=_NOTHING)),
        Code.OTHER_POLICY,
    ),
    _mutant(
        "verdict-of-other-packages",
        "a package was exchanged after the gate",
        partial(_bound, change=lambda b: replace(b, environment=_NOTHING)),
        Code.OTHER_ENVIRONMENT,
    ),
    _mutant(
        "verdict-of-a-stranger", "a verdict signed with a key that nobody trusts", _other_keys, Code.VERDICT_UNREADABLE
    ),
    _mutant("verdict-edited", "a kept verdict was edited", _edit_verdict, Code.VERDICT_UNREADABLE),
    _mutant(
        "policy-loosened",
        "the gates passed under a policy whose bounds hold always",
        partial(_elsewhere, damage=_loosen),
        Code.OTHER_POLICY,
    ),
    _mutant(
        "suite-hollowed",
        "the gates passed with a conftest.py that is not the project's",
        partial(_elsewhere, damage=_hollow),
        Code.OTHER_SUITE,
    ),
    _mutant(
        "champion-moved", "the champion moved away and came back after the gate", _champion_moved, Code.OTHER_CHAMPION
    ),
    _mutant("model-edited", "a byte of the model file changed after the gate", _edit_model),
    _mutant("model-swapped", "the model file was exchanged after the gate", _swap_model),
    _mutant("model-linked", "the model file became a symbolic link after the gate", _link_model),
    _mutant("model-lost", "the model file is gone", _lose_model),
    _mutant("data-edited", "the data were edited after the gate", _edit_data),
    _mutant("cell-damaged", "what the ledger says of the model breaks off", _damage_cell),
    _mutant("log-unreadable", "an entry of the promotion log is no text any more", _break_text),
    _mutant("champion-moved-by-hand", "somebody moved the alias in the ledger", _move_alias, attempt=try_audit),
    _mutant("champion-edited", "a byte of the serving model's file changed", _edit_model, attempt=try_audit),
    _mutant("cell-damaged-later", "what the ledger says of the champion breaks off", _damage_cell, attempt=try_audit),
    _mutant("log-unreadable-later", "an entry of the log is no text any more", _break_text, attempt=try_audit),
    _mutant("log-edited", "an entry of the promotion log was edited", _edit_log, attempt=try_audit),
    _mutant("log-cut", "an entry of the promotion log is gone", _cut_log, attempt=try_audit),
)
