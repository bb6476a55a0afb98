"""A verdict: one gate's judgement, bound to everything it depends on, as a document that can be kept and checked again.

This is the place where signing will wrap the document; until then a verdict protects against mistakes and staleness, not
against someone who edits the registry on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from gates import documents
from gates.digest import Digest
from gates.errors import SubjectError
from gates.verdict import Judgement

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Binding:
    """What a verdict is about. If any of these differ today, the verdict does not hold."""

    name: str
    model: Digest
    data: Digest
    policy: Digest
    suite: Digest
    environment: Digest
    champion_epoch: int
    champion: Digest | None

    def differences(self, today: Binding) -> tuple[str, ...]:
        """One sentence for each thing that is not what it was when the gate judged."""
        sentences = (
            (self.name != today.name, f"the verdict is for the model name {self.name!r}, wanted {today.name!r}"),
            (self.model != today.model, "the verdict is about another model file"),
            (self.data != today.data, "the verdict was made on other data"),
            (self.policy != today.policy, "the policy changed since the gate judged"),
            (self.suite != today.suite, "the suite changed since the gate judged"),
            (self.environment != today.environment, "the installed packages changed since the gate judged"),
            (
                (self.champion_epoch, self.champion) != (today.champion_epoch, today.champion),
                f"the champion changed since the gate judged (epoch {self.champion_epoch}, now {today.champion_epoch})",
            ),
        )
        return tuple(sentence for differs, sentence in sentences if differs)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bound judgement with the time at which it was made (UTC) and the run that made it."""

    gate: str
    binding: Binding
    passed: bool
    reasons: tuple[str, ...]
    checks: tuple[Mapping[str, object], ...]
    at: datetime
    run: str


def bind(judgement: Judgement, binding: Binding, *, at: datetime, run: str) -> Verdict:
    checks = tuple(
        {
            "id": check.id,
            "outcome": str(check.outcome),
            "counts": check.counts,
            "sentence": check.sentence,
            "accepted": check.accepted,
            "evidence": [asdict(evidence) for evidence in check.evidence],
        }
        for check in judgement.checks
    )
    return Verdict(judgement.gate, binding, judgement.passed, judgement.reasons, checks, at, run)


def to_document(verdict: Verdict) -> bytes:
    binding = verdict.binding
    bound = {name: None if (value := getattr(binding, name)) is None else str(value) for name in Binding.__slots__}
    return documents.dump(
        {
            "schema": SCHEMA,
            "gate": verdict.gate,
            "binding": bound | {"champion_epoch": binding.champion_epoch},
            "passed": verdict.passed,
            "reasons": list(verdict.reasons),
            "checks": [dict(check) for check in verdict.checks],
            "at": verdict.at.isoformat(),
            "run": verdict.run,
        }
    )


_FIELDS = {
    "schema": int,
    "gate": str,
    "binding": dict,
    "passed": bool,
    "reasons": list,
    "checks": list,
    "at": str,
    "run": str,
}
_BINDING: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("name", "model", "data", "policy", "suite", "environment"), str),
    "champion": (str, type(None)),
    "champion_epoch": int,
}
_CHECK = {"id": str, "outcome": str, "counts": bool, "sentence": str, "accepted": str, "evidence": list}


def _require(content: Mapping[str, object], fields: Mapping[str, type | tuple[type, ...]]) -> None:
    """Raise `TypeError` unless ``content`` has exactly these fields, of exactly these types (true is no number)."""
    if set(content) != set(fields):
        raise TypeError(f"its fields are {sorted(content)}, wanted {sorted(fields)}")
    for name, kind in fields.items():
        if type(content[name]) not in (kind if isinstance(kind, tuple) else (kind,)):
            raise TypeError(f"{name} has another type")


def from_document(document: bytes) -> Verdict:
    """Read a verdict again. Raises `SubjectError` for anything that is not exactly one."""
    content = documents.load(document, "the verdict")
    try:
        if content["schema"] != SCHEMA:
            raise SubjectError(f"the verdict has schema {content['schema']!r}, wanted {SCHEMA}", "judge again")
        bound = dict(content["binding"])
        digests = {key: Digest.parse(bound[key]) for key in ("model", "data", "policy", "suite", "environment")}
        champion = None if bound["champion"] is None else Digest.parse(bound["champion"])
        _require(bound, _BINDING)
        _require(content, _FIELDS)
        for entry in content["checks"]:
            _require(entry, _CHECK)
        if not all(type(reason) is str for reason in content["reasons"]):
            raise TypeError("a reason is no text")
        binding = Binding(str(bound["name"]), champion_epoch=bound["champion_epoch"], champion=champion, **digests)
        at = datetime.fromisoformat(content["at"])
        if at.tzinfo is None:
            raise SubjectError("the verdict's time has no zone", "judge again")
        return Verdict(
            str(content["gate"]),
            binding,
            content["passed"],
            tuple(content["reasons"]),
            tuple(content["checks"]),
            at,
            str(content["run"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SubjectError(f"the verdict cannot be read: {error!r}", "it was damaged or edited; judge again") from None
