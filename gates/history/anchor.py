"""Which former champion is the anchor: the last one that was proved better than the anchor before it.

"No worse by more than the margin", repeated, lets quality fall step by step: each champion may be a little worse than the one
before. So a challenger is compared with a second model as well, one that stays while champions change. The rule it protects:
only a proved improvement moves the anchor, so that the margin can be lost once and not once per champion. What is read here is
which comparison was won, never a score.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from gates.attest import STATEMENT_TYPE, PublicKey, open_envelope
from gates.attest.result import read_result
from gates.errors import SubjectError
from gates.registry import Champion, Ledger, LogEntry, Move, Version

_ROLES = {"champion_comparison": "champion", "anchor_comparison": "anchor"}
# Verdicts of schema 1 have no roles: there the evidence of these two comparisons is known by its name, one word being a metric.
_NAMED = re.compile(r"(\S+) against (champion|anchor)\Z")


def anchor_of(registry: Ledger, champion: Champion, trusted: Mapping[str, PublicKey]) -> Version | None:
    """Return the anchor of a champion; None where it is the champion itself, or nothing was promoted on verdicts.

    ``trusted`` are the public gate keys by id. A verdict that none of them signed proves nothing: the anchor is then an older
    version.
    """

    def proved(move: LogEntry) -> bool:
        for kept in registry.verdicts(move.name, move.digest):
            if kept.gate == "model" and kept.digest in move.verdicts:
                try:
                    envelope = registry.verdict_document(kept.digest)
                    return proves_better(
                        read_result(open_envelope(envelope, STATEMENT_TYPE, trusted, "the verdict")).checks
                    )
                except SubjectError:
                    return False
        return False

    name = champion.version.name
    number = find_anchor([move for move in registry.log(name) if move.epoch <= champion.epoch], proved)
    return None if number in (None, champion.version.version) else registry.version(name, number)


def find_anchor(moves: Sequence[LogEntry], proved: Callable[[LogEntry], bool]) -> int | None:
    """Return the anchor's version after these moves of the champion, oldest first; None where nothing was promoted on verdicts.

    ``proved`` says whether a promotion's own verdict showed its model to be better than the anchor at that time. A rollback brings
    back the anchor of the version it goes back to; a break-glass move leaves it where it is.
    """
    at, version = len(moves) - 1, None
    while at >= 0:
        move = moves[at]
        if move.kind is Move.ROLLBACK:
            at = _promotion(moves, move.new_version, before=at)
            continue
        if move.kind is Move.PROMOTION:
            version = move.new_version
            if proved(move):
                return version
        at -= 1
    return version


def _promotion(moves: Sequence[LogEntry], version: int, *, before: int) -> int:
    """Where the version was last promoted; -1 where it never was."""
    places = (at for at in range(before - 1, -1, -1) if moves[at].kind is Move.PROMOTION)
    return next((at for at in places if moves[at].new_version == version), -1)


def proves_better(checks: Sequence[Mapping[str, object]]) -> bool:
    """Return whether a model gate's checks prove their model better than the anchor in every metric that was compared with it.

    Where nothing was compared with the anchor, the champion was the anchor, or there was none.
    """
    limits: dict[str, list[float]] = {"champion": [], "anchor": []}
    for compared_with, lower in _lower_limits(checks):
        limits[compared_with].append(lower)
    decisive = limits["anchor"] or limits["champion"]
    return bool(decisive) and all(lower > 0 for lower in decisive)


def _lower_limits(checks: Sequence[Mapping[str, object]]) -> Iterator[tuple[str, float]]:
    """Each comparison of a metric: with whom, and the lower limit of the difference."""
    for check in checks:
        given = check.get("evidence")
        for evidence in given if isinstance(given, list) else []:
            value = float(evidence["value"])
            if "role" in check:
                if str(check["role"]) in _ROLES:
                    yield _ROLES[str(check["role"])], value
            elif match := _NAMED.match(str(evidence["name"])):
                yield match[2], value
