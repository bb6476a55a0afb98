"""Find the optional packages that the shipped checks of a gate need, before its child is started.

The rule it protects: what is missing is one sentence, and not an error of each check. Checks of a project's own, copies of the
shipped ones too, say it themselves when they come to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gates.errors import MissingExtra
from gates.extras import DETECTORS, EXPECTATIONS, Package, find_missing
from gates.policy.records import GatePolicy

_BACKEND = "alibi-detect"
_NAMES = {"data_files": "data", "drift_files": "drift"}

# The shipped files of checks that evaluate expectations, and those that test for drift.
EXPECTING = frozenset(
    [
        *(f"gates:data/test_{name}.py" for name in ("keys", "labels", "schema", "values", "volume")),
        "gates:two_files/test_contract.py",
    ]
)
DETECTING = frozenset(
    [
        "gates:data/test_batch_drift.py",
        "gates:drift/test_challenger_drift.py",
        "gates:drift/test_prediction_drift.py",
        "gates:nightly/test_newest_rows.py",
        "gates:two_files/test_drift.py",
    ]
)


def find_missing_packages(gate: GatePolicy) -> Iterator[MissingExtra]:
    """Yield an error for each package that a required shipped check of the gate needs and that is not installed."""
    files = {check.partition("::")[0] for check in gate.checks}
    needed: list[Package] = []
    if files & EXPECTING:
        needed.append(EXPECTATIONS)
    if files & DETECTING and _backend(gate.settings) == _BACKEND:
        needed.append(DETECTORS)
    yield from find_missing(f"the {_NAMES.get(gate.gate, gate.gate)} gate", needed)


def require_packages(gate: GatePolicy) -> None:
    """Raise `MissingExtra`, with every package of the gate that is not installed."""
    if missing := list(find_missing_packages(gate)):
        raise MissingExtra.of_all(missing)


def _backend(settings: Mapping[str, object]) -> object:
    """The library for column tests that the settings choose. The measure itself refuses what is no choice."""
    drift = settings.get("drift", {})
    return drift.get("backend", _BACKEND) if isinstance(drift, Mapping) else ""
