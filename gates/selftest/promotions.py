"""Mutants of what a promotion stands on: verdicts that are missing, old, foreign or replayed, and files edited after the gate."""

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
from gates.selftest.catch import Catch
from gates.selftest.mutant import Mutant
from gates.selftest.project import Project
from gates.selftest.stand import Fault, Stand, bind_version, try_audit, try_promotion

_REMEDY = "this is the promotion's own work: report it as a fault of gates"


def _no_verdict(stand: Stand) -> None:
    stand.sql("DELETE FROM verdict WHERE gate = 'data'")


def _refused(stand: Stand) -> None:
    """The newest verdict is a refusal, however good the one before was."""
    judgement = replace(stand.judged("model"), reasons=(Reason(Code.CHECK_FAILED, "selftest"),))
    keep_verdict(stand.session, judgement, bind_version(stand.session, stand.model)["model"])


def _stale(stand: Stand) -> None:
    now, age = stand.session.clock(), stand.bench.policy.max_age + timedelta(minutes=5)
    stand.session.clock = lambda: now + age


def _future(stand: Stand) -> None:
    """The clock was set back after the gates judged."""
    now = stand.session.clock()
    stand.session.clock = lambda: now - timedelta(hours=3)


def _replayed(stand: Stand) -> None:
    """Promoted, moved away again, and the same verdicts once more."""
    promote(stand.session, stand.model)
    _come_back(stand, stand.bench.clean.past)


def _come_back(stand: Stand, version: Version) -> None:
    for gate, binding in bind_version(stand.session, version).items():
        keep_verdict(stand.session, stand.judged(gate), binding)
    promote(stand.session, version)


def _champion_moved(stand: Stand) -> None:
    """The champion of a while ago was promoted again: the same bytes serve, but it is not the same reign (A-B-A)."""
    _come_back(stand, stand.bench.clean.past)


def _bound(stand: Stand, bend: Callable[[Binding], Binding]) -> None:
    """A newer verdict of the model gate that is bound to something else."""
    binding = bind_version(stand.session, stand.model)["model"]
    digest = keep_verdict(stand.session, stand.judged("model"), bend(binding))
    document = stand.session.registry.verdict_document(digest)
    if bend(binding).model != binding.model:  # filed under the model that it is not about
        stand.session.registry.keep_verdict(
            binding.name, "model", binding.model, document + b" ", True, stand.session.clock() + timedelta(seconds=1)
        )


def _other_keys(stand: Stand) -> None:
    """Verdicts signed by somebody with a key of their own."""
    stranger = stand.bench.open(home=stand.bench.place())
    binding = bind_version(stand.session, stand.model)["model"]
    digest = keep_verdict(stranger, stand.judged("model"), binding)
    document = stranger.registry.verdict_document(digest)
    stand.session.registry.keep_verdict(
        binding.name, "model", binding.model, document, True, stand.session.clock() + timedelta(seconds=1)
    )


def _elsewhere(stand: Stand, bend: Callable[[Project], None]) -> None:
    """The gates passed in another project: the same model and data, a weaker suite or policy. Promoted in this one."""
    project = stand.bench.project()
    bend(project)
    stand.keep_all(stand.bench.open(project.config, home=stand.home))


def _loosen(project: Project) -> None:
    """Every bound of the model gate holds whatever is measured."""
    for table in project.files("model").values():
        for bounds in table.get("thresholds", {}).values():
            for id, bound in bounds.items():
                bounds[id] = ">= -1e9" if str(bound).strip().startswith((">", "==")) else "<= 1e9"
    project.write()


def _hollow(project: Project) -> None:
    """A conftest.py that forgives everything."""
    project.edit("conftest.py", lambda text: text + "\n\ndef pytest_runtest_call(item):\n    return None\n")


def _edit_model(stand: Stand) -> None:
    path = stand.blob(stand.model.digest)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _swap_model(stand: Stand) -> None:
    path, other = stand.blob(stand.model.digest), stand.blob(stand.bench.clean.past.digest)
    path.write_bytes(other.read_bytes())


def _link_model(stand: Stand) -> None:
    path = stand.blob(stand.model.digest)
    path.symlink_to(path.replace(stand.home / "moved"))


def _lose_model(stand: Stand) -> None:
    stand.blob(stand.model.digest).unlink()


def _edit_data(stand: Stand) -> None:
    path = stand.blob(stand.model.facts["data"])
    path.write_bytes(path.read_bytes() + b"\n")


def _edit_verdict(stand: Stand) -> None:
    kept = stand.session.registry.verdicts(stand.model.name, stand.model.digest)[-1]
    path = stand.blob(kept.digest)
    path.write_bytes(path.read_bytes().replace(b'"', b"'", 1))


def _move_alias(stand: Stand) -> None:
    stand.sql(f"UPDATE alias SET version = {stand.bench.clean.past.version}")


def _edit_log(stand: Stand) -> None:
    stand.sql("UPDATE promotion SET old_version = NULL WHERE epoch = 2")


def _cut_log(stand: Stand) -> None:
    stand.sql("DELETE FROM promotion WHERE epoch = 1")


def _mutant(
    name: str,
    fault: str,
    inject: Fault,
    *codes: Code,
    attempt: Callable[[Bench, Fault], tuple[Catch, ...]] = try_promotion,
) -> Mutant:
    """Without ``codes`` the registry itself has to end with an error: its files are not what it wrote."""
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
        partial(_bound, bend=lambda b: replace(b, model=_NOTHING)),
        Code.OTHER_MODEL,
    ),
    _mutant(
        "verdict-on-other-data",
        "a verdict made on other data",
        partial(_bound, bend=lambda b: replace(b, data=_NOTHING)),
        Code.OTHER_DATA,
    ),
    _mutant(
        "verdict-of-another-suite",
        "the suite was edited after the gate",
        partial(_bound, bend=lambda b: replace(b, suite=_NOTHING)),
        Code.OTHER_SUITE,
    ),
    _mutant(
        "verdict-of-another-policy",
        "the policy was edited after the gate",
        partial(_bound, bend=lambda b: replace(b, policy=_NOTHING)),
        Code.OTHER_POLICY,
    ),
    _mutant(
        "verdict-of-other-packages",
        "a package was exchanged after the gate",
        partial(_bound, bend=lambda b: replace(b, environment=_NOTHING)),
        Code.OTHER_ENVIRONMENT,
    ),
    _mutant(
        "verdict-of-a-stranger", "a verdict signed with a key that nobody trusts", _other_keys, Code.VERDICT_UNREADABLE
    ),
    _mutant("verdict-edited", "a kept verdict was edited", _edit_verdict, Code.VERDICT_UNREADABLE),
    _mutant(
        "policy-loosened",
        "the gates passed under a policy whose bounds hold always",
        partial(_elsewhere, bend=_loosen),
        Code.OTHER_POLICY,
    ),
    _mutant(
        "suite-hollowed",
        "the gates passed with a conftest.py that is not the project's",
        partial(_elsewhere, bend=_hollow),
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
    _mutant("champion-moved-by-hand", "somebody moved the alias in the ledger", _move_alias, attempt=try_audit),
    _mutant("champion-edited", "a byte of the serving model's file changed", _edit_model, attempt=try_audit),
    _mutant("log-edited", "an entry of the promotion log was edited", _edit_log, attempt=try_audit),
    _mutant("log-cut", "an entry of the promotion log is gone", _cut_log, attempt=try_audit),
)
