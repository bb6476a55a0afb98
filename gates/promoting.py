"""Move the champion: gather the kept verdicts, ask `promotion` whether they carry it, and let the registry swap."""

from __future__ import annotations

from pathlib import Path

from gates import attest, documents
from gates.digest import Digest
from gates.engine import Case, Engine
from gates.errors import PromotionRefused
from gates.lockfile import lock_faults
from gates.policy import GATES
from gates.promotion import refusals
from gates.registry import Version


def promote_version(engine: Engine, version: Version) -> int:
    """Promote a registered version on its newest unused verdicts. Returns the new epoch.

    Raises `PromotionRefused` with every reason; the champion then stays.
    """
    champion = engine.champion()
    model = engine.model_file(version)
    case = Case(
        batch=Path(model.data), batch_digest=Digest.parse(version.facts["data"]), challenger=model, champion=champion
    )
    kept = {
        verdict.gate: verdict.digest
        for verdict in engine.registry.verdicts(version.name, version.digest)
        if not engine.registry.used(verdict.digest)
    }
    verdicts = [attest.from_document(engine.registry.verdict_document(kept[gate])) for gate in GATES if gate in kept]
    reasons = refusals(verdicts, engine.policy, engine.bindings(case), engine.clock()) + lock_faults(engine.policy)
    if reasons:
        raise PromotionRefused(
            reasons, f"judge it again with: gates run, or gates check GATE --model {version.name}@{version.version}"
        )
    decision = documents.dump(
        {
            "schema": 1,
            "model": version.name,
            "version": version.version,
            "digest": str(version.digest),
            "policy": str(engine.policy.digest),
            "verdicts": {gate: str(digest) for gate, digest in kept.items()},
            "champion_before": None if champion is None else str(champion.version.digest),
            "at": engine.clock().isoformat(),
            "run": engine.id,
        }
    )
    expected = (champion.epoch, champion.version.digest) if champion else (0, None)
    return engine.registry.promote(
        version.name, version.version, expected=expected, verdicts=list(kept.values()), decision=decision
    )
