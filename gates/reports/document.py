"""Write the decision as one strict JSON document (no NaN, with a schema number), for machines."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from gates.errors import BackendError
from gates.evidence import Evidence
from gates.judgement.judge import Judgement
from gates.reports.account import Account

SCHEMA = 2  # schema 1 had bare sentences as reasons, and evidence without ids


def describe(account: Account) -> Mapping[str, object]:
    """Return the decision with its reasons, judgements, champion and timings (in seconds), as plain values for strict JSON."""
    decision, champion = account.decision, account.champion
    return {
        "schema": SCHEMA,
        "id": account.id,
        "ending": str(decision.ending),
        "exit_code": decision.exit_code,
        "sentence": decision.sentence,
        "reasons": [reason.as_json() for reason in decision.reasons],
        "notes": list(decision.notes),
        "gates": [_judgement(judgement) for judgement in account.judgements],
        "champion": champion
        and {
            "name": champion.name,
            "version": champion.version,
            "digest": str(champion.digest),
            "epoch": champion.epoch,
            "break_glass": champion.glass or None,
        },
        "policy": str(account.policy),
        "timings": [
            {"stage": t.stage, "seconds": round(t.seconds, 3), "cpu_seconds": round(t.cpu_seconds, 3)}
            for t in account.timings
        ],
        "command": account.command,
        "cause": account.cause or None,
    }


def _judgement(judgement: Judgement) -> Mapping[str, object]:
    return {
        "gate": judgement.gate,
        "passed": judgement.passed,
        "could_judge": judgement.could_judge,
        "reasons": [reason.as_json() for reason in judgement.reasons],
        "warnings": list(judgement.warnings),
        "marks": list(judgement.marks),
        "checks": [
            {
                "id": check.id,
                "outcome": str(check.outcome),
                "counts": check.counts,
                "sentence": check.sentence,
                "accepted": check.accepted or None,
                "waived": check.waived or None,
                "reasons": [reason.as_json() for reason in check.reasons],
                "seconds": round(check.seconds, 4),
                "evidence": [_evidence(evidence) for evidence in check.evidence],
            }
            for check in judgement.checks
        ],
    }


def _evidence(evidence: Evidence) -> Mapping[str, object]:
    """Return an evidence as plain values; a value that is not finite is null, beside its text."""
    number = evidence.number
    return {
        "id": evidence.id,
        "name": evidence.label,
        "kind": str(evidence.kind),
        "unit": evidence.unit,
        "better": evidence.better,
        "value": number if math.isfinite(number) else None,
        "text": evidence.value,
        "n": evidence.n,
        "needed_n": evidence.needed_n,
        "detail": evidence.detail,
    }


def write_document(path: Path, account: Account, **more: object) -> None:
    """Write the decision to a file, with the keys ``more`` that a command adds.

    Raises `BackendError` when it cannot be written; the decision itself stands.
    """
    try:
        text = json.dumps({**describe(account), **more}, allow_nan=False, indent=2, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise BackendError(
            f"{path} cannot be written: {error.strerror}; the decision was: {account.decision.sentence}",
            "name a file in a writable folder",
        ) from None
