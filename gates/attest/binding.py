"""A verdict: one gate's judgement, bound to everything it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from gates.digest import Digest
from gates.evidence import Evidence
from gates.judgement.judge import Judgement
from gates.reason import Code, Reason


@dataclass(frozen=True, slots=True)
class Binding:
    """Hold what a verdict is about. If any of these differ today, the verdict does not hold.

    ``champion`` is the model that served when the gate judged: None, with epoch 0, where there was none.
    """

    name: str
    model: Digest
    data: Digest
    policy: Digest
    suite: Digest
    environment: Digest
    champion_epoch: int
    champion: Digest | None

    def differences(self, today: Binding) -> tuple[Reason, ...]:
        """Return a reason for each field that is not what it was when the gate judged; none where the verdict holds."""
        compared = (
            (
                self.name != today.name,
                Code.OTHER_NAME,
                f"the verdict is for the model name {self.name!r}, wanted {today.name!r}",
            ),
            (self.model != today.model, Code.OTHER_MODEL, "the verdict is about another model file"),
            (self.data != today.data, Code.OTHER_DATA, "the verdict was made on other data"),
            (self.policy != today.policy, Code.OTHER_POLICY, "the policy changed since the gate judged"),
            (self.suite != today.suite, Code.OTHER_SUITE, "the suite changed since the gate judged"),
            (
                self.environment != today.environment,
                Code.OTHER_ENVIRONMENT,
                "the installed packages changed since the gate judged",
            ),
            (
                (self.champion_epoch, self.champion) != (today.champion_epoch, today.champion),
                Code.OTHER_CHAMPION,
                f"the champion changed since the gate judged (epoch {self.champion_epoch}, now {today.champion_epoch})",
            ),
        )
        return tuple(Reason(code, sentence) for differs, code, sentence in compared if differs)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Hold a bound judgement with the time at which it was made (UTC) and the run that made it.

    ``marks`` are sentences that whoever relies on it has to know, like a model whose reading runs code.
    """

    gate: str
    binding: Binding
    passed: bool
    reasons: tuple[Reason, ...]
    checks: tuple[Mapping[str, object], ...]
    at: datetime
    run: str
    marks: tuple[str, ...] = ()


def _evidence(evidence: Evidence) -> dict[str, object]:
    return {**asdict(evidence), "kind": str(evidence.kind)}


def bind(judgement: Judgement, binding: Binding, *, at: datetime, run: str) -> Verdict:
    """Bind a judgement to what it depends on, as of ``at``; ``run`` is the id of the run that made it."""
    checks = tuple(
        {
            "id": check.id,
            "outcome": str(check.outcome),
            "counts": check.counts,
            "sentence": check.sentence,
            "accepted": check.accepted,
            "waived": check.waived,
            "role": check.role,
            "reasons": [reason.as_json() for reason in check.reasons],
            "evidence": [_evidence(evidence) for evidence in check.evidence],
        }
        for check in judgement.checks
    )
    return Verdict(judgement.gate, binding, judgement.passed, judgement.reasons, checks, at, run, judgement.marks)
