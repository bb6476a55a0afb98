"""How many win when several promote at once, each a version of its own with four fresh verdicts: exactly one in every round.

Run it with ``python -m benchmarks.promotion_races``. Like `benchmarks.registry_races`, but the whole of a promotion: verdicts are
opened, signatures checked, bindings compared, the decision signed. A barrier lets the promoters go when each has checked all but
the champion. ``--commands`` plays some rounds with the real command, where the lock on the home decides who goes first.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.synchronize import Barrier
from pathlib import Path

from benchmarks.small_homes import NAME, SmallHomes, epoch_of, faults
from gates.errors import GatesError, PromotionRefused
from gates.promotion.execute import promote
from gates.registry import Registry

WON, REFUSED, BROKE = 0, 1, 3
_FRESH_HOME_EVERY = 25
_processes = multiprocessing.get_context("fork")


def _promote(homes: SmallHomes, home: Path, number: int, barrier: Barrier) -> None:
    """One promoter, and how it ended as an exit code."""

    def meet(moment: str) -> None:
        if moment == "checked":
            barrier.wait(60)

    session = homes.session(home)
    session.registry = Registry(home, moment=meet)
    try:
        promote(session, session.registry.version(NAME, number))
    except PromotionRefused:
        sys.exit(REFUSED)
    except GatesError as error:
        print(error.message, file=sys.stderr)
        sys.exit(BROKE)
    sys.exit(WON)


def play(homes: SmallHomes, home: Path, promoters: int, words: str, *, commands: bool) -> Counter[int]:
    """One round; returns how many ended how."""
    versions = [homes.register(home, f"{words} {number}") for number in range(promoters)]
    homes.judge(home, *versions)
    if commands:
        runners = [homes.start("promote", home, f"{NAME}@{v.version}", "--wait", "120") for v in versions]
        return Counter(runner.wait(300) for runner in runners)
    barrier = _processes.Barrier(promoters)
    children = [_processes.Process(target=_promote, args=(homes, home, v.version, barrier)) for v in versions]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    return Counter(BROKE if child.exitcode is None else child.exitcode for child in children)


def measure(title: str, promoters: int, rounds: int, *, commands: bool = False) -> bool:
    """Play ``rounds`` rounds and print the counts; True when each had exactly one winner and every other was refused."""
    started, winners, refused, found, epochs = time.monotonic(), Counter[int](), 0, [], 0
    with tempfile.TemporaryDirectory() as name:
        homes = SmallHomes.make(Path(name))
        for round in range(rounds):
            home = Path(name) / f"home {round // _FRESH_HOME_EVERY}"
            before = epoch_of(home)
            ended = play(homes, home, promoters, f"round {round}", commands=commands)
            winners[ended[WON]] += 1
            refused += ended[REFUSED]
            epochs += epoch_of(home) - before
            if round % _FRESH_HOME_EVERY == _FRESH_HOME_EVERY - 1 or round == rounds - 1:
                found += faults(home)
    told = ", ".join(f"{count} with {won} winner{'s' * (won != 1)}" for won, count in sorted(winners.items()))
    print(
        f"{title}: {promoters} promoters, {rounds} rounds: {told}; {refused} refused, the champion moved {epochs} times,"
        f" {len(found)} faults ({time.monotonic() - started:.0f} s)",
        flush=True,
    )
    for fault in found:
        print(fault)
    return winners == {1: rounds} and refused == rounds * (promoters - 1) and epochs == rounds and not found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--promoters", type=int, nargs="+", default=[2, 6])
    parser.add_argument("--commands", type=int, default=10, help="rounds with the real command")
    options = parser.parse_args()
    sound = [measure("promotion", promoters, options.rounds) for promoters in options.promoters]
    if options.commands:
        sound.append(measure("gates promote", 2, options.commands, commands=True))
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(main())
