"""What the kept verdicts say of a version: its scores on the holdout, and until when they carry a promotion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gates.attest import STATEMENT_TYPE, PublicKey, open_envelope
from gates.attest.result import read_result
from gates.evidence import Evidence
from gates.policy.catalogue import read_metrics
from gates.registry import KeptVerdict, Ledger, Version
from gates.reports.kept_run import read_checks


@dataclass(frozen=True, slots=True)
class Freshness:
    """Hold until when (UTC) the newest verdicts of a version carry a promotion, and of which gates there are any."""

    until: datetime
    gates: tuple[str, ...]


def find_scores(ledger: Ledger, version: Version, trusted: Mapping[str, PublicKey]) -> tuple[Evidence, ...]:
    """Return the scores of a version by its newest verdict of the model gate, one for each metric; none without a verdict.

    A difference to another model is no score. ``trusted`` are the public gate keys by id. Raises `SubjectError` for a verdict
    that cannot be read, or that none of these keys signed.
    """
    kept = [verdict for verdict in ledger.verdicts(version.name, version.digest) if verdict.gate == "model"]
    if not kept:
        return ()
    newest = max(kept, key=lambda verdict: verdict.at)
    envelope = ledger.verdict_document(newest.digest)
    verdict = read_result(open_envelope(envelope, STATEMENT_TYPE, trusted, "the verdict of the model gate"))
    return tuple(_scores(verdict.checks))


def find_freshness(ledger: Ledger, version: Version, max_age: timedelta) -> Freshness | None:
    """Return until when the newest verdict of every gate is young enough, None where there is no unused one."""
    newest: dict[str, KeptVerdict] = {}
    for verdict in sorted(ledger.verdicts(version.name, version.digest), key=lambda one: one.at):
        newest[verdict.gate] = verdict
    fresh = [verdict for verdict in newest.values() if verdict.passed and not ledger.used(verdict.digest)]
    if not fresh:
        return None
    return Freshness(min(verdict.at for verdict in fresh) + max_age, tuple(verdict.gate for verdict in fresh))


def _scores(checks: tuple[Mapping[str, object], ...]) -> Iterator[Evidence]:
    metrics, seen = read_metrics(), set()
    for check in read_checks(checks):
        for evidence in check.evidence:
            known = metrics.get(evidence.id)
            if known is not None and evidence.id not in seen and evidence.name in ("", evidence.id, known.name):
                seen.add(evidence.id)
                yield evidence
