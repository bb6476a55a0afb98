"""What `gates run` costs: CPU seconds per stage and peak memory, beside the bare cost of the imports that it needs.

Run it with ``python -m benchmarks.gates_run --data FILE``. It starts from an empty home and does three runs: the first model, a
change that should be refused, and one that should be promoted. Ratios hold between machines; seconds do not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

# What each child process of a run has to import before it can do anything; the sum is the bare lower bound.
BARE = (
    ("data gate", "pytest, pandas, pyarrow, great_expectations"),
    ("train", "pandas, pyarrow, sklearn.tree, skops.io"),
    ("model gate", "pytest, pandas, pyarrow, sklearn.tree, skops.io"),
    ("drift gate", "pytest, pandas, pyarrow, alibi_detect.cd"),
    ("endpoint", "sklearn.tree, skops.io, pandas, flask, gunicorn, inference_schema"),
    ("endpoint gate", "pytest, requests"),
)
RUNS = (
    ("first model", ()),
    ("max_depth 4", ("--param", "max_depth=4")),
    ("logistic regression", ("--param", "estimator=logistic_regression")),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds (user and system, children included), wall seconds, peak resident MiB of the largest process."""

    cpu: float
    wall: float
    peak: float


def spend(command: list[str], environment: dict[str, str]) -> tuple[Cost, int]:
    """Run a command and read what it cost from the kernel's own account."""
    probe = (
        "import os, resource, subprocess, sys, time; t = time.monotonic();"
        "code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode;"
        "u = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(u.ru_utime + u.ru_stime, time.monotonic() - t, u.ru_maxrss / 1024, code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *command], env=environment, capture_output=True, text=True, check=True
    )
    cpu, wall, peak, code = done.stdout.split()
    return Cost(float(cpu), float(wall), float(peak)), int(code)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path)
    data = parser.parse_args().data
    environment = {**os.environ, "COLUMNS": "120"}
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, {data.name}")

    print("\nbare imports (a lower bound)             CPU s   peak MiB")
    bare = 0.0
    for stage, modules in BARE:
        cost, _ = spend([sys.executable, "-c", f"import {modules}"], environment)
        bare += cost.cpu
        print(f"  {stage:36} {cost.cpu:7.2f} {cost.peak:10.0f}")
    print(f"  {'together':36} {bare:7.2f}")

    with tempfile.TemporaryDirectory() as home:
        for title, options in RUNS:
            account = Path(home) / "account.json"
            command = [
                sys.executable,
                "-m",
                "gates",
                "run",
                "--data",
                str(data),
                "--home",
                home,
                "--json",
                str(account),
                *options,
            ]
            cost, code = spend(command, environment)
            told = json.loads(account.read_text(encoding="utf-8"))
            print(f"\n{title}: {told['ending']} (exit {code})            CPU s     wall s")
            for timing in told["timings"]:
                print(f"  {timing['stage']:36} {timing['cpu_seconds']:7.2f} {timing['seconds']:10.2f}")
            print(f"  {'whole command':36} {cost.cpu:7.2f} {cost.wall:10.2f}")
            print(f"  ratio to bare imports {cost.cpu / bare:.2f}; largest process {cost.peak:.0f} MiB")
    print(f"\nthis benchmark itself: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
