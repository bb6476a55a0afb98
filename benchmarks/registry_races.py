"""How many win when several promote at once: exactly one in every round, the rest are refused, and the ledger stays sound.

Run it with ``python -m benchmarks.registry_races``. In every round each promoter is a process of its own with a model and a
verdict of its own; all of them expect the same champion, and a barrier lets them go when each has checked all but the champion.
Beside it stands a peer: the same race where the champion is read, compared and then set, without the transaction.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

from gates.digest import Digest
from gates.errors import GatesError, PromotionRefused
from gates.registry import Registry

NAME = "racer"
WON, REFUSED, BROKE = 0, 1, 2
_processes = multiprocessing.get_context("fork")
_Race = Callable[[Path, int, tuple[int, Digest | None], Digest, Barrier], int]


def promote(home: Path, version: int, expected: tuple[int, Digest | None], verdict: Digest, barrier: Barrier) -> int:
    """Promote in the ledger, and meet the others between check and transaction."""

    def meet(moment: str) -> None:
        if moment == "checked":
            barrier.wait(60)

    try:
        registry = Registry(home, moment=meet)
        registry.promote(NAME, version, expected=expected, verdicts=[verdict], decision=f"decision {version}".encode())
    except PromotionRefused:
        return REFUSED
    except GatesError as error:
        print(error.message, file=sys.stderr)
        return BROKE
    return WON


def read_then_set(home: Path, version: int, expected: tuple[int, Digest | None], _: Digest, barrier: Barrier) -> int:
    """What a registry without compare-and-swap leaves to its caller: read the alias, compare, set it."""
    alias = home / "alias"
    found = alias.read_text(encoding="utf-8") if alias.exists() else "0"
    barrier.wait(60)
    if found != str(expected[0]):
        return REFUSED
    alias.write_text(str(expected[0] + 1), encoding="utf-8")
    return WON


def play(home: Path, promoters: int, race: _Race) -> Counter[int]:
    """One round; returns how many ended how."""
    registry = Registry(home)
    champion = registry.champion(NAME)
    expected = (champion.epoch, champion.version.digest) if champion else (0, None)
    if race is read_then_set:
        alias = home / "alias"
        expected = (int(alias.read_text(encoding="utf-8")) if alias.exists() else 0, None)
    entries = []
    for _ in range(promoters):
        latest = registry.latest(NAME)
        digest = registry.blobs.put_bytes(f"model {latest.version + 1 if latest else 1}".encode())
        version = registry.register(NAME, digest, {})
        document = f"verdict of {version.version}".encode()
        entries.append(
            (version.version, registry.keep_verdict(NAME, "model", digest, document, True, datetime.now(UTC)))
        )
    registry.close()  # SQLite connections do not survive a fork
    barrier = _processes.Barrier(promoters)
    runners = [
        _processes.Process(target=_run, args=(race, home, version, expected, verdict, barrier))
        for version, verdict in entries
    ]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(120)
    return Counter(BROKE if runner.exitcode not in (WON, REFUSED) else runner.exitcode for runner in runners)


def _run(
    race: _Race, home: Path, version: int, expected: tuple[int, Digest | None], verdict: Digest, barrier: Barrier
) -> None:
    sys.exit(race(home, version, expected, verdict, barrier))


def measure(title: str, promoters: int, rounds: int, race: _Race) -> bool:
    """Play ``rounds`` rounds in a fresh home and print the counts; True when every round had exactly one winner."""
    start, winners, broke = time.monotonic(), Counter[int](), 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        for _ in range(rounds):
            ended = play(home, promoters, race)
            winners[ended[WON]] += 1
            broke += ended[BROKE]
        registry = Registry(home)
        findings = registry.audit()
        epochs = [entry.epoch for entry in registry.log(NAME)]
    told = ", ".join(f"{count} with {won} winner{'s' * (won != 1)}" for won, count in sorted(winners.items()))
    print(
        f"{title:24} {promoters} promoters, {rounds} rounds: {told}; {broke} broke, {len(findings)} findings"
        f" ({time.monotonic() - start:.1f} s)",
        flush=True,
    )
    return winners == {1: rounds} and not broke and not findings and epochs == list(range(1, rounds + 1))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--promoters", type=int, nargs="+", default=[2, 6])
    parser.add_argument("--no-peer", action="store_true", help="leave out the race without a transaction")
    options = parser.parse_args()
    sound = [measure("ledger", promoters, options.rounds, promote) for promoters in options.promoters]
    if not options.no_peer:
        measure("peer, read then set", 2, min(options.rounds, 40), read_then_set)
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(main())
