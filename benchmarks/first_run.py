"""``python -m benchmarks.first_run [NAME ...]``: the first ten minutes with Gates, measured on seven tables.

For each table, in a folder of its own that holds nothing else: ``gates init``, ``gates run``, and ``gates run`` again with a
challenger that has learned nothing (one answer for all, or shuffled labels). Printed are lines written, commands typed, seconds and
outcome. Seconds depend on the machine; lines, commands and outcomes do not. Ends with 1 where a first model was not promoted, or a
bad challenger was.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from first_tables import CONSTANT, MAKERS, SHUFFLED, write


@dataclass(frozen=True)
class FirstRun:
    """Hold what one table took: lines of policy and of training that were written, commands, seconds of each, and the endings."""

    name: str
    lines: tuple[int, int]
    commands: int
    seconds: tuple[float, float]
    first: str
    constant: str
    shuffled: str

    @property
    def holds(self) -> bool:
        """Return whether the first model was promoted, and neither bad challenger was."""
        return self.first == "promoted" and (self.constant, self.shuffled) == ("refused", "refused")


def gates(folder: Path, *arguments: str) -> tuple[str, float]:
    """Run a command in the folder, and return its ending (or its exit code) and the seconds."""
    began = time.monotonic()
    account = folder.parent / f"{folder.name}.json"
    account.unlink(missing_ok=True)
    extra = ["--json", str(account)] if arguments[0] == "run" else []
    done = subprocess.run(
        [str(Path(sys.executable).with_name("gates")), *arguments, *extra],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = time.monotonic() - began
    if account.exists():
        document = json.loads(account.read_text(encoding="utf-8"))
        for reason in document["reasons"] if document["ending"] != "promoted" else ():
            print(f"    {reason['code']}: {reason['text'][:160]}", file=sys.stderr)
        return str(document["ending"]), seconds
    if done.returncode:
        print(done.stderr, file=sys.stderr)
    return f"exit {done.returncode}", seconds


def measure(name: str, folder: Path) -> FirstRun:
    """Take one table from nothing to a champion, and then offer it two bad challengers."""
    folder.mkdir()
    write(name, folder)
    written, of_init = gates(folder, "init")
    if written != "exit 0":
        return FirstRun(name, (0, 0), 1, (of_init, 0.0), written, "", "")
    lines = tuple(len((folder / file).read_text(encoding="utf-8").splitlines()) for file in ("gates.toml", "train.py"))
    first, of_run = gates(folder, "run")
    good = (folder / "train.py").read_text(encoding="utf-8")
    (folder / "train_before.py").write_text(good, encoding="utf-8")
    endings = []
    for bad in (CONSTANT, SHUFFLED):
        (folder / "train.py").write_text(bad, encoding="utf-8")
        endings.append(gates(folder, "run")[0])
    return FirstRun(name, (lines[0], lines[1]), 2, (of_init, of_run), first, endings[0], endings[1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the tables that are named, or all, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.first_run", description="The first ten minutes, measured."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MAKERS)} (default: all)")
    names = parser.parse_args(arguments).names or list(MAKERS)
    print(
        f"{'table':14} {'policy':>6} {'train':>6} {'typed':>6} {'init s':>7} {'run s':>7}  first model   one answer    shuffled"
    )
    holds = True
    with TemporaryDirectory(prefix="first-run-") as scratch:
        for name in names:
            one = measure(name, Path(scratch) / name)
            holds = holds and one.holds
            print(
                f"{name:14} {one.lines[0]:>6} {one.lines[1]:>6} {one.commands:>6} {one.seconds[0]:>7.1f} {one.seconds[1]:>7.1f}"
                f"  {one.first:12}  {one.constant:12}  {one.shuffled}",
                flush=True,
            )
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
