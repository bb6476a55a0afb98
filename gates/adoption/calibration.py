"""Propose bounds from the runs that were kept, with the rate of false alarms that each has by construction.

The bound is the k-th most extreme of n values. If a further good run is exchangeable with them, it lies beyond with a
probability of k / (n + 1) at most, whatever the distribution (a distribution-free tolerance limit, Wilks 1941).
The rule it protects: runs on the same data count once, because the same rows again say nothing new, and too few propose nothing.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gates.digest import Digest
from gates.errors import ConfigError
from gates.evidence import Kind
from gates.policy.layers import NO_BOUND
from gates.policy.records import GatePolicy, Policy
from gates.policy.rendering import write_key, write_value

FILE = "gates.calibrated.toml"
HEAD = "# Written by gates calibrate, and written anew by it; a bound of the project's own policy counts before one of these."
_SIDES = {">=": 1, "<=": -1}  # the sign that puts the worst value first


@dataclass(frozen=True, slots=True)
class PastRun:
    """Hold the values of one gate in one run, by check (without its case) and evidence; ``data`` is a digest."""

    id: str
    gate: str
    data: str
    values: Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class ProposedBound:
    """Hold a bound for one evidence: ``rank`` k of the ``runs`` n values it stands on, so that the false alarms are k / (n + 1)."""

    gate: str
    check: str
    evidence: str
    comparator: str
    limit: float
    rank: int
    runs: int
    before: str

    @property
    def false_alarms(self) -> float:
        """Return the largest probability that a further good run misses the bound."""
        return self.rank / (self.runs + 1)

    def describe(self) -> str:
        """Return in words where the limit comes from."""
        side = "smallest" if self.comparator == ">=" else "largest"
        place = side if self.rank == 1 else f"{self.rank}. {side}"
        return f"{place} of {self.runs} runs on different data, false alarms {self.rank}/{self.runs + 1} = {self.false_alarms:.1%}"


def read_values(gate: Mapping[str, Any]) -> Mapping[tuple[str, str], float]:
    """Return the measurements of a gate's part of a run's document, by check and evidence; of several cases' the last one."""
    values = {}
    for check in gate.get("checks", ()):
        for evidence in check.get("evidence", ()):
            if evidence.get("kind") == Kind.MEASUREMENT and isinstance(evidence.get("value"), int | float):
                values[str(check["id"]).partition("[")[0], str(evidence["id"])] = float(evidence["value"])
    return values


def propose_bounds(
    policy: Policy, runs: Iterable[PastRun], rate: float, wanted: Sequence[str] = ()
) -> tuple[tuple[ProposedBound, ...], tuple[str, ...]]:
    """Return a bound for each measurement that the policy bounds by ``>=`` or ``<=``, and a sentence for each that has none.

    ``rate`` is the largest rate of false alarms of one bound; ``wanted`` are parts of names of checks (empty: all). Margins of
    comparisons are not proposed: they say what may be lost, which no history knows.
    """
    latest = {(run.gate, run.data): run for run in runs}  # of several runs on the same data the last one
    bounds, notes = [], []
    for name, gate in policy.gates.items():
        past = [run for run in latest.values() if run.gate == name]
        for check, id, before in _bounded(gate, wanted):
            values = sorted(_SIDES[before[:2]] * run.values[check, id] for run in past if (check, id) in run.values)
            rank = math.floor(rate * (len(values) + 1) + 1e-9)
            if rank < 1:
                needed = math.ceil(1 / rate - 1e-9) - 1
                notes.append(f"{check} {id}: {len(values)} runs on different data, {rate:g} needs {needed}")
                continue
            limit = _SIDES[before[:2]] * _outward(values[rank - 1]) + 0.0  # no negative zero
            bounds.append(ProposedBound(name, check, id, before[:2], limit, rank, len(values), before))
    return tuple(bounds), tuple(notes)


def digest_data(runs: Iterable[PastRun]) -> Digest:
    """Return one digest for the data of all runs, in whatever order."""
    return Digest.of_bytes("\n".join(sorted({run.data for run in runs})).encode())


def write_calibrated(bounds: Sequence[ProposedBound], *, extends: str, data: Digest, today: date) -> str:
    """Return a policy that extends ``extends`` and gives each bound with its method, the digest of the data and the date."""
    lines = [HEAD, "", "[tool.gates]", f"extends = {write_value(extends)}"]
    for one in bounds:
        file, _, check = one.check.partition("::")
        key = ".".join(map(write_key, (one.gate, file, "thresholds", check.removeprefix("test_"), one.evidence)))
        lines.append(f'{key} = "{one.comparator} {one.limit!r}"  # {one.describe()}; data {data.short}, {today}')
    return "\n".join([*lines, ""])


def extend_calibrated(policy: str) -> tuple[str, str]:
    """Return a policy's text that extends `FILE`, and what it extended before: `FILE` itself where it does already.

    Raises `ConfigError` where the line cannot be found.
    """
    before = tomllib.loads(policy)
    extended = before.get("tool", {}).get("gates", {}).get("extends")
    if extended == FILE:
        return policy, FILE
    for line in policy.splitlines():
        if isinstance(extended, str) and line.replace(" ", "").startswith(f'extends="{extended}"'):
            after = policy.replace(line, line.replace(f'"{extended}"', f'"{FILE}"', 1), 1)
            wanted = tomllib.loads(policy)
            wanted["tool"]["gates"]["extends"] = FILE
            if tomllib.loads(after) == wanted:
                return after, extended
    raise ConfigError(
        "the policy extends no other one in a line of its own, so calibrated bounds have no place below it",
        'write extends = "gates:standard" into [tool.gates], or copy the bounds by hand',
    )


def _bounded(gate: GatePolicy, wanted: Sequence[str]) -> list[tuple[str, str, str]]:
    return [
        (check, id, str(bound))
        for check, policy in gate.checks.items()
        if not policy.role and (not wanted or any(part in check for part in wanted))
        for id, bound in policy.bounds.items()
        if bound.comparator in _SIDES and str(bound) != NO_BOUND
    ]


def _outward(value: float) -> float:
    """The worst value with four significant digits, rounded to the side that accepts it."""
    if value == 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - 3)
    return float(f"{math.floor(value / unit) * unit:.4g}")
