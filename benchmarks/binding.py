"""What it costs to bind verdicts to all that ran: the digests of policy, suites and packages that one `gates run` computes.

Beside them, in the same run, a lower bound: reading and hashing the bytes of the same files once. Run it with
``python -m benchmarks.binding [--policy pyproject.toml]``.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from gates import environment
from gates.environment import look_at_environment
from gates.policy.lockfile import Lock
from gates.policy.reader import read_digest, read_policy
from gates.policy.records import GATES, Policy

REPEATS = 15
# How often one run of four gates computes each: the policy and the packages before and after each child and for the promotion; the
# suites of all gates at the beginning, before and after the children and for the promotion. The first look at the packages is
# counted by itself.
TIMES = {"policy": 2 * len(GATES) + 1, "suites": 4, "packages": 2 * len(GATES) + 1}


def measure(function: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the median time of a call in milliseconds."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        function()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def measure_first_packages() -> float:
    """Return the milliseconds of the first listing of packages in a process: nothing is remembered yet."""
    environment._list_distributions.cache_clear()
    environment._list_sources.cache_clear()
    environment._describe.cache_clear()
    environment._tree_of.cache_clear()
    environment._startup_files.cache_clear()
    return measure(look_at_environment, 1)


def hash_once(policy: Policy) -> None:
    """Read and hash each file of each suite once, and nothing more."""
    for gate in GATES:
        for member in policy.gates[gate].suite:
            for path in [member.path] if member.path.is_file() else member.path.rglob("*.py"):
                hashlib.sha256(path.read_bytes()).digest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", type=Path, default=Path("pyproject.toml"))
    policy = read_policy(parser.parse_args().policy)
    bare = measure(lambda: hash_once(policy))
    first = statistics.median(measure_first_packages() for _ in range(5))
    costs = {
        "policy": measure(lambda: read_digest(policy.source)),
        "suites": measure(lambda: [policy.suite_digest(gate) for gate in GATES]),
        "packages": measure(look_at_environment),
    }
    lock = measure(lambda: Lock.of(policy))
    print(f"files of four suites, read and hashed once (a lower bound)   {bare:8.2f} ms (median of {REPEATS})")
    print(f"packages, the first time in a process                        {first:8.2f} ms")
    for what, cost in costs.items():
        print(f"{what:12} {TIMES[what]:3} times in a run                              {cost:8.2f} ms each")
    print(f"everything that a lock holds, once                           {lock:8.2f} ms")
    total = first + sum(TIMES[what] * cost for what, cost in costs.items())
    print(f"together, in one run of four gates                           {total:8.2f} ms")


if __name__ == "__main__":
    main()
