"""Mutants of the policy: bounds deleted, keys misspelt, gates emptied. Most are refused before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from gates.errors import ConfigError, SubjectError
from gates.evidence import Kind
from gates.reason import Code
from gates.run import Outcome
from gates.selftest.bench import Bench
from gates.selftest.detection import Detection
from gates.selftest.mutant import Mutant
from gates.selftest.project import Project

Damage = Callable[
    [Project, str, str, str], None
]  # the copy, the gate, a check with a bound, and the id of its evidence
_REMEDY = "this is the reader of policies: report it as a fault of gates"


def _try_damaged(bench: Bench, damage: Damage, *, runs: bool) -> tuple[Detection, ...]:
    """Damage the policy; where it can still be read and ``runs``, the gate has to refuse."""
    project = bench.project()
    gate, check, bound = _bounded(bench)
    damage(project, gate, check, bound)
    project.write()
    try:
        bench.open(project.config)
    except ConfigError as error:
        return tuple(Detection.error("policy", fault) for fault in error.faults)
    return bench.judge(gate, bench.case(gate), project.config) if runs else ()


def _bounded(bench: Bench) -> tuple[str, str, str]:
    """Return a gate, a check of it and the id of a bounded measurement that the check gave, of the fastest gate that has one.

    A count of violations is not used: without a bound it is held to ``== 0`` anyway.
    """
    for gate in sorted(bench.clean.seconds, key=lambda gate: bench.clean.seconds[gate]):
        for result in bench.clean.judgements[gate].checks:
            name = result.id.partition("[")[0]
            for evidence in result.evidence if result.outcome is Outcome.PASSED else ():
                if evidence.kind is not Kind.VIOLATIONS and evidence.id in bench.policy.gates[gate].bounds(name):
                    return gate, name, evidence.id
    raise SubjectError("no check of the policy has a bound", "give a check evidence and a bound")


def _bounds(project: Project, gate: str, check: str) -> dict[str, Any]:
    """Return the table of a check's bounds, to be changed."""
    table, name = project.entry(gate, check)
    bounds: dict[str, Any] = table["thresholds"][name]
    return bounds


def _delete_bound(project: Project, gate: str, check: str, bound: str) -> None:
    del _bounds(project, gate, check)[bound]


def _delete_check(project: Project, gate: str, check: str, bound: str) -> None:
    project.drop(gate, check)


def _delete_all_checks(project: Project, gate: str, check: str, bound: str) -> None:
    for file in project.files(gate):
        del project.tables["gates"][gate][file]


def _misspell(project: Project, gate: str, check: str, bound: str) -> None:
    project.tables["gates"][gate]["timeuot"] = "10m"


def _no_number(project: Project, gate: str, check: str, bound: str) -> None:
    _bounds(project, gate, check)[bound] = ">= nan"


def _bound_for_another(project: Project, gate: str, check: str, bound: str) -> None:
    """Move the bound to an evidence that nobody gives, so that the measured one has none."""
    bounds = _bounds(project, gate, check)
    bounds[f"{bound}_"] = bounds.pop(bound)


def _wander(project: Project, gate: str, check: str, bound: str) -> None:
    project.tables["gates"][gate]["suite"] = "../elsewhere"


def _leave_out(project: Project, gate: str, check: str, bound: str) -> None:
    table, name = project.entry(gate, check)
    table.setdefault("unless", {})[name] = ["sundays"]


def _mutant(name: str, fault: str, damage: Damage, *codes: Code) -> Mutant:
    """Return a mutant. ``codes`` are those of the gate where the policy can still be read; without any, the reader has to
    refuse.
    """
    attempt = partial(_try_damaged, damage=damage, runs=bool(codes))
    return Mutant(name, "policy", "policy", fault, _REMEDY, attempt, frozenset(codes or (Code.ERROR,)))


MUTANTS = (
    _mutant("bound-deleted", "a check has lost its bound", _delete_bound, Code.EVIDENCE_UNBOUND, Code.ERROR),
    _mutant(
        "bound-renamed",
        "a bound is for an evidence that nobody gives",
        _bound_for_another,
        Code.EVIDENCE_UNBOUND,
        Code.EVIDENCE_MISSING,
        Code.ERROR,
    ),
    _mutant("check-deleted", "the policy no longer names a check", _delete_check, Code.CHECK_UNKNOWN, Code.ERROR),
    _mutant("checks-deleted", "the policy names no check of a gate", _delete_all_checks),
    _mutant("key-misspelt", "a key of the policy is misspelt", _misspell),
    _mutant("bound-no-number", "a bound is NaN", _no_number),
    _mutant("condition-unknown", "a check may be left out under a condition that does not exist", _leave_out),
    _mutant("suite-elsewhere", "a suite lies outside the project", _wander),
)
