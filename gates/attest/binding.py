"""A verdict: one gate's judgement, bound to everything it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from gates.digest import Digest
from gates.judgement.judge import Judgement


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
            "waived": check.waived,
            "evidence": [asdict(evidence) for evidence in check.evidence],
        }
        for check in judgement.checks
    )
    return Verdict(judgement.gate, binding, judgement.passed, judgement.reasons, checks, at, run)
