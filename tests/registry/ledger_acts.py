"""What tests of a ledger do again and again: register, judge, promote; each in one line, with bytes that follow from the words."""

from __future__ import annotations

from datetime import UTC, datetime

from gates.digest import Digest
from gates.registry import Ledger, Move, Version

NAME = "papers"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def register(ledger: Ledger, words: str = "A", name: str = NAME) -> Version:
    return ledger.register(name, ledger.blobs.put_bytes(f"model {words}".encode()), {"recipe": words})


def judge(ledger: Ledger, version: Version, words: str = "", *, gate: str = "model", passed: bool = True) -> Digest:
    document = f"{gate} verdict about {version.name} {version.digest} {words} {passed}".encode()
    return ledger.keep_verdict(version.name, gate, version.digest, document, passed, NOON)


def standing(ledger: Ledger, name: str = NAME) -> tuple[int, Digest | None]:
    champion = ledger.champion(name)
    return (champion.epoch, champion.version.digest) if champion else (0, None)


def promote(
    ledger: Ledger, version: Version, *verdicts: Digest, expected: tuple[int, Digest | None] | None = None
) -> int:
    """Promote on the given verdicts, or on a fresh one; against the champion of now, unless told otherwise."""
    at = standing(ledger, version.name) if expected is None else expected
    burnt = verdicts or (judge(ledger, version, f"fresh for epoch {at[0]}"),)
    return ledger.promote(
        version.name, version.version, expected=at, verdicts=burnt, decision=b"because all gates passed"
    )


def crown(ledger: Ledger, words: str = "A") -> Version:
    """Register, judge and promote one model."""
    version = register(ledger, words)
    promote(ledger, version)
    return version


def go_back(
    ledger: Ledger, version: Version, *verdicts: Digest, expected: tuple[int, Digest | None] | None = None
) -> int:
    """Roll back on the given verdicts, or on those of the version's last promotion."""
    promotions = [e for e in ledger.log(version.name) if e.kind is Move.PROMOTION and e.new_version == version.version]
    return ledger.promote(
        version.name,
        version.version,
        expected=standing(ledger, version.name) if expected is None else expected,
        verdicts=verdicts or promotions[-1].verdicts,
        decision=b"because it answers wrongly",
        kind=Move.ROLLBACK,
    )


def break_glass(
    ledger: Ledger, version: Version, *verdicts: Digest, expected: tuple[int, Digest | None] | None = None
) -> int:
    """Move the champion on nobody's verdict."""
    return ledger.promote(
        version.name,
        version.version,
        expected=standing(ledger, version.name) if expected is None else expected,
        verdicts=verdicts,
        decision=b"because everything burns",
        kind=Move.BREAK_GLASS,
    )
