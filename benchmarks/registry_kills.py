"""What is left when a promoter is killed: nothing half-done, at named points and at random moments, with another one at work.

Run it with ``python -m benchmarks.registry_kills``. Two processes judge and promote without pause on one home, and go back or break
the glass between; both get ``kill -9`` at a random moment. After every kill the ledger is checked again from its bytes: no
findings, and the champion is the last entry of the log.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gates.errors import BackendError, PromotionRefused
from gates.registry import Move, Registry

NAME = "victim"
MOMENTS = (
    "blob written",
    "blob named",
    "verdict kept",
    "checked",
    "compared",
    "logged",
    "burnt",
    "moved",
    "committed",
)
_FRESH_HOME_EVERY = 25  # rounds: the check hashes every blob, so a home that only grows would measure that
_BETWEEN = {2: Move.ROLLBACK, 3: Move.BREAK_GLASS}  # what follows every fourth promotion
_processes = multiprocessing.get_context("fork")


def promote_once(registry: Registry, words: str) -> None:
    """Register, judge and promote one model. Being refused because another process was first is part of the work."""
    digest = registry.blobs.put_bytes(f"model {words}".encode() * 2000)
    version = registry.register(NAME, digest, {})
    champion = registry.champion(NAME)
    expected = (champion.epoch, champion.version.digest) if champion else (0, None)
    document = f"verdict {words}".encode()
    verdict = registry.keep_verdict(NAME, "model", digest, document, True, datetime.now(UTC))
    try:
        registry.promote(
            NAME, version.version, expected=expected, verdicts=[verdict], decision=f"decision {words}".encode()
        )
    except PromotionRefused:
        return


def move_otherwise(registry: Registry, kind: Move) -> None:
    """Go back to the champion before on its own verdicts, or break the glass for it on none."""
    champion, log = registry.champion(NAME), registry.log(NAME)
    carried = {entry.new_version: entry.verdicts for entry in log if entry.kind is Move.PROMOTION}
    others = [version for version in carried if champion and version != champion.version.version]
    if champion is None or not others:
        return
    verdicts = carried[others[-1]] if kind is Move.ROLLBACK else ()
    expected = (champion.epoch, champion.version.digest)
    try:
        registry.promote(
            NAME,
            others[-1],
            expected=expected,
            verdicts=verdicts,
            decision=f"{kind} {champion.epoch}".encode(),
            kind=kind,
        )
    except PromotionRefused:
        return


def _work(home: Path, words: str) -> None:
    registry, count = Registry(home), 0
    while True:
        count += 1
        promote_once(registry, f"{words} {count}")
        if kind := _BETWEEN.get(count % 4):
            move_otherwise(registry, kind)


def _die_at(home: Path, words: str, moment: str) -> None:
    def die(found: str) -> None:
        if found == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    promote_once(Registry(home, moment=die), words)


def faults(home: Path) -> list[str]:
    """What is wrong with the ledger of a home; empty when it is sound and its champion is the log's last entry."""
    registry = Registry(home)
    try:
        found = [str(finding) for finding in registry.audit()]
        champion, log = registry.champion(NAME), registry.log(NAME)
    except BackendError as error:
        return [error.message]
    finally:
        registry.close()
    if (champion.epoch if champion else 0) != len(log):
        found.append(f"the log has {len(log)} entries, the champion is of epoch {champion and champion.epoch}")
    return found


def epoch_of(home: Path) -> int:
    registry = Registry(home)
    champion = registry.champion(NAME)
    registry.close()
    return champion.epoch if champion else 0


def _kinds(home: Path) -> list[Move]:
    registry = Registry(home)
    log = registry.log(NAME)
    registry.close()
    return [entry.kind for entry in log]


def kill_at_names(home: Path) -> list[str]:
    """Die at every named point once: before the commit nothing moved, after it everything did."""
    found = []
    for moment in MOMENTS:
        before = epoch_of(home)
        child = _start(_die_at, home, f"named {moment}", moment)
        child.join(60)
        moved = epoch_of(home) - before
        found += [f"{moment}: {fault}" for fault in faults(home)]
        if child.exitcode != -signal.SIGKILL or moved != (moment == "committed"):
            found.append(f"{moment}: exit {child.exitcode}, the champion moved {moved} times")
    return found


def kill_at_random(home: Path, words: str, seconds: float) -> list[str]:
    """Let two processes work for ``seconds``, kill both, and check what they left."""
    children = [_start(_work, home, f"{words} {side}") for side in "ab"]
    time.sleep(seconds)
    for child in children:
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        time.sleep(seconds / 7)  # the other one goes on for a moment
    for child in children:
        child.join(60)
    return [
        *faults(home),
        *(f"a promoter ended by itself: {child.exitcode}" for child in children if child.exitcode != -signal.SIGKILL),
    ]


def _start(target: Callable[..., None], *arguments: object) -> multiprocessing.process.BaseProcess:
    child = _processes.Process(target=target, args=arguments)
    child.start()
    return child


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="at random moments, two processes each")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    moments, start = random.Random(options.seed), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        named = kill_at_names(Path(folder) / "named")
        print(f"killed at {len(MOMENTS)} named points: {len(named)} faults", flush=True)
        broken, seen, epochs, left = [], Counter[str](), 0, 0
        for round in range(options.kills):
            home = Path(folder) / f"home {round // _FRESH_HOME_EVERY}"
            before = epoch_of(home)
            found = kill_at_random(home, f"round {round}", moments.uniform(0.001, 0.25))
            broken += [f"round {round}: {fault}" for fault in found]
            epochs += epoch_of(home) - before
            seen["with a promotion" if epoch_of(home) > before else "without one"] += 1
        left = sum(1 for _ in Path(folder).glob("*/blobs/.tmp-*"))
        kinds = Counter(str(kind) for home in sorted(Path(folder).glob("home *")) for kind in _kinds(home))
    print(
        f"killed at {options.kills} random moments: {len(broken)} faults; {epochs} moves, of them {kinds['rollback']} rollbacks and"
        f" {kinds['break-glass']} by break-glass"
        f" ({seen['with a promotion']} rounds with one, {seen['without one']} without),"
        f" {left} orphaned temporary files waiting to be swept ({time.monotonic() - start:.1f} s)"
    )
    for fault in [*named, *broken]:
        print(fault)
    return 1 if named or broken else 0


if __name__ == "__main__":
    sys.exit(main())
