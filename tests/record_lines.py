"""The lines that a child writes to its record when it runs the model gate of the small project, for tests to damage."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from small_project import FLOOR

NAMES = (f"{FLOOR}::test_clears_the_floor", f"{FLOOR}::test_answers")
ACCURACY = {
    "id": "accuracy", "value": "0.9", "n": 200, "detail": "", "needed_n": None, "kind": "measurement", "name": "",
    "unit": "", "better": "",
}  # fmt: skip


def report(name: str, when: str) -> dict[str, object]:
    """Return what the plugin reports of one phase of a check that passed."""
    return {
        "kind": "report", "id": name, "when": when, "outcome": "passed", "xfail": False, "subtest": False, "why": "",
        "evidence": [ACCURACY] if when != "setup" and name == NAMES[0] else [], "not_applicable": "", "inconclusive": False,
        "crashed": False, "misconfigured": False, "raised": "", "attempts": 1, "seconds": 0.0,
    }  # fmt: skip


COLLECTED: list[dict[str, object]] = [{"kind": "collected", "seen": list(NAMES), "kept": list(NAMES)}]
REPORTS = [
    fact
    for name in NAMES
    for fact in ({"kind": "start", "id": name}, *(report(name, when) for when in ("setup", "call", "teardown")))
]
CODE = ["conftest.py", "model_checks/test_drift.py", FLOOR]  # all of the suite's folder is collected
FINISH: list[dict[str, object]] = [
    {
        "kind": "finish",
        "exit": 0,
        "optimize": 0,
        "asserts": "rewrite",
        "code": CODE,
        "read": {},
        "policy": "",
        "options": {},
    }
]
GOOD = (*COLLECTED, *REPORTS, *FINISH)


def lines(facts: Iterable[Mapping[str, object]]) -> bytes:
    """Return the facts as the child writes them, a line each."""
    return b"".join(json.dumps(fact).encode() + b"\n" for fact in facts)


def without_seconds(fact: Mapping[str, object]) -> dict[str, object]:
    """Return a fact without what differs from run to run and from project to project."""
    return {key: value for key, value in fact.items() if key not in ("seconds", "read", "policy")}
