"""What is left when `gates promote` and `gates run` get ``kill -9`` at a random moment, on a machine with other work to do.

Run it with ``python -m benchmarks.command_kills``. Every round starts the real command in a process of its own on the tests' small
project (four real gates, a training of no time) and kills it at a moment drawn from its whole length. Then `gates verify` has to
find nothing, the champion has to be the log's last entry, and no process of the command may be left. ``--papers FILE`` adds some
kills of `gates run` with the project's own work on that file: training, real gates, the real server.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.small_homes import NAME, ROOT, SmallHomes, epoch_of, faults

_FRESH_HOME_EVERY = 20  # rounds of `run`: a home that only grows would measure the check
OWN = "COVID19Articles_model"
_PATIENCE = 5.0  # seconds in which the children of a killed command have to be gone


@dataclass
class Count:
    """What happened in the rounds of one command."""

    killed: int = 0
    ended: int = 0
    moved: int = 0
    broken: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)


def kill_promotions(homes: SmallHomes, folder: Path, rounds: int, moments: random.Random) -> Count:
    """Each round promotes the same judged version in a copy of the same home."""
    template = folder / "judged"
    first = homes.register(template, "the first")
    homes.judge(template, first)
    assert homes.start("promote", template, f"{NAME}@1").wait(120) == 0
    homes.judge(template, homes.register(template, "the second"))
    assert not faults(template)

    def prepare(round: int) -> Path:
        return Path(shutil.copytree(template, folder / f"promotion {round}"))

    return _kill(homes, rounds, moments, prepare, lambda _: ("promote", f"{NAME}@2"), keep=False)


def kill_runs(homes: SmallHomes, folder: Path, rounds: int, moments: random.Random) -> Count:
    """Each round runs on new data, so that every model is a new one; the home is the one that the last kill left."""

    def prepare(round: int) -> Path:
        return folder / f"runs {round // _FRESH_HOME_EVERY}"

    def command(round: int) -> tuple[str, ...]:
        data = folder / f"batch {round}.csv"
        data.write_text("id,x\n" + "".join(f"{round}-{row},{row}\n" for row in range(9)), encoding="utf-8")
        return "run", "--data", str(data)

    return _kill(homes, rounds, moments, prepare, command, keep=True)


def kill_own_runs(papers: Path, folder: Path, rounds: int, moments: random.Random) -> Count:
    """The project's own `gates run`, each round from an empty home."""

    def prepare(round: int) -> Path:
        return folder / f"own {round}"

    def command(_: int) -> tuple[str, ...]:
        return "run", "--data", str(papers)

    own = SmallHomes(ROOT / "pyproject.toml")
    return _kill(own, rounds, moments, prepare, command, keep=False, name=OWN)


def _kill(
    homes: SmallHomes,
    rounds: int,
    moments: random.Random,
    prepare: Callable[[int], Path],
    command: Callable[[int], tuple[str, ...]],
    *,
    keep: bool,
    name: str = NAME,
) -> Count:
    length, count, round = 0.0, Count(), -1
    while count.killed < rounds:  # the first round is not killed: it says how long the command takes
        home = prepare(round)
        title, *arguments = command(round)
        before, started = epoch_of(home, name), time.monotonic()
        process = homes.start(title, home, *arguments)
        if round < 0:
            assert process.wait(300) == 0
            length = time.monotonic() - started
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moments.uniform(0.0, length))
            length = 0.8 * length + 0.2 * (
                time.monotonic() - started
            )  # it had ended: the machine is faster than it was
        process.kill()
        code = process.wait(60)
        if round >= 0:
            count.killed += code == -signal.SIGKILL
            count.ended += code != -signal.SIGKILL
            moved = epoch_of(home, name) - before
            count.moved += moved
            count.broken += [f"{title} {round}: {fault}" for fault in faults(home, name)]
            if moved not in (0, 1):
                count.broken.append(f"{title} {round}: the champion moved {moved} times")
            if left := _left(home):
                count.broken.append(f"{title} {round}: processes were left: {left}")
        if not keep:
            shutil.rmtree(home, ignore_errors=True)
        round += 1
    if keep:  # what the last kill left has to carry the next run
        home = prepare(round - 1)
        code = homes.start(command(round)[0], home, *command(round)[1:]).wait(300)
        count.broken += [f"the run after the last kill ended with {code}"] if code else []
        count.broken += [f"after the last run: {fault}" for fault in faults(home)]
    return count


def _left(home: Path) -> list[str]:
    """Processes that name the home in their command line and do not go away."""
    deadline = time.monotonic() + _PATIENCE
    while (found := _naming(home)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _naming(home: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if any(os.fsencode(home) + b"/" in word for word in words):
            found.append(f"{entry.parent.name} {b' '.join(words)[:80]!r}")
    return found


@contextmanager
def load(processes: int) -> Iterator[None]:
    """Processes that do nothing but compute."""
    burners = [multiprocessing.Process(target=_burn, daemon=True) for _ in range(processes)]
    for burner in burners:
        burner.start()
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()


def _burn() -> None:
    while True:
        sum(range(10_000))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--promotions", type=int, default=200, help="kills of gates promote")
    parser.add_argument("--runs", type=int, default=200, help="kills of gates run")
    parser.add_argument("--load", type=int, default=os.cpu_count() or 1, help="computing processes beside it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--papers", type=Path, default=None, metavar="FILE", help="the lab's file, or one like it")
    parser.add_argument("--own-runs", type=int, default=10, help="kills of gates run on that file")
    options = parser.parse_args()
    moments, broken = random.Random(options.seed), []
    with tempfile.TemporaryDirectory() as name, load(options.load):
        folder = Path(name)
        homes = SmallHomes.make(folder)
        for title, kill, rounds in (
            ("gates promote", partial(kill_promotions, homes), options.promotions),
            ("gates run", partial(kill_runs, homes), options.runs),
            ("gates run on papers", partial(kill_own_runs, options.papers), options.own_runs if options.papers else 0),
        ):
            if not rounds:
                continue
            started = time.monotonic()
            count = kill(folder, rounds, moments)
            broken += count.broken
            print(
                f"{title}: {count.killed} killed, {count.ended} more had ended; the champion moved in {count.moved} rounds;"
                f" {len(count.broken)} faults ({time.monotonic() - started:.0f} s)",
                flush=True,
            )
    for fault in broken:
        print(fault)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
